import type { PolicyRequest, PolicyRule, Who } from '@writ/policy';
import type { Agent } from '../agents/agent.ts';
import type { Client } from '../clients/client.ts';
import type { Resource } from '../resources/resource.ts';
import type { Role, Tenant } from '../tenants/tenant.ts';
import { membershipIn } from '../users/membership.ts';
import type { User } from '../users/user.ts';

/** What is known of somebody when nobody asks for anything yet: in the form of the question that policy will be asked. */

export function clientPart({ id, name, registrationType, status, tags, owner }: Client): PolicyRequest['client'] {
  return { id, name, registrationType, status, tags, ...(owner === undefined ? {} : { owner }) };
}

export function userPart(user: User, tenant: Pick<Tenant, 'id'> | undefined, roles: readonly Role[]): NonNullable<PolicyRequest['user']> {
  const tenantIds = user.tenants.map(({ id }) => id);
  return { id: user.id, ...membershipIn(user, tenant, roles), tenantIds, attributes: user.attributes };
}

export function resourcePart({ id, type, tags }: Resource): PolicyRequest['target'] {
  return { kind: 'resource', id, type, tags };
}

/** Everybody behind an agent. Null: there is none, which is known. */
export function agentWho(
  of: { agent: Agent; client: Client | undefined; user: User | undefined; tenant: Tenant | undefined },
  roles: readonly Role[],
): Who {
  const { agent, client, user, tenant } = of;
  return {
    agent: { id: agent.id, state: agent.state },
    user: user === undefined ? null : userPart(user, tenant, roles),
    tenant: tenant === undefined ? null : { id: tenant.id, attributes: tenant.attributes },
    ...(client === undefined ? {} : { client: clientPart(client) }),
  };
}

/** The rule asked only about whom it is for: of targets, grants and state it says nothing. */
export function subjectOf({ grants: _, ...rule }: PolicyRule): PolicyRule {
  return { ...rule, state: 'enforce', target: { resources: 'all' } };
}

/** The rule asked only about what it is for. */
export function targetOf({ grants: _, ...rule }: PolicyRule): PolicyRule {
  return { ...rule, state: 'enforce', subject: { any: true } };
}
