import { GENESIS, HUB_CHAIN, toEvent, type AuditEvent, type EventDraft } from './event.ts';

/** Where a tenant's chain ends. */
export type Head = { seq: number; hash: string };

export const EMPTY_HEAD: Head = { seq: 0, hash: GENESIS };

/** An entry ready to be stored: the exact text that was hashed, and its hash. */
export type Link = { chain: string; event: AuditEvent; body: string; hash: string };

/** What the chain needs from outside to stay pure. */
export type Forge = { id(): string; time: number; canonical(event: AuditEvent): string; digest(body: string): string };

/**
 * Appends drafts to the chains they belong to, starting from `heads`. Returns the links in the order given and each touched chain's
 * old and new head. `undefined` when a head is missing: the caller must read it first.
 */
export function link(
  drafts: readonly EventDraft[],
  heads: ReadonlyMap<string, Head>,
  forge: Forge,
): { links: Link[]; ends: Map<string, { from: Head; to: Head }> } | undefined {
  const ends = new Map<string, { from: Head; to: Head }>();
  const links: Link[] = [];
  const time = new Date(forge.time).toISOString();
  for (const draft of drafts) {
    const chain = draft.tenant ?? HUB_CHAIN;
    const known = heads.get(chain);
    if (known === undefined) return undefined;
    const end = ends.get(chain) ?? { from: known, to: known };
    const event = toEvent(draft, { id: forge.id(), seq: end.to.seq + 1, time, prev: end.to.hash });
    const body = forge.canonical(event);
    const hash = forge.digest(body);
    links.push({ chain, event, body, hash });
    ends.set(chain, { from: end.from, to: { seq: event.seq, hash } });
  }
  return { links, ends };
}

/** What verification found: everything in order, or the first place where it is not. */
export const CHAIN_FAULTS = ['altered', 'missing', 'reordered', 'column-altered', 'truncated', 'contradicted'] as const;
/** `contradicted`: a checkpoint that the hub did not sign, or signed for another past than the one that is there. */
export type ChainFault = { chain: string; seq: number; fault: (typeof CHAIN_FAULTS)[number] };

export type StoredLink = {
  chain: string;
  seq: number;
  body: string;
  hash: string;
  columns: {
    id: string;
    type: string;
    outcome: string;
    user: string | null;
    agent: string | null;
    client: string | null;
    txn: string | null;
  };
};

/** Checks one stored entry against the one before it. */
export function checkLink(previous: Head, stored: StoredLink, digest: (body: string) => string): ChainFault | undefined {
  const at = { chain: stored.chain, seq: stored.seq };
  if (stored.seq !== previous.seq + 1) return { chain: stored.chain, seq: previous.seq + 1, fault: 'missing' };
  if (digest(stored.body) !== stored.hash) return { ...at, fault: 'altered' };
  const event = parse(stored.body);
  if (event === undefined || event.prev !== previous.hash || event.seq !== stored.seq) return { ...at, fault: 'reordered' };
  const { columns } = stored;
  const same =
    event.id === columns.id &&
    (event.tenant ?? HUB_CHAIN) === stored.chain &&
    event.type === columns.type &&
    event.outcome === columns.outcome &&
    (event.actor.user ?? null) === columns.user &&
    (event.actor.agent ?? null) === columns.agent &&
    (event.actor.client ?? null) === columns.client &&
    (event.txn ?? null) === columns.txn;
  return same ? undefined : { ...at, fault: 'column-altered' };
}

function parse(body: string): AuditEvent | undefined {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
