import { z } from 'zod';
import { RISKS, type ListedAgent } from './directory.ts';

export const agentState = z.enum(['active', 'frozen', 'revoked']);

/** An agent as the admin API shows it. Times in milliseconds since the epoch. */
export const agentView = z.object({
  id: z.string(),
  client: z.string(),
  /** What the client says of itself. */
  clientName: z.string().nullable(),
  clientHost: z.string().nullable(),
  registration: z.enum(['manual', 'dcr', 'cimd', 'workload']).nullable(),
  verified: z.boolean(),
  principal: z.object({ kind: z.enum(['user', 'tenant', 'client']), id: z.string() }),
  principalName: z.string().nullable(),
  tenant: z.string().nullable(),
  /** Who answers for it. */
  owner: z.object({ id: z.string(), name: z.string() }).nullable(),
  state: agentState,
  stateReason: z.string().nullable(),
  createdAt: z.number(),
  firstUsedAt: z.number().nullable(),
  lastUsedAt: z.number().nullable(),
  /** Tokens and credentials that it got, and calls of the proxy. */
  calls: z.number(),
  denials: z.number(),
  /** The highest of what it is granted; null: nothing. */
  risk: z.enum(RISKS).nullable(),
  scopes: z.number(),
  connections: z.number(),
  dormant: z.boolean(),
  /** What its client says otherwise by now than when somebody last looked. */
  drift: z.array(z.string()),
});

export function presentAgent(agent: ListedAgent): z.infer<typeof agentView> {
  return {
    id: agent.id,
    client: agent.clientId,
    clientName: agent.clientName ?? null,
    clientHost: agent.clientHost ?? null,
    registration: agent.registration ?? null,
    verified: agent.verified,
    principal: agent.principal,
    principalName: agent.principalName ?? null,
    tenant: agent.tenantId ?? null,
    owner: agent.owner ?? null,
    state: agent.state,
    stateReason: agent.stateReason ?? null,
    createdAt: agent.createdAt,
    firstUsedAt: agent.firstUsedAt ?? null,
    lastUsedAt: agent.lastUsedAt ?? null,
    calls: agent.calls,
    denials: agent.denials,
    risk: agent.risk ?? null,
    scopes: agent.scopes,
    connections: agent.connections,
    dormant: agent.dormant,
    drift: [...agent.drift],
  };
}

export const facetsView = z
  .object({
    /** Counted: at most 10,000. */
    total: z.number(),
    more: z.boolean(),
    state: z.object({ active: z.number(), frozen: z.number(), revoked: z.number() }),
    risk: z.object({ low: z.number(), elevated: z.number(), high: z.number(), none: z.number() }),
    verified: z.object({ true: z.number(), false: z.number() }),
    owner: z.object({ none: z.number() }),
    dormant: z.number(),
    neverUsed: z.number(),
    drift: z.number(),
  })
  .meta({ id: 'AgentFacets' });
