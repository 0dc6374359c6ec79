import { sql, type RawBuilder } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import type { Drift } from '../resources/drift.ts';
import { listDrifts } from '../resources/drift.store.ts';
import type { Risk, Scope } from '../resources/resource.ts';
import { ADVICE_KINDS, keyOf, OPEN_DAYS, STALE_DAYS, UNUSED_DAYS, type AdviceFacts, type AdviceKind } from './advice.ts';

const RISKS: readonly Risk[] = ['low', 'elevated', 'high'];

type AgentRow = {
  id: string;
  client_id: string;
  client_name: string | null;
  verified: boolean;
  principal: string | null;
  state: string;
  owner_id: string | null;
  risk: number | null;
  created_at: number;
  last_used_at: number | null;
  idle_since: number;
  calls: number;
};
type GrantRow = {
  id: string;
  agent_id: string;
  resource_id: string;
  scopes: string[];
  consented_at: number;
  expires_at: number | null;
  persistent: boolean;
  user_id: string | null;
  under: string | null;
};
type UseRow = { agent_id: string; resource_id: string; scope: string; count: number; last_used_at: number };
type DriftRow = {
  id: string;
  client_id: string | null;
  resource_id: string | null;
  sentence: string;
  at: number;
  froze: boolean;
  before: string[];
  after: string[];
  times: number;
};

/** Of one agent at most; a grant beyond is advised on when one of these is gone. */
const GRANTS = 200;

/** What is known of these agents, in few statements however many there are. */
export async function adviceFacts(db: Db, ids: readonly string[], now: number): Promise<AdviceFacts[]> {
  const wanted = [...new Set(ids)];
  if (wanted.length === 0) return [];
  const agents = await rows(
    db,
    sql<AgentRow>`SELECT a.id, a.client_id, c.name AS client_name, a.verified, a.state, a.owner_id, a.risk, a.created_at,
        u.last_used_at, u.idle_since, u.calls,
        CASE a.principal_kind WHEN 'user' THEN coalesce(p.name, p.email) WHEN 'tenant' THEN t.name ELSE '' END AS principal
      FROM agents a JOIN agent_use u ON u.agent_id = a.id LEFT JOIN clients c ON c.id = a.client_id
      LEFT JOIN users p ON a.principal_kind = 'user' AND p.id = a.principal_id AND p.removed_at IS NULL
      LEFT JOIN tenants t ON a.principal_kind = 'tenant' AND t.id = a.principal_id
      WHERE a.id = ANY(${wanted}) AND a.state <> 'revoked' AND a.retired_at IS NULL`,
  );
  const grants = await rows(
    db,
    sql<GrantRow>`SELECT g.id, g.agent_id, g.resource_id, g.scopes, g.consented_at, g.expires_at, g.persistent, g.user_id, g.under
      FROM unnest(${wanted}::text[]) AS w(agent) CROSS JOIN LATERAL (SELECT * FROM grants WHERE agent_id = w.agent AND state = 'active'
        AND (expires_at IS NULL OR expires_at > ${new Date(now)}) ORDER BY id LIMIT ${GRANTS}) g`,
  );
  const uses = await rows(
    db,
    sql<UseRow>`SELECT agent_id, resource_id, scope, count, last_used_at FROM agent_scope_use WHERE agent_id = ANY(${wanted})`,
  );
  const resourceIds = [...new Set(grants.map(({ resource_id }) => resource_id))];
  const resources = await rows(
    db,
    sql<{ id: string; name: string; scopes: Scope[] }>`SELECT id, name, scopes FROM resources WHERE id = ANY(${resourceIds})`,
  );
  const drifts = await rows(
    db,
    sql<DriftRow>`SELECT id, client_id, resource_id, sentence, at, froze, before, after, times FROM drifts
      WHERE state = 'open' AND (client_id = ANY(${agents.map(({ client_id }) => client_id)}) OR resource_id = ANY(${resourceIds})) ORDER BY at DESC LIMIT 1000`,
  );
  return agents.map((agent) => factsOf(agent, { grants, uses, resources, drifts }));
}

type Around = { grants: GrantRow[]; uses: UseRow[]; resources: { id: string; name: string; scopes: Scope[] }[]; drifts: DriftRow[] };

function factsOf(agent: AgentRow, { grants, uses, resources, drifts }: Around): AdviceFacts {
  const own = grants.filter((one) => one.agent_id === agent.id);
  const reached = new Set(own.map(({ resource_id }) => resource_id));
  const names = new Map(resources.map(({ id, name }) => [id, name]));
  const risk = agent.risk === null ? undefined : RISKS[agent.risk - 1];
  return {
    agent: agent.id,
    client: agent.client_id,
    clientName: agent.client_name ?? agent.client_id,
    verified: agent.verified,
    principal: agent.principal ?? '',
    active: agent.state === 'active',
    ...(agent.owner_id === null ? {} : { owner: agent.owner_id }),
    ...(risk === undefined ? {} : { risk }),
    createdAt: agent.created_at,
    ...(agent.last_used_at === null ? {} : { lastUsedAt: agent.last_used_at }),
    idleSince: Math.max(agent.idle_since, agent.last_used_at ?? 0),
    calls: agent.calls,
    grants: own.map((one) => ({
      id: one.id,
      resource: one.resource_id,
      resourceName: names.get(one.resource_id) ?? one.resource_id,
      scopes: one.scopes,
      consentedAt: one.consented_at,
      ...(one.expires_at === null ? {} : { expiresAt: one.expires_at }),
      persistent: one.persistent,
      ...(one.user_id === null ? {} : { user: one.user_id }),
      ...(one.under === null ? {} : { under: one.under }),
    })),
    used: new Map(
      uses
        .filter((one) => one.agent_id === agent.id)
        .map((one) => [keyOf(one.resource_id, one.scope), { count: one.count, lastUsedAt: one.last_used_at }]),
    ),
    scopes: new Map(
      resources.flatMap(({ id, scopes }) => scopes.map(({ name, title, risk: of }) => [keyOf(id, name), { title, risk: of }])),
    ),
    drifts: drifts
      .filter((one) => one.client_id === agent.client_id || (one.resource_id !== null && reached.has(one.resource_id)))
      .map((one) => ({
        id: one.id,
        sentence: one.sentence,
        at: one.at,
        froze: one.froze,
        ...(one.resource_id === null ? {} : { resource: one.resource_id }),
        before: one.before,
        after: one.after,
        times: one.times,
      })),
  };
}

/** Where a page of the hub's advice goes on: in which kind, behind which agent. */
export type AdvicePlace = { kind: AdviceKind; after: string };
/** An agent to look at closer, or a change that is about many. */
export type Candidate = { agent?: string; drift?: Drift; place: AdvicePlace };

/** Rows that are looked through for one page of a kind that no index finds; a page may then be short, or empty, and there is more. */
const WINDOW = 5_000;

/**
 * Agents that something is to be said about, by kind, worst first: each kind in an order of its own that an index serves. `next`: where to go on; undefined:
 * that was all. A page may have fewer than asked for and still have a next one.
 */
export async function adviceCandidates(
  db: Db,
  of: { from: AdvicePlace; only: AdviceKind | undefined; limit: number; now: number; dormantDays: number },
): Promise<{ found: Candidate[]; next: AdvicePlace | undefined }> {
  const kinds = of.only === undefined ? ADVICE_KINDS.slice(ADVICE_KINDS.indexOf(of.from.kind)) : [of.from.kind];
  const found: Candidate[] = [];
  for (const kind of kinds) {
    const after = kind === of.from.kind ? of.from.after : '';
    const page = await lookFor(db, kind, { ...of, after, limit: of.limit - found.length });
    found.push(...page.found.map(({ key, ...one }) => ({ ...one, place: { kind, after: key } })));
    if (page.next !== undefined) return { found, next: { kind, after: page.next } };
    if (found.length >= of.limit) {
      const later = of.only === undefined ? kinds[kinds.indexOf(kind) + 1] : undefined;
      return { found, next: later === undefined ? undefined : { kind: later, after: '' } };
    }
  }
  return { found, next: undefined };
}

type Looking = { after: string; limit: number; now: number; dormantDays: number };
type Look = { found: { agent?: string; drift?: Drift; key: string }[]; next: string | undefined };

async function lookFor(db: Db, kind: AdviceKind, of: Looking): Promise<Look> {
  if (kind === 'unused_scopes' || kind === 'no_end') return lookThroughGrants(db, kind, of);
  const all =
    kind === 'drift'
      ? await openDrifts(db, of)
      : await rows(db, sql<{ agent: string; key: string }>`${QUERIES[kind](of)} LIMIT ${of.limit + 1}`);
  const found = all.slice(0, of.limit);
  return { found, next: all.length > of.limit ? found.at(-1)?.key : undefined };
}

async function openDrifts(db: Db, { after, limit }: Looking): Promise<{ drift: Drift; key: string }[]> {
  const [at, id] = after.split(' ');
  const page = { limit: limit + 1, after: id === undefined ? undefined : { at: Number(at), id } };
  return (await listDrifts(db, { state: 'open' }, page)).map((drift) => ({ drift, key: `${drift.firstAt} ${drift.id}` }));
}

const DAY = 86_400_000;
const STANDS = sql`a.state = 'active' AND a.retired_at IS NULL`;
const before = (now: number, days: number): Date => new Date(now - days * DAY);

/** The key is text that sorts like the order: an id, or the microsecond of a time and an id. */
const QUERIES: Record<Exclude<AdviceKind, 'drift' | 'unused_scopes' | 'no_end'>, (of: Looking) => RawBuilder<unknown>> = {
  dormant_with_write: (of) => idle(of, sql`a.risk >= 2`),
  dormant: (of) => idle(of, sql`coalesce(a.risk, 1) < 2`),
  unverified_high_risk: ({ after }) =>
    sql`SELECT a.id AS agent, a.id AS key FROM agents a WHERE a.risk = 3 AND NOT a.verified AND ${STANDS} AND a.id > ${after} ORDER BY a.id`,
  no_owner: ({ after }) =>
    sql`SELECT a.id AS agent, a.id AS key FROM agents a WHERE a.owner_id IS NULL AND ${STANDS} AND a.id > ${after} ORDER BY a.id`,
  never_used: ({ after, now }) =>
    sql`SELECT a.id AS agent, a.id AS key FROM agent_use u JOIN agents a ON a.id = u.agent_id
      WHERE coalesce(u.last_used_at, '1970-01-01T00:00:00Z'::timestamptz) = '1970-01-01T00:00:00Z'::timestamptz
        AND a.created_at <= ${before(now, UNUSED_DAYS)} AND ${STANDS} AND u.agent_id > ${after} ORDER BY u.agent_id`,
};

/** Longest idle first. */
function idle({ after, now, dormantDays }: Looking, which: RawBuilder<unknown>): RawBuilder<unknown> {
  const [micros, id = ''] = after.split(' ');
  const beyond =
    after === ''
      ? sql``
      : sql`AND (u.idle_since, u.agent_id) > ('1970-01-01T00:00:00Z'::timestamptz + ${micros}::bigint * interval '1 microsecond', ${id})`;
  return sql`SELECT a.id AS agent, (extract(epoch FROM u.idle_since) * 1000000)::bigint::text || ' ' || a.id AS key
    FROM agent_use u JOIN agents a ON a.id = u.agent_id
    WHERE u.idle_since <= ${before(now, dormantDays)} AND u.last_used_at <= ${before(now, dormantDays)}
      AND ${which} AND ${STANDS} ${beyond} ORDER BY u.idle_since, u.agent_id`;
}

async function lookThroughGrants(db: Db, kind: 'unused_scopes' | 'no_end', { after, limit, now }: Looking): Promise<Look> {
  const says =
    kind === 'no_end'
      ? sql`w.expires_at IS NULL AND w.under IS NULL AND w.persistent AND w.consented_at <= ${before(now, OPEN_DAYS)}`
      : sql`w.consented_at <= ${before(now, UNUSED_DAYS)} AND EXISTS (SELECT 1 FROM agent_use u WHERE u.agent_id = w.agent_id AND u.last_used_at IS NOT NULL)
          AND EXISTS (SELECT 1 FROM unnest(w.scopes) AS s(name) WHERE s.name NOT IN ('openid', 'profile', 'email', 'offline_access') AND NOT EXISTS (
            SELECT 1 FROM agent_scope_use x WHERE x.agent_id = w.agent_id AND x.resource_id = w.resource_id AND x.scope = s.name
              AND x.last_used_at > ${before(now, STALE_DAYS)}))`;
  const found = await rows(
    db,
    sql<{
      agent: string | null;
      key: string;
      last: boolean;
    }>`WITH w AS (SELECT * FROM grants WHERE id > ${after} ORDER BY id LIMIT ${WINDOW}),
      hits AS (SELECT w.agent_id AS agent, w.id AS key FROM w JOIN agents a ON a.id = w.agent_id
        WHERE w.state = 'active' AND (w.expires_at IS NULL OR w.expires_at > ${new Date(now)}) AND ${STANDS} AND ${says} ORDER BY w.id LIMIT ${limit + 1})
      SELECT agent, key, false AS last FROM hits
      UNION ALL SELECT NULL, max(id), count(*) < ${WINDOW} FROM w ORDER BY key`,
  );
  const hits = found.flatMap(({ agent, key }) => (agent === null ? [] : [{ agent, key }]));
  const edge = found.find(({ agent }) => agent === null);
  const within = hits.slice(0, limit);
  const more = hits.length > limit ? within.at(-1)?.key : edge?.last === true ? undefined : (edge?.key ?? undefined);
  return { found: within, next: more };
}
