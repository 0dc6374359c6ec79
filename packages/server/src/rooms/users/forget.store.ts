import { sql } from 'kysely';
import type { Tx } from '../../base/db.ts';

/**
 * Everything that was built on a password or an address dies with it: sessions and half sign-ins, codes under way, links, remembered browsers. Deleted, not marked: nothing
 * refers to them, and what is not there cannot be brought back by unfreezing.
 */
export async function forgetProofs(tx: Tx, of: { userId: string; emailKey: string; exceptSession?: string | undefined }): Promise<void> {
  await sql`DELETE FROM sessions WHERE user_id = ${of.userId} AND id <> ${of.exceptSession ?? ''}`.execute(tx);
  await sql`DELETE FROM email_codes WHERE email_key = ${of.emailKey}`.execute(tx);
  await sql`DELETE FROM known_browsers WHERE user_id = ${of.userId}`.execute(tx);
  await sql`DELETE FROM totp_offers WHERE user_id = ${of.userId}`.execute(tx);
  // Half a sign-in: the password was shown and the second factor was not (rooms/journeys). A new one would be set up on the strength of the old password.
  await sql`DELETE FROM journeys WHERE state ? 'first' AND state #>> '{first,userId}' = ${of.userId}`.execute(tx);
  await sql`DELETE FROM one_time_links WHERE subject = ${of.userId}`.execute(tx);
}

/** Everything that somebody set up besides password and mailbox. */
export async function forgetFactors(tx: Tx, userId: string): Promise<void> {
  await sql`DELETE FROM totp_factors WHERE user_id = ${userId}`.execute(tx);
  await sql`DELETE FROM passkeys WHERE user_id = ${userId}`.execute(tx);
  await sql`DELETE FROM recovery_batches WHERE user_id = ${userId}`.execute(tx);
}
