import type { Decision, PolicyRequest } from '@writ/policy';
import type { Proof } from '@writ/flow';
import type { Agent } from '../agents/agent.ts';
import type { Client } from '../clients/client.ts';
import type { Permissions } from '../resources/held.ts';
import type { Resource } from '../resources/resource.ts';
import type { Role, Tenant } from '../tenants/tenant.ts';
import { permissionsOf } from '../tenants/role.ts';
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

/** Roles and permissions of the user in the tenant of this journey; without a tenant there are none. */
export function permissionsIn({ user, tenant, roles }: Parties): { roles: readonly string[]; permissions: Permissions } {
  const held = user.tenants.find((membership) => membership.id === tenant?.id)?.roles ?? [];
  return {
    roles: held,
    permissions: { declared: new Set(roles.flatMap((role) => role.permissions)), held: new Set(permissionsOf(held, roles)) },
  };
}

/** The question to policy: may this user's client have these scopes by an authorization code. */
export function policyRequest(
  parties: Parties,
  scopes: readonly string[],
  proof: Proof,
  at: { ip: string | undefined; now: number },
): PolicyRequest {
  const { client, user, tenant, agent, resource } = parties;
  const { roles, permissions } = permissionsIn(parties);
  return {
    grant: 'authorization_code',
    target: { kind: 'resource', id: resource.id, type: resource.type, tags: resource.tags },
    scopes,
    client: {
      id: client.id,
      name: client.name,
      registrationType: client.registrationType,
      status: client.status,
      tags: client.tags,
      ...(client.owner === undefined ? {} : { owner: client.owner }),
    },
    user: {
      id: user.id,
      roles,
      tenantIds: user.tenants.map(({ id }) => id),
      permissions: [...permissions.held],
      attributes: user.attributes,
    },
    ...(tenant === undefined ? {} : { tenant: { id: tenant.id, attributes: tenant.attributes } }),
    ...(agent === undefined ? {} : { agent: { id: agent.id, state: agent.state } }),
    request: { time: at.now, ...(at.ip === undefined ? {} : { ip: at.ip }) },
    token: { acr: proof.acr, amr: proof.amr },
    delegation: { depth: 0, actors: [] },
  };
}

/**
 * What of a decision can be offered: granted, and without a requirement that neither a page of this journey nor the token endpoint can meet.
 * Offering the rest would let a person allow what is then refused.
 */
export function offerable(decision: Decision): ReadonlySet<string> {
  const open = decision.requirements.filter(({ require }) =>
    Object.keys(require).some((name) => name !== 'maxLifetime' && name !== 'maxDelegationDepth'),
  );
  const shut = new Set(open.flatMap(({ scopes }) => scopes));
  return new Set(decision.granted.filter((scope) => !shut.has(scope)));
}

/** Why nothing can be allowed however the page is filled in: somebody is frozen or gone. Undefined: all stand. */
export function fallen({ client, user, tenant, agent }: Omit<Parties, 'roles' | 'resource'>): string | undefined {
  if (client.state !== 'active') return `client_${client.state}`;
  if (user.state !== 'active') return `user_${user.state}`;
  if (agent !== undefined && agent.state !== 'active') return `agent_${agent.state}`;
  if (tenant === undefined) return undefined;
  if (tenant.state !== 'active') return `tenant_${tenant.state}`;
  if (tenant.settings.allowedGrants?.includes('authorization_code') === false) return 'grant_not_allowed_in_tenant';
  return user.tenants.some(({ id }) => id === tenant.id) ? undefined : 'not_in_tenant';
}
