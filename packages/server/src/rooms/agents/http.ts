import { z } from 'zod';
import { cursorOf, etag, notFound, page, pageQuery } from '../../base/http/admin.ts';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import type { Db } from '../../base/db.ts';
import type { Agent } from './agent.ts';
import { findAgent, listAgents } from './store.ts';

const state = z.enum(['active', 'frozen', 'revoked']);

/** An agent as the admin API shows it. Times in milliseconds since the epoch. */
export const agentView = z.object({
  id: z.string(),
  client: z.string(),
  principal: z.object({ kind: z.enum(['user', 'tenant', 'client']), id: z.string() }),
  tenant: z.string().nullable(),
  state,
  createdAt: z.number(),
  lastUsedAt: z.number().nullable(),
});

export function presentAgent(agent: Agent): z.infer<typeof agentView> {
  return {
    id: agent.id,
    client: agent.clientId,
    principal: agent.principal,
    tenant: agent.tenantId ?? null,
    state: agent.state,
    createdAt: agent.createdAt,
    lastUsedAt: agent.lastUsedAt ?? null,
  };
}

const filter = pageQuery.extend({
  client: z.string().optional(),
  user: z.string().optional(),
  tenant: z.string().optional(),
  state: state.optional(),
});

export function agentRoutes({ db }: { db: Db }): Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/v1/agents',
      access: 'admin:agents:read',
      audit: ['admin.read'],
      summary: 'Agents, by client, user, tenant and state',
      input: { query: filter },
      output: { 200: z.object({ items: z.array(agentView), next: z.string().nullable() }) },
      async handle({ query }) {
        const { limit, cursor, ...by } = query;
        const found = await listAgents(db, by, { limit: limit + 1, cursor: cursorOf({ cursor }) });
        return page(found, limit, (agent) => agent.id, presentAgent);
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/agents/:id',
      access: 'admin:agents:read',
      audit: ['admin.read'],
      summary: 'One agent',
      output: { 200: agentView },
      async handle({ params }) {
        const agent = await findAgent(db, params['id'] ?? '');
        return agent === undefined ? notFound('agent', params['id'] ?? '') : json(200, presentAgent(agent), etag(agent.version));
      },
    }),
  ];
}
