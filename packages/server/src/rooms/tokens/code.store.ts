import { sql } from 'kysely';
import { row, type Tx } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import { newSecret } from '../../base/ids.ts';
import type { CodeFacts } from './facts.ts';
import type { TakenCode } from './redeem.ts';

/** RFC 6749 §4.1.2 recommends at most ten minutes; a client that is alive needs one. */
export const CODE_MS = 60_000;

/** Makes a code; only its digest is kept. */
export async function issueCode(tx: Tx, of: CodeFacts & { clientId: string }, now: number): Promise<string> {
  const code = newSecret();
  const { clientId, ...facts } = of;
  await sql`INSERT INTO codes (digest, client_id, grant_id, facts, expires_at)
    VALUES (${digest(code)}, ${clientId}, ${facts.grantId}, ${JSON.stringify(facts)}, ${new Date(now + CODE_MS)})`.execute(tx);
  return code;
}

/** What the first use of a code obtained, for whoever brings the code again. */
export type SpentCode = {
  clientId: string;
  facts: CodeFacts;
  familyId: string | null;
  accessJti: string | null;
  accessExpiresAt: number | null;
};

/**
 * The gate (RFC 6749 §4.1.2): of all that bring this code, one takes it. It stands before every check, so that a wrong verifier spends the
 * code too, and before signing: a failure after it costs the user a retry, never a second token.
 */
export async function consumeCode(
  tx: Tx,
  code: string,
  now: number,
): Promise<{ kind: 'taken'; code: TakenCode } | { kind: 'spent'; code: SpentCode } | { kind: 'unknown' }> {
  const key = digest(code);
  const taken = await row(
    tx,
    sql<{
      client_id: string;
      facts: CodeFacts;
      expires_at: number;
    }>`UPDATE codes SET used_at = ${new Date(now)} WHERE digest = ${key} AND used_at IS NULL RETURNING client_id, facts, expires_at`,
  );
  if (taken !== undefined) return { kind: 'taken', code: { clientId: taken.client_id, facts: taken.facts, expiresAt: taken.expires_at } };
  const spent = await row(
    tx,
    sql<{ client_id: string; facts: CodeFacts; family_id: string | null; access_jti: string | null; access_expires_at: number | null }>`
      SELECT client_id, facts, family_id, access_jti, access_expires_at FROM codes WHERE digest = ${key}`,
  );
  if (spent === undefined) return { kind: 'unknown' };
  return {
    kind: 'spent',
    code: {
      clientId: spent.client_id,
      facts: spent.facts,
      familyId: spent.family_id,
      accessJti: spent.access_jti,
      accessExpiresAt: spent.access_expires_at,
    },
  };
}

/** Notes with the code what it became, so that a replay can take it back. */
export async function rememberIssue(
  tx: Tx,
  code: string,
  of: { familyId: string | undefined; jti: string; expiresAt: number },
): Promise<void> {
  await sql`UPDATE codes SET family_id = ${of.familyId ?? null}, access_jti = ${of.jti}, access_expires_at = ${new Date(of.expiresAt)} WHERE digest = ${digest(code)}`.execute(
    tx,
  );
}
