import type { Clock } from '../../base/clock.ts';
import type { Database } from '../../base/db.ts';
import type { Keks } from '../../base/kek/kek.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { hubAuthor, type Author } from '../audit/author.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import type { Audit } from '../audit/store.ts';
import { countDataKeys, keysToSucceed, succeedDataKey } from '../keys/data-key.store.ts';
import type { DataKeys } from '../keys/data-keys.store.ts';
import {
  beginRotation,
  endRotation,
  lastRotation,
  openRotation,
  rewrapKeys,
  rotationEntry,
  type Rotation,
} from '../keys/rotation.store.ts';
import { countSealed, removeRetiredKeys, resealBatch, resealConnections } from './reseal.store.ts';

/** Where the keys stand. */
export type KeyStatus = {
  kek: string;
  dataKeys: { total: number; otherKek: number };
  secrets: { total: number; retiredKey: number };
  rotation: Rotation | undefined;
};

export type KeyRotation = {
  /** Begins one; whoever runs it may be any node. `running`: one is open that does not do what is wanted. */
  begin(of: { dataKeys: boolean }, by: Author): Promise<Result<Rotation, 'running'>>;
  /** Goes on with the open rotation to its end; nothing when there is none. Two nodes at it share the work. */
  run(): Promise<void>;
  /** Like {@link run}, without waiting; a failure is logged and left to the next run. */
  kick(): void;
  status(): Promise<KeyStatus>;
  /** Ends a run between two batches. */
  stop(): Promise<void>;
};

export type KeyRotationDeps = {
  database: Pick<Database, 'db'>;
  audit: Audit;
  keks: Keks;
  keys: DataKeys;
  clock: Clock;
  onError(error: unknown): void;
};

export function createKeyRotation(deps: KeyRotationDeps): KeyRotation {
  const { keks, audit, clock, onError } = deps;
  const { db } = deps.database;
  let stopped = false;
  let running: Promise<void> | undefined;
  const run = (): Promise<void> => {
    running ??= runOnce(deps, () => stopped).finally(() => {
      running = undefined;
    });
    return running;
  };
  return {
    async begin({ dataKeys }, by) {
      const outcome = await commitDeed<Done & { value: Rotation }, 'running'>(audit, async (tx) => {
        const begun = await beginRotation(tx, { dataKeys, by, now: clock.now() });
        return begun === undefined
          ? fail('running')
          : ok({ value: begun, entries: [rotationEntry(begun, 'kek_rotation_begun', by)], changed: [] });
      });
      if (outcome.ok) return ok(outcome.value.value);
      const open = await openRotation(db);
      return open !== undefined && (open.dataKeys || !dataKeys) ? ok(open) : fail('running');
    },
    run,
    kick: () => void run().catch(onError),
    async status() {
      const { id: kek } = keks.current;
      return { kek, dataKeys: await countDataKeys(db, kek), secrets: await countSealed(db), rotation: await lastRotation(db) };
    },
    async stop() {
      stopped = true;
      await running?.catch(() => undefined);
    },
  };
}

type Tally = { wrapped: number; lost: number; sealed: number; broken: number };

async function runOnce(deps: KeyRotationDeps, isStopped: () => boolean): Promise<void> {
  const { keks, audit } = deps;
  const { db } = deps.database;
  const rotation = await openRotation(db);
  if (rotation === undefined) return;
  if (rotation.dataKeys) await succeedKeys(deps, rotation.startedAt, isStopped);
  const { done: wrapped, lost } = await rewrapKeys({ db, keks }, rotation.startedAt, isStopped);
  const { sealed, broken } = await resealAll(deps, isStopped);
  await removeRetiredKeys(db);
  if (isStopped() || !(await isDone(deps, rotation, { wrapped, lost, sealed, broken }))) return;
  await commitDeed<Done, never>(audit, async (tx) => {
    const ended = await endRotation(tx, rotation.id);
    const entry = rotationEntry(rotation, 'kek_rotated', hubAuthor('kek-rotate'), { lost, broken });
    return ok({ entries: ended ? [entry] : [], changed: [] });
  });
}

/** New data keys first: from then on nothing more is sealed under the old ones. */
async function succeedKeys({ database, keks, clock }: KeyRotationDeps, since: number, isStopped: () => boolean): Promise<void> {
  for (;;) {
    const keys = await keysToSucceed(database.db, { since, limit: 100 });
    for (const key of keys) {
      if (isStopped()) return;
      await database.db.transaction().execute((tx) => succeedDataKey(tx, { key, kek: keks.current, now: clock.now() }));
    }
    if (keys.length === 0) return;
  }
}

async function resealAll({ database, keys }: KeyRotationDeps, isStopped: () => boolean): Promise<Pick<Tally, 'sealed' | 'broken'>> {
  const { db } = database;
  const ours = await resealConnections({ db, keys });
  const tally = { sealed: ours.done, broken: ours.broken };
  for (let after: string | undefined = ''; after !== undefined && !isStopped();) {
    const { done, broken, next } = await resealBatch({ db, keys }, after);
    tally.sealed += done;
    tally.broken += broken;
    after = next;
  }
  return tally;
}

/** What is left is only what can never be done: keys that no KEK opens, rows that do not open. Anything else is for the next run. */
async function isDone({ database, keks }: KeyRotationDeps, rotation: Rotation, { lost, broken }: Tally): Promise<boolean> {
  const { db } = database;
  const { otherKek } = await countDataKeys(db, keks.current.id);
  const { retiredKey } = await countSealed(db);
  const young = rotation.dataKeys ? await keysToSucceed(db, { since: rotation.startedAt, limit: 1 }) : [];
  return otherKek <= lost && retiredKey <= broken && young.length === 0;
}
