import type { ClientFacts, Json, Membership, RequestFacts, ResourceFacts, Risk, TenantFacts, UserFacts } from '@writ/flow';
import type { Client } from '../clients/client.ts';
import type { Resource, Scope } from '../resources/resource.ts';
import type { Role, Tenant } from '../tenants/tenant.ts';
import { membershipIn } from '../users/membership.ts';
import type { User } from '../users/user.ts';

/** Of a client's id where that is an address (CIMD), else of its first redirect URI; empty where it has neither. */
export function hostOf({ id, redirectUris }: Pick<Client, 'id' | 'redirectUris'>): string {
  const url = [id, ...redirectUris].find((one) => /^https?:\/\//.test(one) && URL.canParse(one));
  return url === undefined ? '' : new URL(url).hostname;
}

/** The client as expressions see it. What nobody knows is empty, never missing. */
export function clientFacts(client: Client): ClientFacts {
  const { id, name, status, registrationType, owner = '', tags, firstParty, redirectUris } = client;
  const hosts = redirectUris.flatMap((uri) => (/^https?:\/\//.test(uri) && URL.canParse(uri) ? [new URL(uri).hostname] : []));
  return { id, name, host: hostOf(client), status, registrationType, owner, tags, firstParty, redirectHosts: [...new Set(hosts)] };
}

export function resourceFacts({ id, name, uri, type, tags }: Resource): ResourceFacts {
  return { id, name, uri, type, tags };
}

/** Before a tenant is chosen nobody has roles: they are those of a tenant. */
export function userFacts({ id, name = '', email, emailVerifiedAt, tenants, attributes }: User): UserFacts {
  return {
    id,
    name,
    email,
    emailDomain: email.slice(email.lastIndexOf('@') + 1).toLowerCase(),
    emailVerified: emailVerifiedAt !== undefined,
    roles: [],
    permissions: [],
    tenantIds: tenants.map((one) => one.id),
    attributes: jsonOf(attributes),
  };
}

/** `sso`: its people come through its own identity provider only. */
export function tenantFacts({ id, name, attributes }: Tenant, sso: boolean): TenantFacts {
  return { id, name, sso, attributes: jsonOf(attributes) };
}

export function membershipFacts(user: User, tenant: Tenant, { sso, roles }: { sso: boolean; roles: readonly Role[] }): Membership {
  return { tenant: tenantFacts(tenant, sso), ...membershipIn(user, tenant, roles) };
}

const RISKS = ['low', 'elevated', 'high'] as const;

/** The risk of each scope that is asked for, and the highest; a scope that nobody described is low. */
export function riskFacts(asked: readonly string[], scopes: readonly Pick<Scope, 'name' | 'risk'>[]): Pick<RequestFacts, 'risk' | 'risks'> {
  const known = new Map(scopes.map(({ name, risk }) => [name, risk]));
  const risks = asked.map((name): [string, Risk] => [name, known.get(name) ?? 'low']);
  const highest = Math.max(0, ...risks.map(([, risk]) => RISKS.indexOf(risk)));
  return { risk: RISKS[highest] ?? 'low', risks: Object.fromEntries(risks) };
}

/** Attributes came as JSON and are JSON. */
function jsonOf(value: Readonly<Record<string, unknown>>): Readonly<Record<string, Json>> {
  const copy: Record<string, Json> = JSON.parse(JSON.stringify(value));
  return copy;
}
