import type { ClientFacts, Json, Membership, RequestFacts, ResourceFacts, Risk, UserFacts } from '@writ/flow';
import type { Client } from '../clients/client.ts';
import type { Resource, Scope } from '../resources/resource.ts';
import type { Role, Tenant } from '../tenants/tenant.ts';
import { membershipIn } from '../users/membership.ts';
import type { User } from '../users/user.ts';

/** What the expressions of a flow may read of the parties. A text that nobody knows is empty, never absent. */
export function clientFacts(
  client:
    | (Pick<Client, 'id' | 'name' | 'status' | 'registrationType' | 'tags' | 'redirectUris'> &
        Partial<Pick<Client, 'owner' | 'firstParty'>>)
    | undefined,
): ClientFacts {
  const hosts = [...new Set((client?.redirectUris ?? []).map((uri) => hostOf(uri)[0] ?? schemeOf(uri)))];
  return {
    id: client?.id ?? '',
    name: client?.name ?? '',
    host: hostOf(client?.id ?? '')[0] ?? soleHost(hosts),
    status: client?.status ?? '',
    registrationType: client?.registrationType ?? '',
    owner: client?.owner ?? '',
    tags: client?.tags ?? [],
    firstParty: client?.firstParty ?? false,
    redirectHosts: hosts,
  };
}

/**
 * The host that a client is of whose id names none: where all its codes go. Of several it would be whichever it names first, and a known one beside its own
 * would let it in.
 */
function soleHost([host = '', ...others]: readonly string[]): string {
  return others.length === 0 && !host.endsWith(':') ? host : '';
}

/** Of a program on the person's computer (RFC 8252 §7.1): with its colon, so that it is the host of nobody. */
function schemeOf(uri: string): string {
  return `${uri.split(':')[0] ?? ''}:`.toLowerCase();
}

function hostOf(address: string): string[] {
  return /^https?:/.test(address) && URL.canParse(address) ? [new URL(address).hostname] : [];
}

export function resourceFacts({ id, name, uri, type, tags }: Resource): ResourceFacts {
  return { id, name, uri, type, tags };
}

const RISKS: readonly Risk[] = ['low', 'elevated', 'high'];

/** The risk of each of these scopes that somebody has described, and the highest of them. */
export function riskFacts(asked: readonly string[], scopes: readonly Pick<Scope, 'name' | 'risk'>[]): Pick<RequestFacts, 'risk' | 'risks'> {
  const risks = scopes.filter(({ name }) => asked.includes(name)).map(({ name, risk }) => [name, risk] as const);
  return { risk: RISKS.findLast((risk) => risks.some(([, one]) => one === risk)) ?? 'low', risks: Object.fromEntries(risks) };
}

/** The user before a tenant is chosen: no role holds everywhere. */
export function userFacts(user: User): UserFacts {
  const { id, name = '', email } = user;
  return {
    id,
    name,
    email,
    emailDomain: email.slice(email.lastIndexOf('@') + 1).toLowerCase(),
    emailVerified: user.emailVerifiedAt !== undefined,
    roles: [],
    permissions: [],
    tenantIds: user.tenants.map((tenant) => tenant.id),
    attributes: jsonFields(user.attributes),
  };
}

/** `sso`: its people come in through its own identity provider only. */
export function membershipOf(user: User, tenant: Tenant, of: { roles: readonly Role[]; sso: boolean }): Membership {
  const { id, name, attributes } = tenant;
  const { roles, permissions } = membershipIn(user, tenant, of.roles);
  return { tenant: { id, name, sso: of.sso, attributes: jsonFields(attributes) }, roles, permissions };
}

function jsonFields(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, Json>> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, asJson(value)]));
}

/** Attributes are kept as JSON and come out as that; what is none is nothing. */
function asJson(value: unknown): Json {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(asJson);
  return typeof value === 'object' ? jsonFields(Object.fromEntries(Object.entries(value))) : null;
}
