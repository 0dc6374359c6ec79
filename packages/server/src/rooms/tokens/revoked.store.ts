import { sql } from 'kysely';
import { row, type Db, type Tx } from '../../base/db.ts';

/** Notes that one access token is no longer good; kept until it would have expired anyway. */
export async function revokeJti(tx: Tx, of: { jti: string; expiresAt: number; reason: string }): Promise<void> {
  await sql`INSERT INTO revoked_tokens (jti, expires_at, reason) VALUES (${of.jti}, ${new Date(of.expiresAt)}, ${of.reason}) ON CONFLICT DO NOTHING`.execute(
    tx,
  );
}

export async function isRevoked(db: Db, jti: string): Promise<boolean> {
  return (await row(db, sql`SELECT 1 AS found FROM revoked_tokens WHERE jti = ${jti}`)) !== undefined;
}
