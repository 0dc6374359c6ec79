import type { Attributes, PolicyRequest } from './request.ts';

/**
 * What a key holds, and with it which operators and values make sense.
 * `open` is an attribute or claim whose type is known only when a request comes.
 */
export type KeyKind = 'text' | 'texts' | 'number' | 'time' | 'address' | 'open';

export type KeySpec = {
  readonly key: string;
  readonly kind: KeyKind;
  /** undefined or null: the attribute is missing. */
  readonly read: (request: PolicyRequest) => unknown;
  /** Why it is missing, for the explanation. */
  readonly absent: string;
  /** The only values that can occur, where there is such a list. */
  readonly values?: readonly string[];
};

const NO_USER = 'no user is present';
const NO_TENANT = 'no tenant is selected';
const NO_AGENT = 'there is no agent record yet';
const ALWAYS = 'the request does not carry it';

const FIXED: readonly KeySpec[] = [
  { key: 'user.roles', kind: 'texts', read: (r) => r.user?.roles, absent: NO_USER },
  { key: 'user.tenantIds', kind: 'texts', read: (r) => r.user?.tenantIds, absent: NO_USER },
  { key: 'user.permissions', kind: 'texts', read: (r) => r.user?.permissions, absent: NO_USER },
  { key: 'client.tags', kind: 'texts', read: (r) => r.client.tags, absent: ALWAYS },
  { key: 'client.name', kind: 'text', read: (r) => r.client.name, absent: ALWAYS },
  { key: 'client.clientid', kind: 'text', read: (r) => r.client.id, absent: ALWAYS },
  {
    key: 'client.registrationType',
    kind: 'text',
    read: (r) => r.client.registrationType,
    absent: ALWAYS,
    values: ['manual', 'dcr', 'cimd', 'workload'],
  },
  { key: 'client.status', kind: 'text', read: (r) => r.client.status, absent: ALWAYS, values: ['verified', 'unverified'] },
  { key: 'client.owner', kind: 'text', read: (r) => r.client.owner, absent: 'the client has no owner' },
  { key: 'tenant.id', kind: 'text', read: (r) => r.tenant?.id, absent: NO_TENANT },
  { key: 'agent.id', kind: 'text', read: (r) => r.agent?.id, absent: NO_AGENT },
  { key: 'agent.state', kind: 'text', read: (r) => r.agent?.state, absent: NO_AGENT, values: ['active', 'frozen', 'revoked'] },
  { key: 'request.ip', kind: 'address', read: (r) => r.request.ip, absent: 'the address of the caller is not known' },
  { key: 'request.time', kind: 'time', read: (r) => r.request.time, absent: ALWAYS },
  { key: 'token.acr', kind: 'text', read: (r) => r.token?.acr, absent: 'no login says how strong it was' },
  { key: 'token.amr', kind: 'texts', read: (r) => r.token?.amr, absent: 'no login says which methods it used' },
  { key: 'delegation.depth', kind: 'number', read: (r) => r.delegation.depth, absent: ALWAYS },
  { key: 'delegation.actors', kind: 'texts', read: (r) => r.delegation.actors, absent: ALWAYS },
  { key: 'target.tags', kind: 'texts', read: (r) => r.target.tags, absent: ALWAYS },
];

type Family = {
  readonly prefix: string;
  readonly of: (request: PolicyRequest) => Attributes | undefined;
  readonly whole: string;
  readonly one: string;
};

const FAMILIES: readonly Family[] = [
  { prefix: 'user.attributes.', of: (r) => r.user?.attributes, whole: NO_USER, one: 'the user has no such attribute' },
  { prefix: 'tenant.attributes.', of: (r) => r.tenant?.attributes, whole: NO_TENANT, one: 'the tenant has no such attribute' },
  {
    prefix: 'jwtClaims.',
    of: (r) => r.jwtClaims,
    whole: 'no token with claims was presented',
    one: 'the presented token has no such claim',
  },
];

const BY_KEY = new Map(FIXED.map((spec) => [spec.key, spec]));

/** Names of older rule formats, read on import and written back under today's name. */
const ALIASES = new Map([
  ['userRoles', 'user.roles'],
  ['userPermissions', 'user.permissions'],
  ['userTenantIds', 'user.tenantIds'],
  ['userTenants', 'user.tenantIds'],
  ['clientTags', 'client.tags'],
  ['client.id', 'client.clientid'],
  ['client.clientId', 'client.clientid'],
]);

/** Today's name of a key that may be written in an older form. */
export function canonicalKey(key: string): string {
  return ALIASES.get(key) ?? key;
}

/** The keys a rule may test, families as `prefix<name>`. */
export const KEY_NAMES: readonly string[] = [...BY_KEY.keys(), ...FAMILIES.map((family) => `${family.prefix}<name>`)];

/** Looks a canonical key up; undefined when there is no such key. */
export function findKey(key: string): KeySpec | undefined {
  const fixed = BY_KEY.get(key);
  if (fixed) return fixed;
  const family = FAMILIES.find((f) => key.startsWith(f.prefix) && key.length > f.prefix.length);
  if (!family) return undefined;
  const { of } = family;
  const name = key.slice(family.prefix.length);
  // The name is taken literally, dots included: two readings of `a.b` would let one attribute stand in for another.
  // Only own members count, or `constructor` would exist on every user.
  const read = (request: PolicyRequest): unknown => {
    const bag = of(request);
    return bag !== undefined && Object.hasOwn(bag, name) ? bag[name] : undefined;
  };
  return { key, kind: 'open', read, absent: family.one };
}

/** Why `spec` is missing from this request, in words. */
export function whyAbsent(spec: KeySpec, request: PolicyRequest): string {
  const family = FAMILIES.find((f) => spec.key.startsWith(f.prefix));
  return family && family.of(request) === undefined ? family.whole : spec.absent;
}
