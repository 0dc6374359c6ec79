import { GRANT_TYPES } from '@writ/protocol';
import { sql, type RawBuilder } from 'kysely';
import { row, rows, type Db } from '../../base/db.ts';
import type { Principal } from '../agents/agent.ts';
import type { Walk } from './walk.ts';

export type Portion = { principals: Principal[]; next: string | undefined };

const PHASES = ['named', 'agents', 'grants', 'under', 'selves', 'role'] as const;
type Phase = (typeof PHASES)[number];
type Step = { found: Principal[]; next: string | undefined };

/** The next principals of a walk, each once; `next` undefined: it is over. A portion may be empty and go on. */
export async function principalsOf(
  db: Db,
  walk: Walk,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<Portion> {
  const [phase, after] = placeIn(cursor);
  const found = new Map<string, Principal>();
  let at = PHASES.indexOf(phase);
  let key = after;
  // As many steps as there are phases: what a step leaves is for the next page.
  for (; at < PHASES.length && found.size < limit; at += 1) {
    const now = PHASES[at];
    if (now === undefined) break;
    const step = await STEPS[now](db, walk, { limit: limit - found.size, after: key });
    for (const one of step.found) found.set(`${one.kind} ${one.id}`, one);
    if (step.next !== undefined) return { principals: [...found.values()], next: JSON.stringify([now, step.next]) };
    key = undefined;
  }
  const later = PHASES[at];
  return {
    principals: [...found.values()],
    next: later === undefined || !PHASES.slice(at).some((one) => isAsked(walk, one)) ? undefined : JSON.stringify([later, null]),
  };
}

function isAsked(walk: Walk, phase: Phase): boolean {
  return walk[phase] !== undefined;
}

function placeIn(cursor: string | undefined): [Phase, string | undefined] {
  if (cursor === undefined) return ['named', undefined];
  const read: unknown = readJson(cursor);
  const [name, after]: unknown[] = Array.isArray(read) ? read : [];
  return [PHASES.find((phase) => phase === name) ?? 'named', typeof after === 'string' ? after : undefined];
}

/** Cursors are the door's (it signs them to their list); one that is none begins anew. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Take = { limit: number; after: string | undefined };
const NOTHING: Step = { found: [], next: undefined };

const STEPS: Record<Phase, (db: Db, walk: Walk, take: Take) => Promise<Step>> = {
  named: async (_db, { named = [] }) => ({ found: [...named], next: undefined }),
  async agents(db, { agents }, take) {
    if (agents === undefined) return NOTHING;
    const which = 'tenant' in agents ? sql`tenant_id = ${agents.tenant}` : sql`client_id = ANY(${[...new Set(agents.clients)]}::text[])`;
    const found = sql<AgentRow>`SELECT id AS key, principal_kind AS kind, principal_id AS id FROM agents
      WHERE ${which} AND retired_at IS NULL ${beyond('agents.id', take)} ORDER BY agents.id LIMIT ${take.limit}`;
    return stepOf(await rows(db, found), take);
  },
  async grants(db, { grants }, take) {
    if (grants === undefined) return NOTHING;
    // By its values: a plan for any of them would read all grants, in the order of their ids, for a resource that has none.
    const which = grants === 'all' ? sql`true` : sql`resource_id = ANY(${[...new Set(grants)]}::text[])`;
    const found = sql<AgentRow>`SELECT id AS key, 'user' AS kind, user_id AS id FROM grants
      WHERE ${which} AND user_id IS NOT NULL AND state <> 'revoked' ${beyond('grants.id', take)} ORDER BY grants.id LIMIT ${take.limit}`;
    return stepOf(await rows(db, found), take);
  },
  async under(db, { under }, take) {
    if (under === undefined) return NOTHING;
    return stepOf(
      await rows(
        db,
        sql<AgentRow>`SELECT id AS key, 'user' AS kind, user_id AS id FROM grants
          WHERE under = ${under} AND user_id IS NOT NULL AND state <> 'revoked' ${beyond('id', take)} ORDER BY id LIMIT ${take.limit}`,
      ),
      take,
    );
  },
  async selves(db, { selves }, take) {
    if (selves === undefined) return NOTHING;
    const grants = [GRANT_TYPES.client_credentials, GRANT_TYPES.jwt_bearer];
    const which = selves === 'all' ? sql`true` : sql`id = ANY(${[...selves]}::text[])`;
    const found = await rows(
      db,
      sql<{ id: string; tenants: string[] }>`SELECT id, tenants FROM clients
        WHERE ${which} AND state <> 'revoked' AND grants && ${grants}::text[] ${beyond('id', take)} ORDER BY id LIMIT ${take.limit}`,
    );
    const principals = found.flatMap(({ id, tenants }): Principal[] =>
      tenants.length === 0 ? [{ kind: 'client', id }] : tenants.map((tenant) => ({ kind: 'tenant', id: tenant })),
    );
    return { found: principals, next: found.length < take.limit ? undefined : found.at(-1)?.id };
  },
  async role(db, { role }, take) {
    if (role === undefined) return NOTHING;
    // So many members are looked at, whoever of them has it: nothing leads from a role to those who have it.
    const looked = await rows(
      db,
      sql<{ user_id: string; has: boolean }>`SELECT user_id, held_by IS NULL AND ${role} = ANY(roles) AS has FROM user_tenants
        WHERE true ${beyond('user_id', take)} ORDER BY user_id, tenant_id LIMIT ${MOST_MEMBERS}`,
    );
    const found: Principal[] = [];
    for (const [at, { user_id: id, has }] of looked.entries()) {
      if (has && found.at(-1)?.id !== id) found.push({ kind: 'user', id });
      // Only between two users: a page that ended within one would begin after the rest of their tenants.
      if (found.length >= take.limit && looked[at + 1]?.user_id !== id) return { found, next: at + 1 < looked.length ? id : undefined };
    }
    const last = looked.at(-1)?.user_id;
    return { found, next: looked.length < MOST_MEMBERS ? undefined : last };
  },
};

const MOST_MEMBERS = 5_000;

type AgentRow = { key: string } & Principal;

function stepOf(found: readonly AgentRow[], { limit }: Take): Step {
  return { found: found.map(({ kind, id }) => ({ kind, id })), next: found.length < limit ? undefined : found.at(-1)?.key };
}

function beyond(column: 'id' | 'user_id' | 'agents.id' | 'grants.id', { after }: Take): RawBuilder<unknown> {
  return after === undefined ? sql`` : sql`AND ${sql.raw(column)} > ${after}`;
}

/** Whose agent, grant or credential it is; undefined: there is none. */
export async function holderOf(
  db: Db,
  of: { agent: string } | { credential: string },
): Promise<{ principal?: Principal; tenant?: string } | undefined> {
  if ('agent' in of) {
    const found = await row(db, sql<Principal>`SELECT principal_kind AS kind, principal_id AS id FROM agents WHERE id = ${of.agent}`);
    return found && { principal: { kind: found.kind, id: found.id } };
  }
  const found = await row(
    db,
    sql<{
      owner_user: string | null;
      owner_tenant: string | null;
      owner_agent: string | null;
    }>`SELECT owner_user, owner_tenant, owner_agent FROM credentials WHERE id = ${of.credential}`,
  );
  if (found === undefined) return undefined;
  if (found.owner_user !== null) return { principal: { kind: 'user', id: found.owner_user } };
  if (found.owner_agent !== null) return holderOf(db, { agent: found.owner_agent });
  return found.owner_tenant === null ? {} : { tenant: found.owner_tenant };
}
