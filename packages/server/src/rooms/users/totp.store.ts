import { sql } from 'kysely';
import { row, touched, type Db, type Tx } from '../../base/db.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import { matchTotp, newTotpSecret } from '../../base/totp.ts';

/** A secret is shown, and not yet confirmed, for as long as it takes to find one's telephone. */
const OFFER_MS = 20 * 60_000;

/** Whose enrolment, and where: a journey or a session. A secret that one page has shown is never another's to confirm. */
export type Enrolment = { userId: string; context: string };

const sealedFor = (userId: string): string => `totp:${userId}`;

/** The secret of this enrolment: the same for as long as the page is open. */
export async function offerTotp(db: Db, box: SecretBox, of: Enrolment & { now: number }): Promise<Buffer> {
  const { userId, context, now } = of;
  const fresh = box.seal(newTotpSecret(), sealedFor(userId));
  const found = await row(
    db,
    sql<{ secret: Buffer }>`INSERT INTO totp_offers AS o (context, user_id, secret, expires_at)
      VALUES (${context}, ${userId}, ${fresh}, ${new Date(now + OFFER_MS)})
      ON CONFLICT (context) DO UPDATE SET
        secret = CASE WHEN o.user_id = excluded.user_id AND o.expires_at > ${new Date(now)} THEN o.secret ELSE excluded.secret END,
        expires_at = CASE WHEN o.user_id = excluded.user_id AND o.expires_at > ${new Date(now)} THEN o.expires_at ELSE excluded.expires_at END,
        user_id = excluded.user_id
      RETURNING secret`,
  );
  if (found === undefined) throw new Error('an enrolment has no secret');
  return box.open(found.secret, sealedFor(userId));
}

/** Ends the enrolment with a first code from the app. The offer is taken by one statement: of two right codes at once one enrols. */
export async function confirmTotp(
  tx: Tx,
  box: SecretBox,
  of: Enrolment & { code: string; now: number },
): Promise<'enrolled' | 'wrong' | 'over'> {
  const { userId, context, code, now } = of;
  const offer = sql`context = ${context} AND user_id = ${userId} AND expires_at > ${new Date(now)}`;
  const found = await row(tx, sql<{ secret: Buffer }>`SELECT secret FROM totp_offers WHERE ${offer}`);
  if (found === undefined) return 'over';
  const step = matchTotp(box.open(found.secret, sealedFor(userId)), code, now);
  if (step === undefined) return 'wrong';
  if ((await touched(tx, sql`DELETE FROM totp_offers WHERE ${offer} AND secret = ${found.secret}`)) === 0) return 'over';
  // The code that confirms is used by it: nobody who looked over the shoulder signs in with it.
  const made = await touched(
    tx,
    sql`INSERT INTO totp_factors (user_id, secret, last_step, created_at) VALUES (${userId}, ${found.secret}, ${step}, ${new Date(now)})
      ON CONFLICT (user_id) DO NOTHING`,
  );
  return made === 1 ? 'enrolled' : 'over';
}

/**
 * Uses a code. One conditional statement moves the last step forward, so that a code, and every code before it, is good once on however many
 * nodes (RFC 6238 §5.2, attack 049).
 */
export async function useTotp(
  db: Db,
  box: SecretBox,
  of: { userId: string; code: string; now: number },
): Promise<'right' | 'wrong' | 'used' | 'none'> {
  const { userId, code, now } = of;
  const found = await row(db, sql<{ secret: Buffer }>`SELECT secret FROM totp_factors WHERE user_id = ${userId}`);
  if (found === undefined) return 'none';
  const step = matchTotp(box.open(found.secret, sealedFor(userId)), code, now);
  if (step === undefined) return 'wrong';
  const moved = await touched(
    db,
    sql`UPDATE totp_factors SET last_step = ${step}, used_at = ${new Date(now)} WHERE user_id = ${userId} AND secret = ${found.secret} AND last_step < ${step}`,
  );
  return moved === 1 ? 'right' : 'used';
}
