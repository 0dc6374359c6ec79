/** Every kind of entry this hub writes: `<noun>.<past verb>`. A new kind is added here first, and is then searchable everywhere. */
export const EVENT_TYPES = [
  'client.registered',
  'client.changed',
  'client.removed',
  'client.refused',
  'client.frozen',
  'client.unfrozen',
  'client.revoked',
  'knock.dismissed',
  'drift.found',
  'drift.returned',
  'drift.accepted',
  'agent.created',
  'agent.frozen',
  'agent.unfrozen',
  'agent.revoked',
  'journey.started',
  'journey.refused',
  'journey.finished',
  'flow.noted',
  'login.succeeded',
  'login.failed',
  'login.ended',
  'link.made',
  'link.used',
  'factor.sent',
  'factor.enrolled',
  'factor.removed',
  'user.created',
  'user.changed',
  'user.invited',
  'user.frozen',
  'user.unfrozen',
  'user.revoked',
  'consent.granted',
  'consent.narrowed',
  'consent.denied',
  'consent.revoked',
  'grant.frozen',
  'grant.unfrozen',
  'grant.narrowed',
  'grant.restored',
  'grant.bounded',
  'grant.expired',
  'token.issued',
  'token.refreshed',
  'token.refused',
  'token.replayed',
  'token.revoked',
  'token.exchanged',
  'token.introspected',
  'approval.requested',
  'approval.given',
  'approval.refused',
  'approval.expired',
  'approval.used',
  'approval.rate_limited',
  'connection.frozen',
  'connection.unfrozen',
  'connection.revoked',
  'credential.stored',
  'credential.issued',
  'credential.refused',
  'credential.used',
  'credential.released',
  'credential.refreshed',
  'credential.failed',
  'credential.locked',
  'credential.unlocked',
  'credential.removed',
  'policy.changed',
  'policy.forced',
  'policy.decided',
  'policy.refused',
  'flow.changed',
  'flow.published',
  'flow.rolled_back',
  'flow.assigned',
  'flow.unassigned',
  'unfreeze.requested',
  'unfreeze.confirmed',
  'unfreeze.refused',
  'unfreeze.expired',
  'signal.sent',
  'signal.acknowledged',
  'key.rotated',
  'key.revoked',
  'tenant.frozen',
  'tenant.unfrozen',
  'tenant.revoked',
  'admin.read',
  'admin.changed',
  'admin.refused',
  'audit.checkpoint',
  'audit.pruned',
  'sink.failed',
  'sink.recovered',
  'sink.parked',
  'sink.tested',
  'sink.replayed',
  'sink.paused',
  'sink.resumed',
  'stream.created',
  'stream.changed',
  'stream.removed',
  'stream.refused',
  'stream.failed',
  'stream.recovered',
  'stream.parked',
  'transmitter.heard',
  'transmitter.refused',
  'transmitter.failed',
  'transmitter.recovered',
  'anchor.failed',
  'anchor.recovered',
  'hub.started',
  'hub.frozen',
  'hub.unfrozen',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

export type Initiator = 'human' | 'agent' | 'agent-for-human' | 'admin' | 'hub';

/** Plain data only: it is hashed as RFC 8785 text. No secret, token, password or code ever goes in. */
export type EventData = {
  readonly [name: string]: string | number | boolean | null | undefined | readonly string[] | EventData | readonly EventData[];
};

/** Where the request came from; `hub` work has neither address nor agent. */
export type EventOrigin = { request: string; ip?: string; userAgent?: string };

/** What a deed says about itself; the chain adds id, seq, time and hash. */
export type EventDraft = {
  /** Undefined: the hub's own chain. */
  tenant?: string | undefined;
  type: EventType;
  initiator: Initiator;
  actor: { user?: string | undefined; agent?: string | undefined; client?: string | undefined; chain?: readonly string[] };
  target?: { type: string; id: string };
  outcome: 'success' | 'refused' | 'failed';
  /** The rich word for auditors; the caller was told less. */
  reason?: string;
  decision?: string | undefined;
  txn?: string | undefined;
  origin: EventOrigin;
  data?: EventData;
};

/** An entry as stored, exported and verified. */
export type AuditEvent = {
  id: string;
  seq: number;
  /** RFC 3339, UTC. */
  time: string;
  tenant: string | null;
  type: EventType;
  initiator: Initiator;
  actor: { user?: string | undefined; agent?: string | undefined; client?: string | undefined; chain: readonly string[] };
  target: { type: string; id: string } | null;
  outcome: EventDraft['outcome'];
  reason?: string | undefined;
  decision?: string | undefined;
  txn?: string | undefined;
  request: string;
  ip: string | null;
  userAgent: string | null;
  data: EventData;
  prev: string;
};

/** Chain of the hub itself in columns that may not be null. */
export const HUB_CHAIN = '';

/** `prev` of a chain's first entry. */
export const GENESIS = '0'.repeat(43);

/**
 * Turns what a deed said into the entry at its place in the chain. Pure: the hash is taken by whoever holds the digest.
 * Members stand in the order of the canonical text, which is then written without sorting; undefined ones are left out of it.
 */
export function toEvent(draft: EventDraft, at: { id: string; seq: number; time: string; prev: string }): AuditEvent {
  const { actor, origin, reason } = draft;
  return {
    actor: {
      agent: actor.agent,
      chain: actor.chain ?? NOBODY,
      client: actor.client === undefined ? undefined : bounded(actor.client, 512),
      user: actor.user,
    },
    data: draft.data ?? {},
    decision: draft.decision,
    id: at.id,
    initiator: draft.initiator,
    ip: origin.ip ?? null,
    outcome: draft.outcome,
    prev: at.prev,
    reason: reason === undefined ? undefined : bounded(reason, 1024),
    request: origin.request,
    seq: at.seq,
    target: draft.target === undefined ? null : { id: bounded(draft.target.id, 512), type: draft.target.type },
    tenant: draft.tenant ?? null,
    time: at.time,
    txn: draft.txn,
    type: draft.type,
    userAgent: origin.userAgent === undefined ? null : bounded(origin.userAgent, 256),
  };
}

const NOBODY: readonly string[] = [];

/** Callers choose these strings: they may not make an entry large, nor smuggle a half of a surrogate pair past the canonical form. */
function bounded(value: string, max: number): string {
  const cut = value.length > max ? value.slice(0, max) : value;
  return cut.isWellFormed() ? cut : cut.toWellFormed();
}
