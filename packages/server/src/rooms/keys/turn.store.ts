import type { Clock } from '../../base/clock.ts';
import type { Tx } from '../../base/db.ts';
import { newId } from '../../base/ids.ts';
import { holdName } from '../../base/lock.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import type { Author } from '../audit/author.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import type { EventDraft } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import { keyRevoked, keyRotated } from './events.ts';
import { isDue, isForgettable, seasonedAt, type KeyState, type SigningAlg } from './key.ts';
import { makeKey, type MadeKey } from './make.store.ts';
import { activateKey, endKey, insertKey, listKeys, removeKey, type StoredKey } from './store.ts';

export type TurnDeps = { audit: Audit; box: SecretBox; clock: Clock };

/** One algorithm's turn: `active` signs from now on. */
export type Turn = { alg: SigningAlg; active: string; retired: string; next: string };

export type TurnRefusal = { reason: 'not_seasoned'; kid: string; readyAt: number };

/**
 * Makes what is missing of an algorithm's pair: the key that signs and the one after it. Nothing when both are there, so that of two nodes
 * that start at once the second finds the first one's pair.
 */
export async function establish(deps: TurnDeps, alg: SigningAlg, by: Author): Promise<void> {
  const [first, second] = await Promise.all([fresh(deps, alg), fresh(deps, alg)]);
  await turn(deps, async (tx, keys, now) => {
    const active = keyIn(keys, alg, 'active')?.id;
    const next = keyIn(keys, alg, 'next')?.id;
    const entries: EventDraft[] = [];
    if (active === undefined) await insert(tx, first, 'active', now);
    if (next === undefined) await insert(tx, second, 'next', now);
    if (active === undefined || next === undefined)
      entries.push(keyRotated({ deed: 'created', kid: active ?? first.id, alg, next: next ?? second.id, by }));
    return ok(done(undefined, entries));
  });
}

/**
 * The next key begins to sign, the one that signed retires, a new next one is published. Refused while verifiers may hold a JWKS without the
 * next key, unless forced. `expected`: the key that this node saw signing, per algorithm; where another one signs by now, somebody else was
 * first and nothing happens. `onlyDue`: leaves alone what is not old enough.
 */
export async function rotateKeys(
  deps: TurnDeps,
  of: { expected: ReadonlyMap<SigningAlg, string>; force: boolean; onlyDue: boolean; by: Author },
): Promise<Result<readonly Turn[], TurnRefusal>> {
  const spares = new Map<SigningAlg, MadeKey>();
  for (const alg of of.expected.keys()) spares.set(alg, await fresh(deps, alg));
  return turn(deps, async (tx, keys, now) => {
    const turns: Turn[] = [];
    const entries: EventDraft[] = [];
    for (const [alg, spare] of spares) {
      const active = keyIn(keys, alg, 'active');
      const next = keyIn(keys, alg, 'next');
      if (active === undefined || next === undefined || active.id !== of.expected.get(alg) || (of.onlyDue && !isDue(active, now))) continue;
      const readyAt = seasonedAt(next);
      if (!of.force && now < readyAt) {
        // What is merely due waits for its successor; another algorithm need not wait with it.
        if (of.onlyDue) continue;
        return fail({ reason: 'not_seasoned', kid: next.id, readyAt });
      }
      await endKey(tx, active.id, 'retired', now);
      await promote(tx, next.id, spare, now);
      turns.push({ alg, active: next.id, retired: active.id, next: spare.id });
      entries.push(
        keyRotated({ deed: 'rotated', kid: next.id, alg, retired: active.id, next: spare.id, forced: now < readyAt, by: of.by }),
      );
    }
    return ok(done(turns, entries));
  });
}

/**
 * Gives a key up as compromised: it is unpublished at once, and if it was signing, the next key signs at once, however young it is.
 * False when it was revoked before.
 */
export async function revokeKey(deps: TurnDeps, key: { id: string; alg: SigningAlg }, by: Author, reason: string): Promise<boolean> {
  const spare = await fresh(deps, key.alg);
  const outcome = await turn<boolean, never>(deps, async (tx, keys, now) => {
    const was = keys.find((one) => one.id === key.id)?.state;
    if (was === undefined || was === 'revoked') return ok(done(false, []));
    const next = keyIn(keys, key.alg, 'next');
    await endKey(tx, key.id, 'revoked', now);
    if (was === 'active' && next !== undefined) await promote(tx, next.id, spare, now);
    if (was === 'next') await insert(tx, spare, 'next', now);
    return ok(done(true, [keyRevoked({ kid: key.id, alg: key.alg, was, next: was === 'active' ? next?.id : undefined, by, reason })]));
  });
  return outcome.ok && outcome.value;
}

/** Forgets keys that signed nothing which anyone could still show. */
export async function purgeKeys(deps: TurnDeps, by: Author): Promise<number> {
  const outcome = await turn<number, never>(deps, async (tx, keys, now) => {
    const old = keys.filter((key) => isForgettable(key, now));
    for (const { id } of old) await removeKey(tx, id);
    return ok(
      done(
        old.length,
        old.map(({ id, alg }) => keyRotated({ deed: 'purged', kid: id, alg, by })),
      ),
    );
  });
  return outcome.ok ? outcome.value : 0;
}

/** One change of the key set at a time, on whichever node: what `deed` reads is still so when it commits. */
async function turn<T, E>(
  deps: TurnDeps,
  deed: (tx: Tx, keys: readonly StoredKey[], now: number) => Promise<Result<Done & { value: T }, E>>,
): Promise<Result<T, E>> {
  const outcome = await commitDeed(deps.audit, async (tx) => {
    await holdName(tx, 'signing-keys');
    return deed(tx, await listKeys(tx), deps.clock.now());
  });
  return outcome.ok ? ok(outcome.value.value) : outcome;
}

function done<T>(value: T, entries: readonly EventDraft[]): Done & { value: T } {
  return { value, entries, changed: entries.map(({ target }) => ({ kind: 'key', key: target?.id ?? '' })) };
}

function fresh({ box, clock }: TurnDeps, alg: SigningAlg): Promise<MadeKey> {
  return makeKey(newId('key', clock.now()), alg, box);
}

function keyIn(keys: readonly StoredKey[], alg: SigningAlg, state: KeyState): StoredKey | undefined {
  return keys.find((key) => key.alg === alg && key.state === state);
}

async function promote(tx: Tx, next: string, spare: MadeKey, now: number): Promise<void> {
  if (!(await activateKey(tx, next, now))) throw new Error('the next signing key is not there any more, under the lock');
  await insert(tx, spare, 'next', now);
}

async function insert(tx: Tx, key: MadeKey, state: 'next' | 'active', now: number): Promise<void> {
  if (!(await insertKey(tx, key, state, now))) throw new Error('somebody else made a signing key, under the lock');
}
