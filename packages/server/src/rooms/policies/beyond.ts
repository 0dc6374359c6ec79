import type { PolicyRequest } from '@writ/policy';
import { registrationFault } from '../clients/admit.ts';
import type { Client } from '../clients/client.ts';
import { isHeld } from '../resources/held.ts';
import type { Resource } from '../resources/resource.ts';
import { declaredBy } from '../tenants/role.ts';
import { allowsGrant, type Role, type Tenant } from '../tenants/tenant.ts';
import type { User } from '../users/user.ts';

/** Whom a request names, as the hub has them; what it does not have is left out. */
export type Behind = {
  client?: Client | undefined;
  user?: User | undefined;
  tenant?: Tenant | undefined;
  resource?: Resource | undefined;
  roles: readonly Role[];
  /** Why they are stopped, in the words of who stopped them. */
  reasons?: StopReasons;
};

export type StopReasons = ReadonlyMap<'client' | 'user' | 'tenant' | 'agent', string>;

/**
 * What stands in the way beside policy, in sentences: the token endpoint looks at this too, and a simulation that says yes while a client is
 * frozen would be half the truth. Nothing of it changes the decision.
 */
export function beyondPolicy({ client, user, tenant, resource, roles, reasons = new Map() }: Behind, request: PolicyRequest): string[] {
  const found: string[] = [];
  for (const [kind, one] of [
    ['client', client],
    ['user', user],
    ['tenant', tenant],
    ['agent', request.agent],
  ] as const)
    if (one !== undefined && one.state !== 'active') found.push(`The ${kind} is ${one.state}${because(reasons.get(kind))}.`);
  if (user !== undefined && tenant !== undefined && !user.tenants.some(({ id }) => id === tenant.id))
    found.push('The user does not belong to the tenant.');
  if (tenant !== undefined && !allowsGrant(tenant, request.grant)) found.push(`The tenant does not allow the grant ${request.grant}.`);
  if (client !== undefined && resource !== undefined && registrationFault(resource.registration, client) !== undefined)
    found.push('The resource does not let in clients that registered this way.');
  const beyond = client?.scopes === undefined ? [] : request.scopes.filter((scope) => client.scopes?.includes(scope) === false);
  if (beyond.length > 0) found.push(`The client may never have ${beyond.join(', ')}.`);
  const lacking = lackingOf({ user, resource, roles }, request);
  if (lacking.length > 0) found.push(`The user lacks the permission ${lacking.join(', ')}.`);
  return found;
}

function because(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${reason.replace(/\.$/, '')}`;
}

function lackingOf({ user, resource, roles }: Pick<Behind, 'user' | 'resource' | 'roles'>, request: PolicyRequest): string[] {
  if (user === undefined || resource === undefined) return [];
  const permissions = { declared: declaredBy(roles), held: new Set(request.user?.permissions) };
  return resource.scopes.filter((scope) => request.scopes.includes(scope.name) && !isHeld(scope, permissions)).map(({ name }) => name);
}
