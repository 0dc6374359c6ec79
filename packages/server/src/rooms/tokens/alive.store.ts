import { ACCESS_TOKEN_TYP } from '@writ/protocol';
import { sql } from 'kysely';
import { createBatch } from '../../base/batch.ts';
import { row, type Database, type Db } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { KeyRing } from '../keys/ring.store.ts';
import type { Detail } from '../resources/detail.ts';
import { toAccessToken, type AccessToken } from './access.ts';
import type { Link } from './lineage.ts';

/** Everything behind a token; what it does not have is left out. */
export type Behind = {
  jti: string;
  clientId: string;
  agentId?: string | undefined;
  userId?: string | undefined;
  tenantId?: string | undefined;
  grantId?: string | undefined;
  /** Who handed it on: all of them must stand. */
  actors?: readonly Link[] | undefined;
  /** What it follows from: none of it may have been taken back. */
  lineage?: readonly string[] | undefined;
};

/** What the user's grant holds by now, and when the user last said yes; absent for a token without one. */
export type HeldGrant = { resourceId: string; scopes: readonly string[]; details?: readonly Detail[]; consentedAt: number };
export type Standing = { alive: boolean; grant?: HeldGrant };

type Row = {
  place: number;
  alive: boolean | null;
  resource_id: string | null;
  scopes: string[] | null;
  authorization_details: Detail[] | null;
  consented_at: number | null;
};

/**
 * Whether tokens are still good, many at once and each at one moment: neither it nor one that it follows from was taken back; its client and agent,
 * those of everybody in its chain, user, tenant and grant are all there and active; the user still belongs to the tenant. What was deleted
 * counts as revoked. By single look-ups: left to choose, the planner reads whole tables while they are small.
 */
const BEFORE_INPUT = `SELECT i.place, g.resource_id, g.scopes, g.authorization_details, g.consented_at,
    NOT EXISTS (SELECT 1 FROM revoked_tokens r WHERE r.jti = ANY(i.jtis))
    AND (SELECT count(*) FROM clients c WHERE c.id = ANY(i.clients) AND c.state = 'active') = cardinality(i.clients)
    AND (SELECT count(*) FROM agents a WHERE a.id = ANY(i.agents) AND a.state = 'active') = cardinality(i.agents)
    AND (i."user" IS NULL OR (SELECT u.state FROM users u WHERE u.id = i."user") = 'active')
    AND (i.tenant IS NULL OR (SELECT t.state FROM tenants t WHERE t.id = i.tenant) = 'active')
    AND (i."user" IS NULL OR i.tenant IS NULL OR EXISTS (SELECT 1 FROM user_tenants m WHERE m.user_id = i."user" AND m.tenant_id = i.tenant AND m.held_by IS NULL))
    AND (i."grant" IS NULL OR (g.state = 'active' AND (g.expires_at IS NULL OR g.expires_at > i.now)))
    AS alive
  FROM json_to_recordset(`;
const AFTER_INPUT = `::json) AS i(place int, jtis text[], clients text[], agents text[], "user" text, tenant text, "grant" text, now timestamptz)
  LEFT JOIN LATERAL (SELECT * FROM grants WHERE id = i."grant" OFFSET 0) g ON true`;

function inputOf(of: Behind, now: number, place: number): object {
  const { jti, clientId, agentId, userId, tenantId, grantId, actors = [], lineage = [] } = of;
  const agents = [agentId, ...actors.map(({ agent }) => agent)].filter((id) => id !== undefined);
  return {
    place,
    jtis: [jti, ...lineage],
    // Each once: they are counted.
    clients: [...new Set([clientId, ...actors.map(({ sub }) => sub)])],
    agents: [...new Set(agents)],
    user: userId,
    tenant: tenantId,
    grant: grantId,
    now: new Date(now).toISOString(),
  };
}

export async function isAlive(db: Db, of: Behind, now: number): Promise<boolean> {
  const input = JSON.stringify([inputOf(of, now, 0)]);
  const found = await row(db, sql<Row>`${sql.raw(BEFORE_INPUT)}${input}${sql.raw(AFTER_INPUT)}`);
  return found?.alive === true;
}

type Asked = { of: Behind; now: number };

/** As {@link isAlive}; requests that ask within one turn of the event loop share a statement. */
export function createAliveReader({ pool }: Pick<Database, 'pool'>): (of: Behind, now: number) => Promise<Standing> {
  const ask = createBatch<Asked, Standing>(async (all) => {
    const input = all.map(({ of, now }, place) => inputOf(of, now, place));
    const text = `${BEFORE_INPUT}$1${AFTER_INPUT}`;
    const found = await pool.query<Row>({ name: 'tokens-alive', text, values: [JSON.stringify(input)] });
    const byPlace = new Map(found.rows.map((one) => [one.place, one]));
    return all.map((_, place) => toStanding(byPlace.get(place)));
  });
  return (of, now) => ask({ of, now });
}

function toStanding(found: Row | undefined): Standing {
  const alive = found?.alive === true;
  if (found === undefined || found.resource_id === null) return { alive };
  const { resource_id: resourceId, scopes, authorization_details: details, consented_at: consentedAt } = found;
  return { alive, grant: { resourceId, scopes: scopes ?? [], ...(details === null ? {} : { details }), consentedAt: consentedAt ?? 0 } };
}

/** Reads access tokens of this hub that are presented to the hub itself. Errors are reasons for the audit entry. */
export type AccessTokens = {
  /** Signature, type, issuer and time alone; asks no table. */
  verify(jwt: string, of: { now: number; audience?: string | undefined }): Result<AccessToken, string>;
  /** Whether everything behind it stands, asked of the primary at this moment. */
  standing(token: Behind, now: number): Promise<Standing>;
  /** Both: signature first, then the database, so that a forged token costs no query. */
  read(jwt: string, of: { now: number; audience?: string | undefined }): Promise<Result<AccessToken, string>>;
};

export function createAccessTokens(deps: {
  database: Pick<Database, 'pool'>;
  keys: Pick<KeyRing, 'verify'>;
  /** Whether every agent of every tenant is stopped: then no token is good anywhere but at the admin API, which judges its own. */
  hubStopped(): boolean;
}): AccessTokens {
  const read = createAliveReader(deps.database);
  const standing: AccessTokens['standing'] = (token, now) => (deps.hubStopped() ? Promise.resolve({ alive: false }) : read(token, now));
  const verify: AccessTokens['verify'] = (jwt, { now, audience }) => {
    const verified = deps.keys.verify(jwt, { typ: ACCESS_TOKEN_TYP, now, audience });
    if (!verified.ok) return verified;
    const token = toAccessToken(verified.value);
    return token === undefined ? fail('claims_missing') : ok(token);
  };
  return {
    verify,
    standing,
    async read(jwt, of) {
      const token = verify(jwt, of);
      if (!token.ok) return token;
      return (await standing(token.value, of.now)).alive ? token : fail('not_alive');
    },
  };
}
