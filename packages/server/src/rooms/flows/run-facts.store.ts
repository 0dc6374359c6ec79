import type { Ask, ClientFacts, Facts, Membership, ResourceFacts, UserFacts } from '@writ/flow';
import type { Db } from '../../base/db.ts';
import { findClient } from '../clients/store.ts';
import type { Resource } from '../resources/resource.ts';
import { findResource } from '../resources/store.ts';
import type { ProviderBook } from '../sso/book.store.ts';
import { rolesInForce } from '../tenants/role.store.ts';
import { findTenant } from '../tenants/store.ts';
import type { User } from '../users/user.ts';
import { findUser } from '../users/store.ts';
import { clientFacts, membershipOf, resourceFacts, riskFacts, userFacts } from './facts.ts';
import type { RunWorld } from './run-answers.ts';
import type { RunFacts } from './run-input.ts';

/** A made-up request with everybody in it. `unknown`: whom it names and the hub does not know; they were taken as they are described. */
export type Scene = { facts: Facts; ask: Ask; world: RunWorld; unknown: string[]; resource: Resource | undefined };

export type SceneDeps = {
  db: Db;
  builtIn: readonly Resource[];
  identityProviders: Pick<ProviderBook, 'demands'>;
  /** To draw flows is not to read people: of somebody whom the caller may not read, only what the caller says is known. */
  mayReadPeople: boolean;
};

/** Fills in what the hub knows of those whom the request names by id; what it says itself wins. */
export async function sceneOf(deps: SceneDeps, input: RunFacts): Promise<Scene> {
  const client = await clientOf(deps, input.client);
  const resource = await resourceOf(deps, input.resource);
  const person = await personOf(deps, input);
  const scopes = input.scopes ?? resource.found?.scopes.map(({ name }) => name) ?? [];
  const { tenant = '', email = '', acrValues = [], identityScopes = [], ip = '127.0.0.1' } = input;
  const known = [...(resource.found?.scopes ?? []), ...Object.entries(input.risks ?? {}).map(([name, risk]) => ({ name, risk }))];
  return {
    facts: {
      request: { scopes, identityScopes, ...riskFacts(scopes, known), acrValues, tenant, email, ip },
      client: client.facts,
      ...(resource.facts === undefined ? {} : { resource: resource.facts }),
    },
    ask: askOf(input),
    world: {
      user: person.facts,
      memberships: person.memberships,
      domains: person.domains,
      factors: input.factors ?? [],
      connected: input.connected ?? [],
      calls: input.calls ?? {},
      approvals: input.approvals ?? {},
    },
    unknown: [...client.unknown, ...resource.unknown, ...person.unknown],
    resource: resource.found,
  };
}

function askOf({ prompt = [], maxAge, acrValues = [], email, tenant }: RunFacts): Ask {
  return {
    silent: prompt.includes('none'),
    login: prompt.includes('login'),
    consent: prompt.includes('consent'),
    chooseAccount: prompt.includes('select_account'),
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(acrValues.length === 0 ? {} : { acr: acrValues }),
    ...(email === undefined ? {} : { email }),
    ...(tenant === undefined ? {} : { tenant }),
  };
}

const NOBODYS_CLIENT: ClientFacts = {
  id: 'made-up-client',
  name: 'A client',
  host: 'client.example',
  status: 'unverified',
  registrationType: 'manual',
  owner: '',
  tags: [],
  firstParty: false,
  redirectHosts: [],
};

async function clientOf({ db }: SceneDeps, input: RunFacts['client']): Promise<{ facts: ClientFacts; unknown: string[] }> {
  if (input === undefined) return { facts: NOBODYS_CLIENT, unknown: [] };
  const { id, ...said } = typeof input === 'string' ? { id: input } : input;
  const found = await findClient(db, id);
  const base = found === undefined ? { ...NOBODYS_CLIENT, id, name: id } : clientFacts(found);
  return { facts: { ...base, ...given(said) }, unknown: found === undefined && typeof input === 'string' ? [`client ${id}`] : [] };
}

async function resourceOf(
  { db, builtIn }: SceneDeps,
  input: RunFacts['resource'],
): Promise<{ facts: ResourceFacts | undefined; found: Resource | undefined; unknown: string[] }> {
  if (input === undefined) return { facts: undefined, found: undefined, unknown: [] };
  const { id, ...said } = typeof input === 'string' ? { id: input } : input;
  const found = builtIn.find((one) => one.id === id) ?? (await findResource(db, id));
  const base = found === undefined ? { id, name: id, uri: `https://${id}.example`, type: 'api', tags: [] } : resourceFacts(found);
  const unknown = found === undefined && typeof input === 'string' ? [`resource ${id}`] : [];
  return { facts: { ...base, ...given(said) }, found, unknown };
}

type Person = { facts: UserFacts | undefined; memberships: Membership[]; domains: Record<string, string>; unknown: string[] };

async function personOf(deps: SceneDeps, input: RunFacts): Promise<Person> {
  const { user } = input;
  if (user === undefined) return { facts: undefined, memberships: saidMemberships(input), domains: saidDomains(input), unknown: [] };
  const { id, ...said } = typeof user === 'string' ? { id: user } : user;
  const found = deps.mayReadPeople ? await findUser(deps.db, id) : undefined;
  const { memberships, domains } =
    input.tenants === undefined
      ? await knownMemberships(deps, found)
      : { memberships: saidMemberships(input), domains: saidDomains(input) };
  const tenantIds = memberships.map(({ tenant }) => tenant.id);
  return {
    facts: { ...(found === undefined ? madeUp(id) : userFacts(found)), tenantIds, ...described(said) },
    memberships,
    domains,
    unknown: found === undefined && typeof user === 'string' && deps.mayReadPeople ? [`user ${id}`] : [],
  };
}

/** A user of whom nothing is known but the id. */
function madeUp(id: string): UserFacts {
  const email = `${id}@example.com`;
  return {
    id,
    name: id,
    email,
    emailDomain: 'example.com',
    emailVerified: true,
    roles: [],
    permissions: [],
    tenantIds: [],
    attributes: {},
  };
}

type SaidOfUser = Omit<Exclude<NonNullable<RunFacts['user']>, string>, 'id'>;

function described(said: SaidOfUser): Partial<UserFacts> {
  const { email } = said;
  return { ...given(said), ...(email === undefined ? {} : { emailDomain: email.slice(email.lastIndexOf('@') + 1).toLowerCase() }) };
}

/** Somebody whom only the caller knows: who signs in later as another. */
export function describedUser(input: NonNullable<RunFacts['user']>): UserFacts {
  const { id, ...said } = typeof input === 'string' ? { id: input } : input;
  return { ...madeUp(id), ...described(said) };
}

function saidMemberships({ tenants = [] }: RunFacts): Membership[] {
  return tenants.map(({ id, name = id, sso = false, attributes = {}, roles = [], permissions = [] }) => ({
    tenant: { id, name, sso, attributes },
    roles,
    permissions,
  }));
}

function saidDomains({ tenants = [] }: RunFacts): Record<string, string> {
  return Object.fromEntries(tenants.flatMap(({ id, domains = [] }) => domains.map((domain) => [domain.toLowerCase(), id])));
}

async function knownMemberships(
  { db, identityProviders }: SceneDeps,
  user: User | undefined,
): Promise<Pick<Person, 'memberships' | 'domains'>> {
  if (user === undefined) return { memberships: [], domains: {} };
  const roles = await rolesInForce(db);
  const found = await Promise.all(user.tenants.map(({ id }) => findTenant(db, id)));
  const tenants = found.filter((one) => one !== undefined && one.state === 'active').filter((one) => one !== undefined);
  return {
    memberships: tenants.map((tenant) => membershipOf(user, tenant, { sso: identityProviders.demands(tenant.id, user), roles })),
    domains: Object.fromEntries(tenants.flatMap(({ id, domains }) => domains.map((domain) => [domain, id]))),
  };
}

/** Members that were said; one that was left out does not wipe out what is known. */
function given<T extends object>(said: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  return JSON.parse(JSON.stringify(said));
}
