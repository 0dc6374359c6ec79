import type { ScopeUse } from '../../rooms/agents/detail.store.ts';
import { hostOf, type AgentRisk, type ListedAgent } from '../../rooms/agents/directory.ts';
import { isWrittenHere, type Client } from '../../rooms/clients/client.ts';
import type { KeptDocument } from '../../rooms/clients/document.store.ts';
import { hostListed } from '../../rooms/clients/hosts.ts';
import { isVendorUrl } from '../../rooms/clients/pack.ts';
import { connectionUrn } from '../../rooms/connections/connection.ts';
import type { Credential } from '../../rooms/connections/credential.ts';
import type { Grant } from '../../rooms/consent/grant.ts';
import { clearAt, usedIn, type Uses } from '../../rooms/policies/budget.ts';
import type { Policy } from '../../rooms/policies/policy.ts';
import type { Resource } from '../../rooms/resources/resource.ts';
import type { Access, Evidence, HeldConnection, UsedBudget } from './directory-view.ts';

const BY_RISK: Record<AgentRisk, number> = { high: 0, elevated: 1, low: 2 };

/**
 * What the agent may do, and what it got at resources that nobody's yes is needed for; the highest risk first. Grants that have ended are history,
 * and so is the use of what was taken from one: it is no right any more, and must not look like one to who took it away.
 */
export function accessOf(
  of: { grants: readonly Grant[]; uses: readonly ScopeUse[]; resource(id: string): Resource | undefined },
  now: number,
): Access[] {
  const use = new Map(of.uses.map((one) => [`${one.resource}\n${one.scope}`, one]));
  const live = of.grants.filter(({ state, expiresAt }) => state !== 'revoked' && (expiresAt === undefined || expiresAt > now));
  const granted = live.flatMap((grant) =>
    grant.scopes.map((scope) => ({
      ...named(of.resource(grant.resourceId), grant.resourceId, scope),
      ...used(use.get(`${grant.resourceId}\n${scope}`)),
      grant: grant.id,
      via: grant.userId === undefined || grant.under !== undefined ? ('tenant' as const) : ('consent' as const),
      consentedAt: grant.consentedAt,
      expiresAt: grant.expiresAt ?? null,
    })),
  );
  const asked = new Set(of.grants.map(({ resourceId }) => resourceId));
  const alone = of.uses
    .filter(({ resource }) => !resource.startsWith(connectionUrn('')) && !asked.has(resource))
    .map((one) => ({
      ...named(of.resource(one.resource), one.resource, one.scope),
      ...used(one),
      grant: null,
      via: 'policy' as const,
      consentedAt: null,
      expiresAt: null,
    }));
  return [...granted, ...alone].toSorted(
    (one, other) => BY_RISK[one.risk] - BY_RISK[other.risk] || compare(one.resource, other.resource) || compare(one.scope, other.scope),
  );
}

function named(resource: Resource | undefined, id: string, scope: string): Pick<Access, 'resource' | 'scope' | 'risk' | 'title'> {
  const defined = resource?.scopes.find(({ name }) => name === scope);
  return { resource: id, scope, risk: defined?.risk ?? 'low', title: defined?.title ?? scope };
}

function used(use: ScopeUse | undefined): Pick<Access, 'count' | 'lastUsedAt'> {
  return { count: use?.count ?? 0, lastUsedAt: use?.lastUsedAt ?? null };
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Accounts that may be handed to the agent, if a rule says so: its own, those of the user it acts for, or else those of its tenant. */
export function connectionsOf(
  agent: ListedAgent,
  of: { credentials: readonly Credential[]; uses: readonly ScopeUse[]; name(connection: string): string | undefined },
): HeldConnection[] {
  return of.credentials
    .filter(({ owner, state }) => state !== 'revoked' && isFor(agent, owner))
    .map(({ id, connection, owner, label, state, granted }) => {
      const uses = of.uses.filter(({ resource }) => resource === connectionUrn(connection));
      const last = Math.max(0, ...uses.map(({ lastUsedAt }) => lastUsedAt));
      return {
        connection,
        name: of.name(connection) ?? connection,
        credential: id,
        owner: ownerOf(owner),
        label,
        state,
        granted: [...granted],
        // A hand-out counts once for each scope that it was for.
        count: Math.max(0, ...uses.map(({ count }) => count)),
        lastUsedAt: last === 0 ? null : last,
      };
    });
}

function isFor(agent: ListedAgent, owner: Credential['owner']): boolean {
  if (owner.agent !== undefined) return owner.agent === agent.id;
  if (owner.user === undefined) return owner.tenant === agent.tenantId;
  return (
    agent.principal.kind === 'user' && owner.user === agent.principal.id && (owner.tenant === undefined || owner.tenant === agent.tenantId)
  );
}

function ownerOf({ agent, user, tenant }: Credential['owner']): HeldConnection['owner'] {
  if (agent !== undefined) return { kind: 'agent', id: agent };
  return user === undefined ? { kind: 'tenant', id: tenant ?? '' } : { kind: 'user', id: user };
}

/** What is used of budgets that are in force still, in the window that ends now. */
export function budgetOf(
  of: {
    uses: readonly { rule: string; kind: 'calls' | 'exchanges'; window: number; uses: Uses }[];
    policy(id: string): Policy | undefined;
  },
  now: number,
): UsedBudget[] {
  return of.uses.flatMap(({ rule, kind, window, uses }) => {
    const budget = of.policy(rule)?.rule.require?.budget;
    const limit = budget?.[kind];
    if (budget === undefined || limit === undefined || budget.window !== window) return [];
    return [
      { policy: rule, kind, used: usedIn(uses, now, window), limit, windowSeconds: window, resetsAt: clearAt(uses, now, window) ?? null },
    ];
  });
}

/** Where the client came from, and why it counts as verified if it does. */
export function evidenceOf(
  client: Client,
  of: { registeredFrom: string | undefined; document: KeptDocument | undefined; verifiedHosts: readonly string[] },
): Evidence {
  const { document } = of;
  return {
    registration: client.registrationType,
    host: hostOf(client.id, client.redirectUris) ?? null,
    registeredAt: client.createdAt,
    registeredFrom: of.registeredFrom ?? null,
    verified: client.status === 'verified',
    verifiedBy: verifiedBy(client, of.verifiedHosts),
    authMethod: client.authMethod,
    redirectHosts: [...new Set(client.redirectUris.flatMap((uri) => hostOf(uri) ?? []))],
    document:
      document === undefined ? null : { url: client.id, source: document.source, fetchedAt: document.fetchedAt, digest: document.digest },
  };
}

function verifiedBy(client: Client, verifiedHosts: readonly string[]): Evidence['verifiedBy'] {
  if (client.status !== 'verified') return null;
  if (isWrittenHere(client)) return 'registration';
  if (client.registrationType === 'dcr') return 'administrator';
  if (isVendorUrl(client.id)) return 'vendor_address';
  return hostListed(verifiedHosts, new URL(client.id).hostname) ? 'listed_host' : 'administrator';
}
