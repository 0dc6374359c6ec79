import type { Caller } from './caller.ts';
import type { Signal, SignalKind } from './signal.ts';

type Entry = { readonly seq: number; readonly at: number; readonly dead: boolean; readonly until: number };

/** Of a caller, what signals can name. */
export type Traced = Pick<Caller, 'jti' | 'lineage' | 'subject' | 'clientId' | 'agent' | 'tenant' | 'grantId' | 'actors' | 'issuedAt'>;

export type Revocations = {
  /** Remembers a freeze or a revocation, forgets it on `restored`. A signal older than what is known of its subject changes nothing. */
  apply(signal: Signal, now: number): void;
  /** Whether anyone the token speaks for or through is dead. */
  kills(caller: Traced, now: number): boolean;
  /** How many subjects are dead now. */
  count(now: number): number;
};

type Bounds = { readonly maxEntries: number; readonly maxTokenLifetime: number; readonly skew: number };

/**
 * Every subject whose death kills this token: the whole delegation chain, since stopping one hop must stop all that came after it.
 * The `sub` of a token without a user is a client id; it is looked up as a user too, because refusing too much is the safe mistake.
 */
function* subjectsOf(caller: Traced): Generator<readonly [SignalKind, string]> {
  yield ['hub', 'hub'];
  yield ['token', caller.jti];
  for (const ancestor of caller.lineage) yield ['token', ancestor];
  yield ['user', caller.subject];
  yield ['client', caller.clientId];
  if (caller.agent !== undefined) yield ['agent', caller.agent];
  if (caller.tenant !== undefined) yield ['tenant', caller.tenant];
  if (caller.grantId !== undefined) yield ['grant', caller.grantId];
  for (const actor of caller.actors) {
    yield ['client', actor.subject];
    if (actor.agent !== undefined) yield ['agent', actor.agent];
  }
}

/**
 * The dead, in memory. An entry is kept until the last token issued before it has expired; a token issued after the hub's decision is good,
 * because the hub would not have issued it for someone still dead. `skew` (seconds) covers hub nodes whose clocks differ.
 */
export function createRevocations({ maxEntries, maxTokenLifetime, skew }: Bounds): Revocations {
  const entries = new Map<string, Entry>();
  // When memory is full the oldest entry goes, and with it every token of its age or older: forgetting must never revive one.
  let floor = -Infinity;

  const sweep = (now: number): void => {
    for (const [key, entry] of entries) if (entry.until <= now) entries.delete(key);
  };

  // Oldest first, which is also what ends first: to look through all of them at every signal would cost most when there are most.
  const makeRoom = (now: number): void => {
    for (const [key, entry] of entries) {
      if (entries.size < maxEntries) return;
      entries.delete(key);
      if (entry.dead && entry.until > now) floor = Math.max(floor, entry.at);
    }
  };

  const coveredBy = (at: number, caller: Traced): boolean => caller.issuedAt * 1000 <= at + skew * 1000;

  const apply = (signal: Signal, now: number): void => {
    const key = `${signal.kind}:${signal.subject}`;
    const known = entries.get(key);
    if (known !== undefined && known.seq >= signal.seq) return;
    const until = signal.at + (maxTokenLifetime + skew) * 1000;
    if (until <= now) return;
    entries.delete(key);
    makeRoom(now);
    // A restored subject stays as a marker, so that an older freeze that arrives again after a reconnect does not kill it once more.
    entries.set(key, { seq: signal.seq, at: signal.at, dead: signal.state !== 'restored', until });
  };

  const kills = (caller: Traced, now: number): boolean => {
    if (coveredBy(floor, caller)) return true;
    if (entries.size === 0) return false;
    for (const [kind, subject] of subjectsOf(caller)) {
      const entry = entries.get(`${kind}:${subject}`);
      if (entry?.dead === true && entry.until > now && coveredBy(entry.at, caller)) return true;
    }
    return false;
  };

  const count = (now: number): number => {
    sweep(now);
    return [...entries.values()].filter((entry) => entry.dead).length;
  };

  return { apply, kills, count };
}
