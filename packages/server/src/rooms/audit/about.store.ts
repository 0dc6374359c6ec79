import { sql, type RawBuilder } from 'kysely';
import { row, type Db } from '../../base/db.ts';
import { conditions } from './search.store.ts';
import type { EventType } from './event.ts';

/** Deeds of these types on one thing, since a time in milliseconds. `having`: what else must be true of the entry, as `entry jsonb`. */
export type DeedsOn = { target: { type: string; id: string }; types: readonly EventType[]; since: number; having?: RawBuilder<unknown> };

/** Whether the record holds such a deed that succeeded. For types that are rare: it reads all of them since then. */
export async function wasDone(db: Db, { target, types, since, having = sql`true` }: DeedsOn): Promise<boolean> {
  for (const type of types) {
    const of = conditions({ type, outcome: 'success', since });
    // Only what is about the thing is read as JSON: the text before is enough to leave the rest out.
    const about = JSON.stringify({ id: target.id, type: target.type });
    const found = await row(
      db,
      sql`SELECT 1 FROM (SELECT body::jsonb AS entry FROM audit_events WHERE ${of} AND strpos(body, ${about}) > 0 OFFSET 0) AS deeds
        WHERE entry->'target' = ${about}::jsonb AND ${having} LIMIT 1`,
    );
    if (found !== undefined) return true;
  }
  return false;
}
