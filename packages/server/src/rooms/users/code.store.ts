import { sql } from 'kysely';
import { row, touched, type Db, type Tx } from '../../base/db.ts';
import { keyedDigest, sameDigest } from '../../base/digest.ts';
import { newId, newNumericCode } from '../../base/ids.ts';

export const CODE_MINUTES = 10;
const DIGITS = 6;
const MOST_TRIES = 5;

/** Logging in and making an account are different proofs: a code for one is nothing to the other. */
export type CodePurpose = 'login' | 'join';
export type CodeBinding = { purpose: CodePurpose; journeyId: string; emailKey: string };

/**
 * Makes a code for one address in one journey; an earlier one of that journey is dead from now on. A million codes can be tried in no
 * time, so what is kept is keyed: the table alone does not give them away.
 */
export async function issueEmailCode(
  tx: Tx,
  of: CodeBinding & { userId: string | undefined; secret: Buffer; now: number },
): Promise<string> {
  const code = newNumericCode(DIGITS);
  await sql`DELETE FROM email_codes WHERE journey_id = ${of.journeyId}`.execute(tx);
  await sql`INSERT INTO email_codes (id, email_key, user_id, journey_id, code_digest, expires_at)
    VALUES (${newId('sec', of.now)}, ${of.emailKey}, ${of.userId ?? null}, ${of.journeyId}, ${digestOf(of, code)}, ${new Date(of.now + CODE_MINUTES * 60_000)})`.execute(
    tx,
  );
  return code;
}

function digestOf(of: CodeBinding & { secret: Buffer }, code: string): string {
  return keyedDigest(of.secret, [of.purpose, of.journeyId, of.emailKey, code].join('\n'));
}

/**
 * Uses a code. The try is counted by the same statement that reads the row, so that a burst of guesses gets five of them together;
 * of two right answers at once, one is used.
 */
export async function consumeEmailCode(
  db: Db,
  of: CodeBinding & { code: string; secret: Buffer; now: number },
): Promise<{ userId: string | undefined } | undefined> {
  const tried = await row(
    db,
    sql<{ id: string; user_id: string | null; code_digest: string }>`UPDATE email_codes SET tries = tries + 1
      WHERE journey_id = ${of.journeyId} AND email_key = ${of.emailKey} AND used_at IS NULL AND expires_at > ${new Date(of.now)} AND tries < ${MOST_TRIES}
      RETURNING id, user_id, code_digest`,
  );
  const typed = of.code.normalize('NFKC').replace(/[\s-]/g, '');
  if (tried === undefined || !sameDigest(tried.code_digest, digestOf(of, typed))) return undefined;
  const used = await touched(db, sql`UPDATE email_codes SET used_at = ${new Date(of.now)} WHERE id = ${tried.id} AND used_at IS NULL`);
  return used === 0 ? undefined : { userId: tried.user_id ?? undefined };
}
