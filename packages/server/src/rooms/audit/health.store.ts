import { sql, type RawBuilder } from 'kysely';
import type { Db } from '../../base/db.ts';
import { fail, ok } from '../../base/result.ts';
import { commitDeed, type Done } from './deed.store.ts';
import type { EventDraft } from './event.ts';
import type { Audit } from './store.ts';

/** For SET: the columns of {@link HealthRow} after a try that went well. */
export const WELL = sql`failures = 0, failure = NULL, failing_since = NULL`;

/** For SET: after one that did not. */
export function unwell({ sentence, now }: { sentence: string; now: number }): RawBuilder<unknown> {
  return sql`failures = failures + 1, failure = ${sentence}, failing_since = coalesce(failing_since, ${new Date(now)})`;
}

/**
 * Writes down how a try went. A turn, to the worse or the better, is an entry that commits with it; what goes on as it was is only counted. False: `mark` found
 * nothing to mark, because it is gone or in other hands by now.
 */
export async function noteTry(
  { db, audit }: { db: Db; audit: Audit },
  mark: (db: Db) => Promise<boolean>,
  turn: EventDraft | undefined,
): Promise<boolean> {
  if (turn === undefined) return mark(db);
  const outcome = await commitDeed<Done, 'lost'>(audit, async (tx) =>
    (await mark(tx)) ? ok({ entries: [turn], changed: [] }) : fail('lost'),
  );
  return outcome.ok;
}
