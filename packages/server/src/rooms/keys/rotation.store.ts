import { sql, type RawBuilder } from 'kysely';
import { row, touched, type Db, type Tx } from '../../base/db.ts';
import { newId } from '../../base/ids.ts';
import { unwrapBy, type Keks } from '../../base/kek/kek.ts';
import type { Author } from '../audit/author.ts';
import type { EventDraft } from '../audit/event.ts';
import { keysToRewrap, saveWrapped } from './data-key.store.ts';
import { wrapContext } from './data-key.ts';

/** A rotation of the KEK (every data key is wrapped anew), and of the data keys of the vault too where wanted. At most one is open. */
export type Rotation = { id: string; dataKeys: boolean; startedAt: number; finishedAt: number | null };

const COLUMNS: RawBuilder<unknown> = sql.raw('id, data_keys AS "dataKeys", started_at AS "startedAt", finished_at AS "finishedAt"');

export async function openRotation(db: Db): Promise<Rotation | undefined> {
  return row(db, sql<Rotation>`SELECT ${COLUMNS} FROM key_rotations WHERE finished_at IS NULL`);
}

export async function lastRotation(db: Db): Promise<Rotation | undefined> {
  return row(db, sql<Rotation>`SELECT ${COLUMNS} FROM key_rotations ORDER BY started_at DESC LIMIT 1`);
}

/** Undefined when one is open already. */
export async function beginRotation(tx: Tx, of: { dataKeys: boolean; by: Author; now: number }): Promise<Rotation | undefined> {
  return row(
    tx,
    sql<Rotation>`INSERT INTO key_rotations (id, data_keys, started_by, started_at)
      VALUES (${newId('rot', of.now)}, ${of.dataKeys}, ${JSON.stringify(of.by.actor)}::jsonb, clock_timestamp()) ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
  );
}

/** False when another node had finished it. */
export async function endRotation(tx: Tx, id: string): Promise<boolean> {
  return (await touched(tx, sql`UPDATE key_rotations SET finished_at = clock_timestamp() WHERE id = ${id} AND finished_at IS NULL`)) > 0;
}

/** The entry for a rotation that began or ended. */
export function rotationEntry(
  rotation: Rotation,
  deed: 'kek_rotation_begun' | 'kek_rotated',
  by: Author,
  data: EventDraft['data'] = {},
): EventDraft {
  return {
    type: 'key.rotated',
    initiator: by.initiator,
    actor: by.actor,
    target: { type: 'kek', id: rotation.id },
    outcome: 'success',
    origin: by.origin,
    data: { deed, dataKeys: rotation.dataKeys, ...data },
  };
}

const BATCH = 100;

/**
 * Wraps every data key anew by the current KEK, one conditional update each: whoever dies in between leaves each key wrapped by one KEK or the
 * other. Answers how many were wrapped and how many no KEK opens. Throws `KekUnavailable`.
 */
export async function rewrapKeys(
  deps: { db: Db; keks: Keks },
  since: number,
  isStopped: () => boolean,
): Promise<{ done: number; lost: number }> {
  const { db, keks } = deps;
  const { current } = keks;
  let [done, lost, after] = [0, 0, ''];
  while (!isStopped()) {
    const keys = await keysToRewrap(db, { kek: current.id, since, after, limit: BATCH });
    for (const key of keys) {
      const context = wrapContext(key);
      const plain = await unwrapBy(keks, { ...key, context });
      if (plain === undefined) lost += 1;
      else if (await saveWrapped(db, key, { kek: current.id, wrapped: await current.wrap(plain, context) })) done += 1;
    }
    after = keys.at(-1)?.id ?? after;
    if (keys.length < BATCH) break;
  }
  return { done, lost };
}
