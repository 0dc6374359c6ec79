import { z } from 'zod';
import {
  authorOf,
  badInput,
  cursorOf,
  etag,
  isPreconditionMet,
  CHANGED_MEANWHILE,
  notFound,
  page,
  pageOf,
  pageQuery,
} from '../../base/http/admin.ts';
import { json, problem, type Reply } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import type { Db } from '../../base/db.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import type { Audit } from '../audit/store.ts';
import { cursorAt, orderOf, placeIn, RISKS, wordsOf, type DirectoryFilter } from './directory.ts';
import { agentFacets, findAgents, findListedAgent } from './directory.store.ts';
import { setOwner, type OwnerFault } from './owner.store.ts';
import { idleSince } from './setting.ts';
import type { AgentSettings } from './setting.store.ts';
import { agentState, agentView, facetsView, presentAgent } from './view.ts';

export type AgentRoutesDeps = { db: Db; audit: Audit; agentSettings: AgentSettings };

const flag = z.enum(['true', 'false']).optional();
const asked = (max: number) => z.string().min(1).max(max).optional();

const filters = z.strictObject({
  client: asked(512),
  user: asked(128),
  tenant: asked(128),
  /** A user's id, or `none`. */
  owner: asked(128),
  state: agentState.optional(),
  /** Why it was stopped: what the deed said, `owner_left`, `by_user`. */
  reason: asked(500),
  dormant: flag,
  verified: flag,
  used: z.enum(['never']).optional(),
  risk: z.enum(RISKS).optional(),
  drift: flag,
  /** Beginnings of words of the client's name, address or id, or of the person's name or e-mail. */
  q: asked(200),
});

const sort = z.enum(['created', '-created', 'last_used', '-last_used', 'calls', '-calls', 'denials', '-denials']);
const listQuery = pageQuery.extend({ ...filters.shape, sort: sort.default('created') });

function filterOf({ used, q, owner, dormant, verified, drift, ...rest }: z.infer<typeof filters>): DirectoryFilter {
  return {
    ...rest,
    owner: owner === 'none' ? null : owner,
    dormant: isTrue(dormant),
    verified: isTrue(verified),
    drift: isTrue(drift),
    neverUsed: used === undefined ? undefined : true,
    words: q === undefined ? undefined : wordsOf(q),
  };
}

function isTrue(said: 'true' | 'false' | undefined): boolean | undefined {
  return said === undefined ? undefined : said === 'true';
}

/** The directory: every agent, its figures, and who answers for it. What one of them may do is told by doors/admin. */
export function agentRoutes(deps: AgentRoutesDeps): Route[] {
  return [listRoute(deps), facetsRoute(deps), ownerRoute(deps)];
}

function listRoute({ db, agentSettings }: AgentRoutesDeps): Route {
  return route({
    method: 'GET',
    path: '/admin/v1/agents',
    access: 'admin:agents:read',
    audit: ['admin.read'],
    summary: 'Agents, by client, person, tenant, owner, state, use and risk',
    input: { query: listQuery },
    output: { 200: pageOf(agentView) },
    async handle({ query, now }) {
      const { limit, cursor, sort: said, ...by } = query;
      const from = cursorOf({ cursor });
      const found = await findAgents(db, filterOf(by), {
        order: orderOf(said),
        limit: limit + 1,
        after: from === undefined ? undefined : placeIn(from),
        idleSince: idleSince(agentSettings.current(), now),
      });
      return page(
        found,
        limit,
        ({ place }) => cursorAt(place),
        ({ agent }) => presentAgent(agent),
      );
    },
  });
}

function facetsRoute({ db, agentSettings }: AgentRoutesDeps): Route {
  return route({
    method: 'GET',
    path: '/admin/v1/agents/facets',
    access: 'admin:agents:read',
    audit: ['admin.read'],
    summary:
      'How many agents of a filter are in which state, of which risk, dormant, never used, without an owner; at most 10,000 are counted',
    input: { query: filters },
    output: { 200: facetsView },
    handle: async ({ query, now }) =>
      json(200, await agentFacets(db, filterOf(query), { idleSince: idleSince(agentSettings.current(), now) })),
  });
}

const OWNER_WORDS: Record<Exclude<OwnerFault, 'unknown' | 'changed'>, string> = {
  no_such_user: 'no user has this id',
  not_active: 'this user is stopped and can answer for nothing',
  not_in_tenant: 'this user is not in the tenant of the agent',
};

function ownerRoute({ db, audit, agentSettings }: AgentRoutesDeps): Route {
  return route({
    method: 'PUT',
    path: '/admin/v1/agents/:id/owner',
    access: 'admin:agents:write',
    audit: ['admin.changed'],
    summary: 'Say who answers for an agent: a user, in the tenant of the agent where it has one; null: nobody',
    input: { body: z.strictObject({ id: z.string().optional(), owner: z.string().min(1).max(128).nullable() }) },
    output: { 200: agentView, 400: 'Not a user who can answer for it', 404: 'No such id', 412: 'If-Match names another version' },
    async handle(call) {
      const id = call.params['id'] ?? '';
      const ifVersion = (version: number): boolean => isPreconditionMet(call.request, version);
      const done = await commitDeed<Done, OwnerFault>(audit, (tx) =>
        setOwner(tx, { id, owner: call.body.owner, ifVersion }, authorOf(call)),
      );
      if (!done.ok) return ownerRefused(done.error, id);
      const agent = await findListedAgent(db, id, { idleSince: idleSince(agentSettings.current(), call.now) });
      return agent === undefined ? notFound('agent', id) : json(200, presentAgent(agent), etag(agent.version));
    },
  });
}

function ownerRefused(fault: OwnerFault, id: string): Reply {
  if (fault === 'unknown') return notFound('agent', id);
  if (fault === 'changed') return problem(CHANGED_MEANWHILE);
  return problem(badInput([{ field: 'owner', message: OWNER_WORDS[fault] }], 'This user cannot answer for the agent'));
}
