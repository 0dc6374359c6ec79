import { z } from 'zod';
import type { AuditEvent } from './event.ts';

const states = z.enum(['active', 'frozen', 'revoked']);
export type StandingNow = z.infer<typeof states>;

/** One who had a part: the principal at the beginning, and each agent of a client that acted. `state` is as of now, the client's where that is worse. */
const node = z.object({
  id: z.string(),
  kind: z.enum(['user', 'tenant', 'agent']),
  client: z.string().nullable(),
  state: states,
});

/** A token that went from one to another. `good`: nothing behind it fell; `stopped`: somebody behind it did; `revoked`: it, or one that it follows from. */
const edge = z.object({
  from: z.string(),
  to: z.string(),
  at: z.string(),
  event: z.string(),
  deed: z.enum(['issued', 'refreshed', 'exchanged']),
  jti: z.string(),
  parent: z.string().nullable(),
  resource: z.string().nullable(),
  scopes: z.array(z.string()),
  decision: z.string().nullable(),
  expiresAt: z.string(),
  state: z.enum(['good', 'expired', 'revoked', 'stopped']),
});

/** An attempt that was refused. Nobody knows what would have come of it, so it has no place between the others. */
const refusedEdge = z.object({
  at: z.string(),
  event: z.string(),
  client: z.string().nullable(),
  agent: z.string().nullable(),
  targets: z.array(z.string()),
  scopes: z.array(z.string()),
  reason: z.string().nullable(),
  decision: z.string().nullable(),
});

export const txnGraph = z
  .object({
    txn: z.string(),
    tenant: z.string().nullable(),
    /** User, client or tenant for whom all of them act. */
    principal: z.string(),
    nodes: z.array(node),
    edges: z.array(edge),
    refused: z.array(refusedEdge),
    /** There is more than is shown: the newest are left out. */
    truncated: z.boolean(),
  })
  .meta({ id: 'Delegation' });
export type TxnGraph = z.infer<typeof txnGraph>;

/** What an entry of an issuance says of its token (doors/oauth/token/settle.ts). */
const issuance = z.object({
  jti: z.string(),
  expiresAt: z.number(),
  scopes: z.array(z.string()).default([]),
  lineage: z.array(z.string()).default([]),
  parent: z.object({ jti: z.string() }).optional(),
  grantId: z.string().optional(),
});
const attempt = z.object({ targets: z.array(z.string()).default([]), scope: z.array(z.string()).default([]) });

type Token = { event: AuditEvent; said: z.infer<typeof issuance>; holder: string };

const DEEDS: Readonly<Record<string, z.infer<typeof edge>['deed']>> = {
  'token.issued': 'issued',
  'token.refreshed': 'refreshed',
  'token.exchanged': 'exchanged',
};

/** What must be asked of the present: by which ids. */
export type Asked = { jtis: string[]; agents: string[]; clients: string[]; users: string[]; tenants: string[]; grants: string[] };
/** Answers. What is not there any more counts as revoked. */
export type Present = {
  /** Ids of tokens that were taken back. */
  revoked: ReadonlySet<string>;
  state(kind: 'agent' | 'client' | 'user' | 'tenant' | 'grant', id: string): StandingNow;
};

function tokensOf(events: readonly AuditEvent[]): Token[] {
  return events.flatMap((event) => {
    const said = issuance.safeParse(event.data);
    const holder = event.actor.agent ?? event.actor.client;
    return event.outcome === 'success' && DEEDS[event.type] !== undefined && said.success && holder !== undefined
      ? [{ event, said: said.data, holder }]
      : [];
  });
}

/** Ids of tokens that others follow from and whose own entry is not among these. */
export function missingAncestors(events: readonly AuditEvent[]): string[] {
  const tokens = tokensOf(events);
  const known = new Set(tokens.map(({ said }) => said.jti));
  return [...new Set(tokens.flatMap(({ said }) => said.lineage))].filter((jti) => !known.has(jti));
}

export function askedOf(events: readonly AuditEvent[]): Asked {
  const tokens = tokensOf(events);
  const unique = (values: readonly (string | null | undefined)[]): string[] => [
    ...new Set(values.filter((value) => typeof value === 'string')),
  ];
  return {
    jtis: unique(tokens.flatMap(({ said }) => [said.jti, ...said.lineage])),
    agents: unique(tokens.map(({ event }) => event.actor.agent)),
    clients: unique(tokens.flatMap(({ event }) => [event.actor.client, ...event.actor.chain])),
    users: unique(tokens.map(({ event }) => event.actor.user)),
    tenants: unique(tokens.map(({ event }) => event.tenant)),
    grants: unique(tokens.map(({ said }) => said.grantId)),
  };
}

/**
 * The delegation graph of one transaction from its entries and the present: who acted, by which token, from whom it came. Undefined when no
 * token of it is known. Pure. `now`: milliseconds since the epoch.
 */
export function graphOf(
  txn: string,
  events: readonly AuditEvent[],
  of: { present: Present; now: number; truncated: boolean },
): TxnGraph | undefined {
  const tokens = tokensOf(events).toSorted((a, b) => (a.event.id < b.event.id ? -1 : 1));
  const [first] = tokens;
  if (first === undefined) return undefined;
  const byJti = new Map(tokens.map((token) => [token.said.jti, token]));
  const principal = principalOf(first);
  const nodes = new Map<string, z.infer<typeof node>>();
  if (principal.kind !== 'agent')
    nodes.set(principal.id, { ...principal, client: null, state: of.present.state(principal.kind, principal.id) });
  for (const { event, holder } of tokens) nodes.set(holder, agentNode(event, holder, of.present));
  return {
    txn,
    tenant: first.event.tenant,
    principal: principal.id,
    nodes: [...nodes.values()],
    edges: tokens.map((token) => edgeOf(token, { byJti, principal: principal.id, present: of.present, now: of.now })),
    refused: events.filter(({ type }) => type === 'token.refused').map(refusalOf),
    truncated: of.truncated,
  };
}

/** A service that acts for itself is its own principal. */
function principalOf({ event, holder }: Token): { id: string; kind: 'user' | 'tenant' | 'agent' } {
  if (event.actor.user !== undefined) return { id: event.actor.user, kind: 'user' };
  return event.tenant === null ? { id: holder, kind: 'agent' } : { id: event.tenant, kind: 'tenant' };
}

const HARM: readonly StandingNow[] = ['active', 'frozen', 'revoked'];
const worse = (one: StandingNow, other: StandingNow): StandingNow => (HARM.indexOf(one) > HARM.indexOf(other) ? one : other);

function agentNode({ actor }: AuditEvent, holder: string, present: Present): z.infer<typeof node> {
  const agent = actor.agent === undefined ? 'active' : present.state('agent', actor.agent);
  const client = actor.client === undefined ? 'active' : present.state('client', actor.client);
  return { id: holder, kind: 'agent', client: actor.client ?? null, state: worse(agent, client) };
}

type Around = { byJti: ReadonlyMap<string, Token>; principal: string; present: Present; now: number };

function edgeOf(token: Token, around: Around): z.infer<typeof edge> {
  const { event, said, holder } = token;
  const parent = said.parent === undefined ? undefined : around.byJti.get(said.parent.jti);
  return {
    from: parent?.holder ?? around.principal,
    to: holder,
    at: event.time,
    event: event.id,
    deed: DEEDS[event.type] ?? 'issued',
    jti: said.jti,
    parent: said.parent?.jti ?? null,
    resource: event.target?.id ?? null,
    scopes: said.scopes,
    decision: event.decision ?? null,
    expiresAt: new Date(said.expiresAt).toISOString(),
    state: stateOf(token, around),
  };
}

function stateOf({ event, said }: Token, { byJti, present, now }: Around): z.infer<typeof edge>['state'] {
  if (said.expiresAt <= now) return 'expired';
  if ([said.jti, ...said.lineage].some((jti) => present.revoked.has(jti))) return 'revoked';
  const { actor, tenant } = event;
  const behind = [event, ...said.lineage.flatMap((jti) => byJti.get(jti)?.event ?? [])];
  const standing = [
    ...behind.flatMap(({ actor: { agent } }) => (agent === undefined ? [] : [present.state('agent', agent)])),
    ...[actor.client, ...actor.chain].flatMap((id) => (id === undefined ? [] : [present.state('client', id)])),
    ...(actor.user === undefined ? [] : [present.state('user', actor.user)]),
    ...(tenant === null ? [] : [present.state('tenant', tenant)]),
    ...(said.grantId === undefined ? [] : [present.state('grant', said.grantId)]),
  ];
  return standing.every((state) => state === 'active') ? 'good' : 'stopped';
}

function refusalOf(event: AuditEvent): z.infer<typeof refusedEdge> {
  const said = attempt.safeParse(event.data);
  return {
    at: event.time,
    event: event.id,
    client: event.actor.client ?? null,
    agent: event.actor.agent ?? null,
    targets: said.success ? said.data.targets : [],
    scopes: said.success ? said.data.scope : [],
    reason: event.reason ?? null,
    decision: event.decision ?? null,
  };
}
