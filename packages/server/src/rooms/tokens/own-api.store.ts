import { sql } from 'kysely';
import { row, type Db } from '../../base/db.ts';
import { fail, type Result } from '../../base/result.ts';
import type { State } from '../tenants/tenant.ts';
import type { AccessToken } from './access.ts';
import { isAlive, type AccessTokens } from './alive.store.ts';
import { standing } from './standing.ts';

/** Judges an access token for one API of the hub itself; the error is the reason for the entry. */
export type OwnApiJudge = (jwt: string, now: number) => Promise<Result<AccessToken, string>>;

/**
 * Unlike a resource server elsewhere the hub knows at once what was revoked or frozen, so nothing is taken on trust from the time of issue. Asked
 * of the tables, not of {@link AccessTokens.standing}: while the whole hub is stopped these APIs stay open (`staysOpen` of rooms/resources).
 */
export function createOwnApiJudge({
  db,
  tokens,
  audience,
}: {
  db: Db;
  tokens: Pick<AccessTokens, 'verify'>;
  /** Of which API (rooms/resources/built-in.ts). */
  audience: string;
}): OwnApiJudge {
  return async (jwt, now) => {
    const read = tokens.verify(jwt, { now, audience });
    if (!read.ok) return read;
    const token = read.value;
    if (token.scopes.length === 0) return fail('claims_missing');
    if (isOfOneTenant(token)) return fail('tenant_token');
    return (await isAlive(db, token, now)) ? read : fail(await fallen(db, token));
  };
}

/**
 * A person's roles belong to a tenant, these APIs to the whole hub: a token that somebody got by what they are in one tenant opens none of
 * them, or the administrator of one tenant would reach the users of all (CVE-2025-64431). Clients are given their scopes by the hub's own policies.
 */
function isOfOneTenant({ userId, tenantId }: AccessToken): boolean {
  return userId !== undefined && tenantId !== undefined;
}

type Fallen = Readonly<Record<'client' | 'agent' | 'user' | 'tenant' | 'grant', State | null>> & { revoked: boolean };

/** Why it does not stand, for the entry alone: what it names and is not there any more counts as revoked. */
async function fallen(db: Db, { jti, clientId, agentId, userId, tenantId, grantId }: AccessToken): Promise<string> {
  const found = await row(
    db,
    sql<Fallen>`SELECT EXISTS (SELECT 1 FROM revoked_tokens WHERE jti = ${jti}) AS revoked,
      (SELECT state FROM clients WHERE id = ${clientId}) AS client,
      (SELECT state FROM agents WHERE id = ${agentId ?? null}) AS agent,
      (SELECT state FROM users WHERE id = ${userId ?? null}) AS "user",
      (SELECT state FROM tenants WHERE id = ${tenantId ?? null}) AS tenant,
      (SELECT state FROM grants WHERE id = ${grantId ?? null}) AS "grant"`,
  );
  if (found?.revoked === true) return 'revoked';
  const stateOf = (id: string | undefined, part: keyof Omit<Fallen, 'revoked'>): State | undefined =>
    id === undefined ? undefined : (found?.[part] ?? 'revoked');
  const why = standing({
    client: found?.client ?? 'revoked',
    agent: stateOf(agentId, 'agent'),
    user: stateOf(userId, 'user'),
    tenant: stateOf(tenantId, 'tenant'),
    grant: stateOf(grantId, 'grant'),
  });
  return why ?? 'chain_fallen';
}
