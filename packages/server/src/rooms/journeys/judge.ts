import type { JourneyProof } from '@writ/flow';
import type { GrantName } from '@writ/policy';
import type { Agent } from '../agents/agent.ts';
import type { Client } from '../clients/client.ts';
import type { Question } from '../policies/question.ts';
import type { Permissions } from '../resources/held.ts';
import type { Resource } from '../resources/resource.ts';
import { declaredBy } from '../tenants/role.ts';
import { allowsGrant, type Role, type Tenant } from '../tenants/tenant.ts';
import { standing } from '../tokens/standing.ts';
import { isMember, membershipIn } from '../users/membership.ts';
import type { User } from '../users/user.ts';

/** Everybody who has a part in an authorization. `agent` undefined: this user allows this client something for the first time. */
export type Parties = {
  client: Client;
  user: User;
  tenant: Tenant | undefined;
  agent: Agent | undefined;
  resource: Resource;
  roles: readonly Role[];
};

/** Which permissions there are, and which of them the user holds in the tenant of this journey. */
export function permissionsIn({ user, tenant, roles }: Parties): Permissions {
  return { declared: declaredBy(roles), held: new Set(membershipIn(user, tenant, roles).permissions) };
}

/** The question to policy: may this user's client have something by this grant. */
export function questionOf(
  { roles, ...parties }: Parties,
  login: JourneyProof,
  at: { grant: GrantName; jwtClaims: Question['jwtClaims']; ip: string | undefined; now: number },
): Question {
  return { ...parties, membership: membershipIn(parties.user, parties.tenant, roles), login, ...at };
}

/** Why nothing can be allowed however the page is filled in: somebody is frozen or gone, or has no business there. Undefined: all stand. */
export function fallen({ client, user, tenant, agent }: Omit<Parties, 'roles' | 'resource'>, grant: GrantName): string | undefined {
  const stopped = standing({ client: client.state, tenant: tenant?.state, user: user.state, agent: agent?.state });
  if (stopped !== undefined || tenant === undefined) return stopped;
  if (!allowsGrant(tenant, grant)) return 'grant_not_allowed_in_tenant';
  return isMember(user, tenant) ? undefined : 'not_in_tenant';
}
