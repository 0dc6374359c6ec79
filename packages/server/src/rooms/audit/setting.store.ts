import { sql } from 'kysely';
import { canonical } from '../../base/canonical.ts';
import type { ChangeFeed } from '../../base/changes.ts';
import { row, type Database, type Db, type Tx } from '../../base/db.ts';
import { ok } from '../../base/result.ts';
import { createSnapshot } from '../../base/snapshot.ts';
import type { Author, PutOutcome } from './author.ts';
import { adminChange } from './change.ts';
import { commitDeed } from './deed.store.ts';
import type { Audit } from './store.ts';

/** One hub-wide value that an administrator sets, in memory on every node. */
export type Setting<T> = {
  /** Resolves when the value is as fresh as the last change this node heard of. */
  ready(): Promise<void>;
  current(): T;
  /** As every hub begins. */
  readonly initial: T;
  /** The same change inside another one, which is all or nothing. This node goes by it once that is committed. */
  putIn(tx: Tx, value: T, by: Author): Promise<PutOutcome<T>>;
  /** Resolves when this node goes by the new value. A value that is the same already changes and records nothing. */
  put(value: T, by: Author): Promise<void>;
};

export type SettingDeps = { database: Database; audit: Audit; feed: ChangeFeed; onError(error: unknown): void };

/** `name`: its row, `<room>.<word>`. `target`: what the entry of a change is about. */
export function createSetting<T extends object>(
  { database, audit, feed, onError }: SettingDeps,
  { name, initial, target }: { name: string; initial: T; target: { kind: string; id: string } },
): Setting<T> {
  const load = async (): Promise<T> => (await readSetting<T>(database.db, name)) ?? initial;
  const snapshot = createSnapshot({ name, load, onError });
  feed.on('setting', (key) => {
    if (key === name) snapshot.stale();
  });
  const putIn: Setting<T>['putIn'] = async (tx, value, by) => {
    const unchanged = { outcome: 'unchanged', value, entries: [], changed: [] } as const;
    if (canonical((await readSetting<T>(tx, name)) ?? initial) === canonical(value)) return unchanged;
    const before = await lockSetting<T>(tx, name, initial);
    if (canonical(before) === canonical(value)) return unchanged;
    await writeSetting(tx, name, value);
    return {
      outcome: 'changed',
      value,
      entries: [adminChange({ ...target, by, before, after: value })],
      changed: [{ kind: 'setting', key: name }],
    };
  };
  return {
    ready: snapshot.ready,
    current: snapshot.current,
    initial,
    putIn,
    async put(value, by) {
      const done = await commitDeed<PutOutcome<T>, never>(audit, async (tx) => ok(await putIn(tx, value, by)));
      // Another node may have set it, and this one not heard of it yet.
      if (done.ok && done.value.outcome === 'unchanged') snapshot.stale();
      return snapshot.ready();
    },
  };
}

export async function readSetting<T>(db: Db, name: string): Promise<T | undefined> {
  return (await row(db, sql<{ value: T }>`SELECT value FROM settings WHERE name = ${name}`))?.value;
}

/** The row is made if need be, so that there is something to lock: of two changes at once the second builds on the first. */
export async function lockSetting<T>(tx: Tx, name: string, initial: T): Promise<T> {
  await sql`INSERT INTO settings (name, value) VALUES (${name}, ${JSON.stringify(initial)}) ON CONFLICT DO NOTHING`.execute(tx);
  return (await row(tx, sql<{ value: T }>`SELECT value FROM settings WHERE name = ${name} FOR UPDATE`))?.value ?? initial;
}

export async function writeSetting(tx: Tx, name: string, value: unknown): Promise<void> {
  await sql`UPDATE settings SET value = ${JSON.stringify(value)} WHERE name = ${name}`.execute(tx);
}
