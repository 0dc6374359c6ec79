import { sql, type RawBuilder } from 'kysely';
import { row, rows, type Db } from '../../base/db.ts';
import type { RegistrationType } from '../clients/client.ts';
import type { State } from '../tenants/tenant.ts';
import type { Principal } from './agent.ts';
import { hostOf, RISKS, type DirectoryFacets, type DirectoryFilter, type ListedAgent, type Order, type Place } from './directory.ts';
import { calledSo } from './search.store.ts';

type ListedRow = {
  id: string;
  client_id: string;
  principal_kind: Principal['kind'];
  principal_id: string;
  tenant_id: string | null;
  state: State;
  state_reason: string | null;
  version: number;
  created_at: number;
  verified: boolean;
  owner_id: string | null;
  owner_name: string | null;
  risk: number | null;
  calls: number;
  denials: number;
  first_used_at: number | null;
  last_used_at: number | null;
  dormant: boolean;
  client_name: string | null;
  registration_type: RegistrationType | null;
  redirect_uris: string[] | null;
  principal_name: string | null;
  scopes: number;
  connections: number;
  drift: string[];
  key: string;
};

/** Milliseconds. What was not used since then is dormant. */
export type Dormancy = { idleSince: number };

/** What each order goes by, so that the index of the same expression serves it. */
const NEVER = sql`'1970-01-01T00:00:00Z'::timestamptz`;
const BY: Record<Order['by'], { value: RawBuilder<unknown>; key: RawBuilder<unknown>; at(key: string): RawBuilder<unknown> }> = {
  created: { value: sql`a.id`, key: sql`0`, at: () => sql`` },
  last_used: {
    value: sql`coalesce(u.last_used_at, ${NEVER})`,
    key: sql`(extract(epoch FROM coalesce(u.last_used_at, ${NEVER})) * 1000000)::bigint`,
    at: (key) => sql`${NEVER} + ${key}::bigint * interval '1 microsecond'`,
  },
  calls: { value: sql`u.calls`, key: sql`u.calls`, at: (key) => sql`${key}::bigint` },
  denials: { value: sql`u.denials`, key: sql`u.denials`, at: (key) => sql`${key}::bigint` },
};

/** A page of the directory, and the place of each agent in the order. */
export async function findAgents(
  db: Db,
  filter: DirectoryFilter,
  page: Dormancy & { order: Order; limit: number; after?: Place | undefined },
): Promise<{ agent: ListedAgent; place: Place }[]> {
  const { order, limit, after, idleSince } = page;
  const { value, key, at } = BY[order.by];
  const way = order.down ? sql`DESC` : sql`ASC`;
  // Of the two tables the one that has the order leads, or its index would not serve.
  const [places, sorted] =
    order.by === 'created' ? [sql`a.id`, sql`a.id ${way}`] : [sql`${value}, u.agent_id`, sql`${value} ${way}, u.agent_id ${way}`];
  const beyond =
    after === undefined
      ? sql``
      : sql`AND (${places}) ${order.down ? sql`<` : sql`>`} (${order.by === 'created' ? sql`${after.id}` : sql`${at(after.key)}, ${after.id}`})`;
  const found = await rows(
    db,
    sql<ListedRow>`${listed(
      sql`SELECT a.*, u.calls, u.denials, u.first_used_at, u.last_used_at, u.idle_since, ${key}::text AS key
        FROM agents a JOIN agent_use u ON u.agent_id = a.id
        WHERE ${await narrowed(db, await conditions(db, filter, page))} ${beyond} ORDER BY ${sorted} LIMIT ${limit}`,
      idleSince,
    )} ORDER BY f.key::bigint ${way}, f.id ${way}`,
  );
  return found.map((one) => ({ agent: toListed(one), place: { key: one.key, id: one.id } }));
}

export async function findListedAgent(db: Db, id: string, { idleSince }: Dormancy): Promise<ListedAgent | undefined> {
  const found = await row(
    db,
    sql<ListedRow>`${listed(
      sql`SELECT a.*, u.calls, u.denials, u.first_used_at, u.last_used_at, u.idle_since, '0' AS key
        FROM agents a JOIN agent_use u ON u.agent_id = a.id WHERE a.id = ${id}`,
      idleSince,
    )}`,
  );
  return found === undefined ? undefined : toListed(found);
}

/** Names and numbers beside the agents that were found: looked up for those of one page only. */
function listed(found: RawBuilder<unknown>, idleSince: number): RawBuilder<unknown> {
  return sql`SELECT f.id, f.client_id, f.principal_kind, f.principal_id, f.tenant_id, f.state, f.state_reason, f.version, f.created_at, f.verified, f.owner_id,
      f.risk, f.calls, f.denials, f.first_used_at, f.last_used_at, f.key,
      ${isDormant(idleSince, 'f')} AS dormant,
      c.name AS client_name, c.registration_type, c.redirect_uris[1:3] AS redirect_uris,
      coalesce(o.name, o.email) AS owner_name,
      CASE f.principal_kind WHEN 'user' THEN coalesce(p.name, p.email) WHEN 'tenant' THEN t.name ELSE c.name END AS principal_name,
      s.scopes, k.connections, d.drift
    FROM (${found}) f
    LEFT JOIN clients c ON c.id = f.client_id
    LEFT JOIN users o ON o.id = f.owner_id AND o.removed_at IS NULL
    LEFT JOIN users p ON f.principal_kind = 'user' AND p.id = f.principal_id AND p.removed_at IS NULL
    LEFT JOIN tenants t ON f.principal_kind = 'tenant' AND t.id = f.principal_id
    CROSS JOIN LATERAL (SELECT count(*)::int AS scopes FROM (
      SELECT resource_id, unnest(g.scopes) FROM grants g WHERE g.agent_id = f.id AND g.state <> 'revoked' AND (g.expires_at IS NULL OR g.expires_at > now())
      UNION SELECT resource_id, scope FROM agent_scope_use w WHERE w.agent_id = f.id AND f.principal_kind <> 'user' AND w.resource_id NOT LIKE 'urn:writ:connection:%'
    ) AS held) s
    CROSS JOIN LATERAL (SELECT count(DISTINCT connection_id)::int AS connections FROM credentials v
      WHERE v.state = 'active' AND (v.owner_agent = f.id
        OR (f.principal_kind = 'user' AND v.owner_user = f.principal_id AND (v.owner_tenant IS NULL OR v.owner_tenant = f.tenant_id))
        OR (f.principal_kind <> 'user' AND v.owner_user IS NULL AND v.owner_tenant = f.tenant_id))) k
    CROSS JOIN LATERAL (SELECT coalesce(array_agg(sentence ORDER BY at), '{}') AS drift FROM drifts e WHERE e.client_id = f.client_id AND e.state = 'open') d`;
}

/** Only what could act: of what is stopped that is said, not that it rests. */
function isDormant(idleSince: number, alias: 'f' | 'b'): RawBuilder<unknown> {
  return sql`(${sql.ref(`${alias}.state`)} = 'active' AND ${sql.ref(`${alias}.idle_since`)} < ${new Date(idleSince)})`;
}

const DRIFTING = sql`(SELECT client_id FROM drifts WHERE state = 'open' AND client_id IS NOT NULL)`;

/** As many are sorted as quickly as found. */
const FEW = 5_000;

/**
 * Several conditions may be rarer together than the database thinks: it would go through a million agents in the order that was asked for, to find a few or none. So those
 * that meet all of them are looked for first, in no order; where they are few they are the answer, where they are many an order soon has a page of them.
 */
async function narrowed(db: Db, parts: readonly RawBuilder<unknown>[]): Promise<RawBuilder<unknown>> {
  const all = allOf(parts);
  if (parts.length < 2) return all;
  const found = await rows(
    db,
    sql<{ id: string }>`SELECT a.id FROM agents a JOIN agent_use u ON u.agent_id = a.id WHERE ${all} LIMIT ${sql.lit(FEW + 1)}`,
  );
  return found.length > FEW ? all : sql`a.id = ANY (${found.map(({ id }) => id)}::text[])`;
}

function allOf(parts: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return parts.length === 0 ? sql`true` : sql.join(parts, sql` AND `);
}

/** Each as an index has it, so that what is rare is found at once. */
async function conditions(db: Db, filter: DirectoryFilter, { idleSince }: Dormancy): Promise<RawBuilder<unknown>[]> {
  const { client, user, tenant, owner, state, reason, dormant, verified, neverUsed, risk, drift, words } = filter;
  const parts: RawBuilder<unknown>[] = [];
  if (client !== undefined) parts.push(sql`a.client_id = ${client}`);
  if (user !== undefined) parts.push(sql`a.principal_kind = 'user' AND a.principal_id = ${user}`);
  if (tenant !== undefined) parts.push(sql`a.tenant_id = ${tenant}`);
  if (owner !== undefined) parts.push(owner === null ? sql`a.owner_id IS NULL` : sql`a.owner_id = ${owner}`);
  if (state !== undefined)
    parts.push(state === 'active' ? sql`a.state = 'active'` : sql`a.state = ${sql.lit(state)} AND a.state <> 'active'`);
  if (reason !== undefined) parts.push(sql`a.state <> 'active' AND a.state_reason = ${reason}`);
  if (dormant !== undefined)
    parts.push(
      dormant
        ? sql`a.state = 'active' AND u.idle_since < ${new Date(idleSince)}`
        : sql`(a.state <> 'active' OR u.idle_since >= ${new Date(idleSince)})`,
    );
  if (verified !== undefined) parts.push(sql`a.verified = ${sql.lit(verified)}`);
  if (neverUsed !== undefined) parts.push(neverUsed ? sql`coalesce(u.last_used_at, ${NEVER}) = ${NEVER}` : sql`u.last_used_at IS NOT NULL`);
  if (risk !== undefined) parts.push(sql`a.risk = ${sql.lit(RISKS.indexOf(risk) + 1)}`);
  if (drift !== undefined) parts.push(drift ? sql`a.client_id IN ${DRIFTING}` : sql`a.client_id NOT IN ${DRIFTING}`);
  if (words !== undefined) parts.push(await calledSo(db, words));
  return parts;
}

/** Agents that facets count at most. */
const COUNTED = 10_000;

/** What is there among those of a filter; of more than ten thousand, of the first ten thousand. */
export async function agentFacets(db: Db, filter: DirectoryFilter, dormancy: Dormancy): Promise<DirectoryFacets> {
  const found = await row(
    db,
    sql<Record<string, number>>`WITH b AS (
        SELECT a.state, a.risk, a.verified, a.owner_id, u.idle_since, u.last_used_at, a.client_id IN ${DRIFTING} AS drifting
        FROM agents a JOIN agent_use u ON u.agent_id = a.id WHERE ${allOf(await conditions(db, filter, dormancy))} LIMIT ${sql.lit(COUNTED + 1)}),
      f AS (SELECT * FROM b LIMIT ${sql.lit(COUNTED)})
      SELECT (SELECT count(*) FROM b) AS found, count(*) AS total,
        count(*) FILTER (WHERE state = 'active') AS active, count(*) FILTER (WHERE state = 'frozen') AS frozen, count(*) FILTER (WHERE state = 'revoked') AS revoked,
        count(*) FILTER (WHERE risk = 1) AS low, count(*) FILTER (WHERE risk = 2) AS elevated, count(*) FILTER (WHERE risk = 3) AS high,
        count(*) FILTER (WHERE risk IS NULL) AS riskless, count(*) FILTER (WHERE verified) AS verified, count(*) FILTER (WHERE owner_id IS NULL) AS unowned,
        count(*) FILTER (WHERE ${isDormant(dormancy.idleSince, 'f')}) AS dormant, count(*) FILTER (WHERE last_used_at IS NULL) AS unused,
        count(*) FILTER (WHERE drifting) AS drifting FROM f`,
  );
  const of = (name: string): number => found?.[name] ?? 0;
  return {
    total: of('total'),
    more: of('found') > COUNTED,
    state: { active: of('active'), frozen: of('frozen'), revoked: of('revoked') },
    risk: { low: of('low'), elevated: of('elevated'), high: of('high'), none: of('riskless') },
    verified: { true: of('verified'), false: of('total') - of('verified') },
    owner: { none: of('unowned') },
    dormant: of('dormant'),
    neverUsed: of('unused'),
    drift: of('drifting'),
  };
}

function toListed(found: ListedRow): ListedAgent {
  const host = hostOf(found.client_id, found.redirect_uris ?? []);
  const risk = found.risk === null ? undefined : RISKS[found.risk - 1];
  return {
    id: found.id,
    clientId: found.client_id,
    principal: { kind: found.principal_kind, id: found.principal_id },
    ...(found.tenant_id === null ? {} : { tenantId: found.tenant_id }),
    state: found.state,
    ...(found.state_reason === null ? {} : { stateReason: found.state_reason }),
    version: found.version,
    createdAt: found.created_at,
    ...(found.client_name === null ? {} : { clientName: found.client_name }),
    ...(host === undefined ? {} : { clientHost: host }),
    ...(found.registration_type === null ? {} : { registration: found.registration_type }),
    verified: found.verified,
    ...(found.principal_name === null ? {} : { principalName: found.principal_name }),
    ...(found.owner_id === null ? {} : { owner: { id: found.owner_id, name: found.owner_name ?? found.owner_id } }),
    ...(found.first_used_at === null ? {} : { firstUsedAt: found.first_used_at }),
    ...(found.last_used_at === null ? {} : { lastUsedAt: found.last_used_at }),
    calls: found.calls,
    denials: found.denials,
    ...(risk === undefined ? {} : { risk }),
    scopes: found.scopes,
    connections: found.connections,
    dormant: found.dormant,
    drift: found.drift,
  };
}
