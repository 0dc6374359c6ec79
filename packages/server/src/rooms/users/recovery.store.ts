import { sql } from 'kysely';
import { row, touched, type Db, type Tx } from '../../base/db.ts';
import { keyedDigest, sameDigest } from '../../base/digest.ts';
import { newSecret } from '../../base/ids.ts';
import type { SecretBox } from '../../base/secretbox.ts';

const CODES = 10;
const SHOWN_MS = 15 * 60_000;
/** Letters and digits that are not taken for one another. */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

type Keyed = { db: Db; secretBox: SecretBox };

/**
 * Recovery codes follow from a batch by a key that the database does not hold, so they need not be kept: the table knows which are used, and
 * can show none of them. Fifty bits each.
 */
function codesOf(box: SecretBox, userId: string, batch: string): string[] {
  const key = box.derive('recovery-codes/1');
  return Array.from({ length: CODES }, (_, index) => {
    const bytes = Buffer.from(keyedDigest(key, `${userId}\n${batch}\n${index}`), 'base64url');
    const letters = Array.from({ length: 10 }, (_unused, at) => ALPHABET[(bytes[at] ?? 0) & 31]).join('');
    return `${letters.slice(0, 5)}-${letters.slice(5)}`;
  });
}

/** Makes a new batch; the codes of an earlier one are dead. `context`: the journey or session that may see them. */
export async function makeRecovery(tx: Tx, of: { userId: string; context: string; now: number }): Promise<void> {
  const at = new Date(of.now);
  await sql`INSERT INTO recovery_batches (user_id, batch, shown_to, shown_until, created_at)
    VALUES (${of.userId}, ${newSecret(16)}, ${of.context}, ${new Date(of.now + SHOWN_MS)}, ${at})
    ON CONFLICT (user_id) DO UPDATE SET batch = excluded.batch, used = '{}', shown_to = excluded.shown_to, shown_until = excluded.shown_until, created_at = excluded.created_at`.execute(
    tx,
  );
}

/** The codes, for the page that follows their making, and for no other. */
export async function showRecovery(
  { db, secretBox }: Keyed,
  of: { userId: string; context: string; now: number },
): Promise<string[] | undefined> {
  const found = await row(
    db,
    sql<{ batch: string }>`SELECT batch FROM recovery_batches
      WHERE user_id = ${of.userId} AND shown_to = ${of.context} AND shown_until > ${new Date(of.now)} AND used = '{}'`,
  );
  return found === undefined ? undefined : codesOf(secretBox, of.userId, found.batch);
}

/** Uses a code: of many at once, one does. */
export async function useRecovery({ db, secretBox }: Keyed, of: { userId: string; code: string }): Promise<'right' | 'wrong' | 'used'> {
  const found = await row(db, sql<{ batch: string }>`SELECT batch FROM recovery_batches WHERE user_id = ${of.userId}`);
  if (found === undefined) return 'wrong';
  const typed = of.code.normalize('NFKC').toUpperCase().replaceAll(/[\s-]/g, '');
  const index = codesOf(secretBox, of.userId, found.batch).findIndex((code) => sameDigest(code.replace('-', ''), typed));
  if (index < 0) return 'wrong';
  const used = await touched(
    db,
    sql`UPDATE recovery_batches SET used = used || ${index}::integer WHERE user_id = ${of.userId} AND batch = ${found.batch} AND NOT (${index}::integer = ANY(used))`,
  );
  return used === 1 ? 'right' : 'used';
}

/** How many are left; undefined: there never were any. */
export async function recoveryLeft(db: Db, userId: string): Promise<number | undefined> {
  const found = await row(
    db,
    sql<{ used: number }>`SELECT coalesce(array_length(used, 1), 0) AS used FROM recovery_batches WHERE user_id = ${userId}`,
  );
  return found === undefined ? undefined : CODES - found.used;
}
