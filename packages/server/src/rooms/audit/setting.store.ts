import { sql } from 'kysely';
import { canonical } from '../../base/canonical.ts';
import type { ChangeFeed } from '../../base/changes.ts';
import { row, type Database, type Db, type Tx } from '../../base/db.ts';
import { createSnapshot } from '../../base/snapshot.ts';
import type { Author } from './author.ts';
import { adminChange } from './change.ts';
import type { Audit } from './store.ts';

/** One hub-wide value that an administrator sets, in memory on every node. */
export type Setting<T> = {
  /** Resolves when the value is as fresh as the last change this node heard of. */
  ready(): Promise<void>;
  current(): T;
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
  return {
    ready: snapshot.ready,
    current: snapshot.current,
    async put(value, by) {
      if (canonical(await load()) === canonical(value)) {
        // Another node may have set it, and this one not heard of it yet.
        snapshot.stale();
        return snapshot.ready();
      }
      await audit.commit(async (tx) => {
        const before = await lockSetting<T>(tx, name, initial);
        await writeSetting(tx, name, value);
        return {
          value: undefined,
          entries: [adminChange({ ...target, by, before, after: value })],
          changed: [{ kind: 'setting', key: name }],
        };
      });
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
