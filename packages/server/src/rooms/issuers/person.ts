import { fail, ok, type Result } from '../../base/result.ts';
import type { Tenant } from '../tenants/tenant.ts';
import { parseEmail } from '../users/email.ts';
import type { User } from '../users/user.ts';
import type { Issuer, Obstacle, UserMapping } from './issuer.ts';
import { claimAt, fits, shown, textsOf } from './patterns.ts';

type Claims = Readonly<Record<string, unknown>>;

/** Who vouches for people, and what of that is believed: a trusted issuer, or an identity provider (rooms/sso). */
export type Voucher = Pick<Issuer, 'id' | 'tenant' | 'users'>;

/** A person as an issuer describes them, in our words. */
export type Described = {
  subject: string;
  email?: { address: string; key: string; verified: boolean };
  name?: string;
  attributes: Readonly<Record<string, unknown>>;
  /** In the issuer's tenant. */
  roles: readonly string[];
};

/** Reads a person out of an assertion that is genuine. */
export function describe(
  { users, tenant: tenantId }: Voucher,
  subject: string,
  claims: Claims,
  tenant: Pick<Tenant, 'domains'> | undefined,
): Result<Described, Obstacle> {
  if (users === undefined)
    return fail({ reason: 'assertion_no_users', sentence: 'This issuer vouches for no people: it has no users mapping.' });
  const given = claimAt(claims, users.email);
  const email = typeof given === 'string' ? parseEmail(given) : undefined;
  if (given !== undefined && email === undefined)
    return fail({ reason: 'assertion_email', sentence: `The claim ${users.email} is ${shown(given)}, which is no e-mail address.` });
  const name = claimAt(claims, users.name);
  return ok({
    subject,
    ...(email === undefined
      ? {}
      : { email: { ...email, verified: isProven(email.address, claims, tenantId === undefined ? undefined : tenant) } }),
    ...(typeof name === 'string' && name !== '' && name.length <= 200 ? { name } : {}),
    attributes: attributesOf(users, claims),
    roles: rolesOf(users, claims),
  });
}

/**
 * Whether the address may count as the person's own. A tenant's issuer is believed about the tenant's domains and nobody else's: it could
 * otherwise take addresses of strangers. One for the whole hub is believed when it says that it checked.
 */
function isProven(address: string, claims: Claims, tenant: Pick<Tenant, 'domains'> | undefined): boolean {
  const verified = claims['email_verified'];
  if (verified === false || verified === 'false') return false;
  if (tenant === undefined) return verified === true;
  return tenant.domains.includes(address.slice(address.lastIndexOf('@') + 1).toLowerCase());
}

const MAX_TEXT = 1_000;

/** Texts, numbers, booleans and lists of texts; what else a claim holds is no attribute. */
function attributesOf({ attributes }: UserMapping, claims: Claims): Record<string, unknown> {
  const found = Object.entries(attributes).map(([attribute, claim]) => [attribute, plain(claimAt(claims, claim))] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') return value.length <= MAX_TEXT ? value : undefined;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return Array.isArray(value)
    ? textsOf(value)
        .filter((text) => text.length <= MAX_TEXT)
        .slice(0, 100)
    : undefined;
}

function rolesOf({ roles }: UserMapping, claims: Claims): string[] {
  const held = roles.filter(({ claim, value }) => textsOf(claimAt(claims, claim)).some((text) => fits(value, text)));
  return [...new Set(held.map(({ role }) => role))].sort();
}

/** A user with what the assertion changes: for a comparison, and to be put. Attributes that are not mapped stay, also those mapped and no longer asserted. */
export function merged(issuer: Voucher, user: User, described: Described): Pick<User, 'name' | 'attributes' | 'tenants'> {
  const whole = speaksForAllOf(issuer, user);
  const name = (whole ? described.name : undefined) ?? user.name;
  return {
    ...(name === undefined ? {} : { name }),
    attributes: whole ? { ...user.attributes, ...described.attributes } : user.attributes,
    tenants: issuer.tenant === undefined ? user.tenants : withRoles(issuer, user.tenants, described.roles),
  };
}

/**
 * Name and attributes are the person's everywhere: rules of every tenant look at them. A tenant's issuer may say them only of people who are in
 * no other, or one tenant would write what another one's rules believe. Roles are held in the tenant, and stay its own to say.
 */
function speaksForAllOf({ tenant }: Voucher, { tenants }: User): boolean {
  return tenant === undefined || tenants.every(({ id }) => id === tenant);
}

/** Membership of the issuer's tenant: what the mapping can give follows the assertion, roles from elsewhere stay. */
function withRoles({ tenant = '', users }: Voucher, tenants: User['tenants'], roles: readonly string[]): User['tenants'] {
  const managed = new Set(users?.roles.map(({ role }) => role) ?? []);
  const before = tenants.find(({ id }) => id === tenant)?.roles ?? [];
  const kept = before.filter((role) => !managed.has(role));
  return [...tenants.filter(({ id }) => id !== tenant), { id: tenant, roles: [...new Set([...kept, ...roles])].sort() }];
}
