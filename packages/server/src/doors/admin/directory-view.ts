import { z } from 'zod';
import { RISKS } from '../../rooms/agents/directory.ts';
import { agentView } from '../../rooms/agents/view.ts';

/** One scope that an agent has: whose yes gave it, and what it did with it. Times in milliseconds since the epoch. */
const accessView = z
  .object({
    resource: z.string(),
    scope: z.string(),
    risk: z.enum(RISKS),
    title: z.string(),
    grant: z.string().nullable(),
    /** `consent`: a person's own; `tenant`: an administrator's for the whole tenant; `policy`: a rule's alone, seen when it was obtained. */
    via: z.enum(['consent', 'tenant', 'policy']),
    consentedAt: z.number().nullable(),
    expiresAt: z.number().nullable(),
    count: z.number(),
    lastUsedAt: z.number().nullable(),
  })
  .meta({ id: 'AgentAccess' });

const connectionView = z
  .object({
    connection: z.string(),
    name: z.string(),
    credential: z.string(),
    owner: z.object({ kind: z.enum(['user', 'tenant', 'agent']), id: z.string() }),
    label: z.string(),
    state: z.enum(['active', 'failed', 'locked', 'revoked']),
    granted: z.array(z.string()),
    count: z.number(),
    lastUsedAt: z.number().nullable(),
  })
  .meta({ id: 'AgentConnection' });

const budgetView = z
  .object({
    policy: z.string(),
    kind: z.enum(['calls', 'exchanges']),
    used: z.number(),
    limit: z.number(),
    windowSeconds: z.number(),
    /** When nothing of what is used counts any more; null: nothing does. */
    resetsAt: z.number().nullable(),
  })
  .meta({ id: 'AgentBudget' });

const evidenceView = z
  .object({
    registration: z.enum(['manual', 'dcr', 'cimd', 'workload']),
    host: z.string().nullable(),
    registeredAt: z.number(),
    /** Network address of a dynamic registration. */
    registeredFrom: z.string().nullable(),
    verified: z.boolean(),
    /** `registration`: an administrator wrote it; `vendor_address`: published where only its vendor can; `listed_host`: an administrator trusts its host; `administrator`: said so of it. */
    verifiedBy: z.enum(['registration', 'vendor_address', 'listed_host', 'administrator']).nullable(),
    authMethod: z.string(),
    redirectHosts: z.array(z.string()),
    document: z.object({ url: z.string(), source: z.enum(['live', 'pinned']), fetchedAt: z.number(), digest: z.string() }).nullable(),
  })
  .meta({ id: 'AgentEvidence' });

const refusalView = z
  .object({ reason: z.string(), count: z.number(), lastAt: z.number(), decision: z.string().nullable() })
  .meta({ id: 'AgentRefusal' });

/** An agent with what it may do, what it did with it, and what is known of where it came from. */
export const agentDetailView = agentView
  .extend({
    access: z.array(accessView),
    connections: z.array(connectionView),
    budget: z.array(budgetView),
    /** Null: its client is gone, or is the hub's own. */
    evidence: evidenceView.nullable(),
    /** Of the last seven days, by reason. */
    refusals: z.array(refusalView),
  })
  .meta({ id: 'AgentDetail' });

export type AgentDetail = z.infer<typeof agentDetailView>;
export type Access = z.infer<typeof accessView>;
export type HeldConnection = z.infer<typeof connectionView>;
export type UsedBudget = z.infer<typeof budgetView>;
export type Evidence = z.infer<typeof evidenceView>;
