import { ACCESS_TOKEN_TYP } from '@writ/protocol';
import { sql } from 'kysely';
import { row, type Db } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { KeyRing } from '../keys/ring.store.ts';
import { toAccessToken, type AccessToken } from './access.ts';

/** Everything behind a token; what it does not have is left out. */
export type Behind = {
  jti: string;
  clientId: string;
  agentId?: string | undefined;
  userId?: string | undefined;
  tenantId?: string | undefined;
  grantId?: string | undefined;
};

/**
 * Whether the token is still good, in one statement: it was not taken back, and client, agent, user, tenant and grant are all there and active,
 * and the user still belongs to the tenant. What was deleted counts as revoked.
 */
export async function isAlive(db: Db, of: Behind, now: number): Promise<boolean> {
  const { agentId = null, userId = null, tenantId = null, grantId = null } = of;
  const found = await row(
    db,
    sql<{ alive: boolean }>`SELECT
      NOT EXISTS (SELECT 1 FROM revoked_tokens WHERE jti = ${of.jti})
      AND EXISTS (SELECT 1 FROM clients WHERE id = ${of.clientId} AND state = 'active')
      AND (${agentId}::text IS NULL OR EXISTS (SELECT 1 FROM agents WHERE id = ${agentId} AND state = 'active'))
      AND (${userId}::text IS NULL OR EXISTS (SELECT 1 FROM users WHERE id = ${userId} AND state = 'active'))
      AND (${tenantId}::text IS NULL OR EXISTS (SELECT 1 FROM tenants WHERE id = ${tenantId} AND state = 'active'))
      AND (${userId}::text IS NULL OR ${tenantId}::text IS NULL OR EXISTS (SELECT 1 FROM user_tenants WHERE user_id = ${userId} AND tenant_id = ${tenantId}))
      AND (${grantId}::text IS NULL OR EXISTS (SELECT 1 FROM grants WHERE id = ${grantId} AND state = 'active' AND (expires_at IS NULL OR expires_at > ${new Date(now)})))
      AS alive`,
  );
  return found?.alive === true;
}

/** Reads access tokens of this hub that are presented to the hub itself. The error is the reason for the audit entry. */
export type AccessTokens = { read(jwt: string, of: { now: number; audience?: string | undefined }): Promise<Result<AccessToken, string>> };

/** Signature first, then the database: a forged token costs no query. */
export function createAccessTokens(deps: { db: Db; keys: Pick<KeyRing, 'verify'> }): AccessTokens {
  return {
    async read(jwt, { now, audience }) {
      const verified = deps.keys.verify(jwt, { typ: ACCESS_TOKEN_TYP, now, audience });
      if (!verified.ok) return verified;
      const token = toAccessToken(verified.value);
      if (token === undefined) return fail('claims_missing');
      return (await isAlive(deps.db, token, now)) ? ok(token) : fail('not_alive');
    },
  };
}
