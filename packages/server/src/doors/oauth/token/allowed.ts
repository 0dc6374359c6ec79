import type { Tx } from '../../../base/db.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import { findAgent } from '../../../rooms/agents/store.ts';
import { isOver } from '../../../rooms/consent/grant.ts';
import { findGrant } from '../../../rooms/consent/store.ts';
import type { Resource } from '../../../rooms/resources/resource.ts';
import { findTenant } from '../../../rooms/tenants/store.ts';
import type { AuthorizationFacts } from '../../../rooms/tokens/facts.ts';
import { standing } from '../../../rooms/tokens/standing.ts';
import { findUser } from '../../../rooms/users/store.ts';
import { narrowedDetails } from './details.ts';
import type { ClientRequest, Proof, Refuse } from './grant.ts';
import { refusal, type Refusal } from './refusal.ts';
import { sameTarget, stillAllowed, type TargetDeps } from './target.ts';

export type AllowedDeps = { catalogue: TargetDeps & { byId(id: string): Resource | undefined } };

/** What a user allowed; the grant adds by which way that comes to the client. */
export type Allowed = Omit<Proof, 'judgedAs'> & { login: NonNullable<Proof['login']> };

/**
 * What the user allowed in the journey, read again at this moment with everybody behind it: whoever redeems it gets no more than still stands. `gone`: the refusal
 * where one of them is no longer there.
 */
export async function allowedBy(
  tx: Tx,
  { catalogue }: AllowedDeps,
  request: ClientRequest,
  facts: AuthorizationFacts,
  gone: Refusal,
): Promise<Result<Allowed, Refusal>> {
  const resource = catalogue.byId(facts.resourceId);
  if (resource === undefined) return fail(refusal('invalid_target', 'resource_gone', 'The resource no longer exists.'));
  const target = sameTarget(catalogue, request.targets, resource);
  if (!target.ok) return target;
  const details = narrowedDetails(request, facts.authorizationDetails, resource);
  if (!details.ok) return details;
  const agent = await findAgent(tx, facts.agentId);
  const user = await findUser(tx, facts.userId);
  const tenant = facts.tenantId === undefined ? undefined : await findTenant(tx, facts.tenantId);
  const grant = await findGrant(tx, facts.grantId);
  if (agent === undefined || user === undefined || grant === undefined || (facts.tenantId !== undefined && tenant === undefined))
    return fail(gone);
  return ok({
    resource,
    matchedByAlias: target.value.matchedByAlias,
    scopes: stillAllowed(facts.scopes, { resource, client: request.client, allowed: grant.scopes }),
    identityOnly: facts.scopes.length === 0,
    identityScopes: facts.identityScopes,
    agent,
    user,
    tenant,
    login: { authTime: facts.authTime, acr: facts.acr, amr: facts.amr },
    grantId: facts.grantId,
    claims: facts.claims,
    consentedAt: grant.consentedAt,
    txn: facts.txn,
    authorizationDetails: details.value,
    notAfter: grant.expiresAt,
    fallen:
      standing({ client: request.client.state, agent: agent.state, user: user.state, tenant: tenant?.state, grant: grant.state }) ??
      (isOver(grant, request.now) ? 'grant_expired' : undefined),
  });
}

/** What the entry of a refusal says of it. */
export function aboutFacts({ agentId, userId, tenantId, txn }: AuthorizationFacts): NonNullable<Parameters<Refuse>[2]> {
  return { agent: agentId, user: userId, ...(tenantId === undefined ? {} : { tenant: tenantId }), txn };
}
