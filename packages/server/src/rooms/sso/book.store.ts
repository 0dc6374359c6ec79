import { sql } from 'kysely';
import type { ChangeFeed } from '../../base/changes.ts';
import { rows, type Db } from '../../base/db.ts';
import { createSnapshot } from '../../base/snapshot.ts';
import { wayOf, type StoredProvider } from './provider.ts';
import { listProviders } from './store.ts';

type Known = {
  byId: ReadonlyMap<string, StoredProvider>;
  hubWide: readonly StoredProvider[];
  byTenant: ReadonlyMap<string, readonly StoredProvider[]>;
  /** Tenants that have providers, with the domains that are theirs alone. */
  domains: ReadonlyMap<string, string>;
  ownDomains: ReadonlyMap<string, readonly string[]>;
};

/** A way that a button offers. `way` is its value. */
export type Offered = { way: string; label: string };

/** The identity providers of this hub, from memory on each node. */
export type ProviderBook = {
  ready(): Promise<void>;
  byId(id: string): StoredProvider | undefined;
  /** Ways of these methods. `providers` narrows oidc and external; `sso` needs the tenant, or an address of a domain that is a tenant's own. */
  offered(of: {
    methods: readonly string[];
    providers: readonly string[];
    tenantId?: string | undefined;
    email?: string | undefined;
  }): readonly Offered[];
  /** The provider behind a way, as {@link ProviderBook.offered} names it; `sso:<tenant>` alone is its first for that address. */
  behind(way: string, email: string | undefined): StoredProvider | undefined;
  /** Whether there are any. */
  any(): boolean;
  /** Domains that the tenant has and no other: of these alone its providers may speak. */
  domainsOf(tenant: string): readonly string[];
  /** The tenant whose providers an address leads to. */
  tenantOf(email: string): string | undefined;
  /** Whether this person must come in by the tenant's own provider. */
  demands(tenant: string, user: { id: string; tenants: readonly { id: string; roles: readonly string[] }[] }): boolean;
};

export function createProviderBook(deps: { db: Db; feed: ChangeFeed; onError(error: unknown): void }): ProviderBook {
  const snapshot = createSnapshot({ name: 'identity providers', load: () => load(deps.db), onError: deps.onError });
  deps.feed.on('identity_provider', () => snapshot.stale());
  deps.feed.on('tenant', () => snapshot.stale());
  const known = (): Known => snapshot.current();
  const on = (found: readonly StoredProvider[] | undefined): readonly StoredProvider[] =>
    (found ?? []).filter(({ state }) => state === 'on');
  const tenantOf: ProviderBook['tenantOf'] = (email) => known().domains.get(domainOf(email));
  const ofTenant = (tenant: string, email: string | undefined): readonly StoredProvider[] => {
    const all = on(known().byTenant.get(tenant));
    const named = email === undefined ? [] : all.filter(({ domains }) => domains.includes(domainOf(email)));
    // An address that none of them names: those for everybody, or, where there are none, any.
    const forAll = all.filter(({ domains }) => domains.length === 0 || email === undefined);
    return named.length > 0 ? named : forAll.length > 0 ? forAll : all;
  };
  return {
    ready: snapshot.ready,
    byId: (id) => known().byId.get(id),
    any: () => known().byId.size > 0,
    domainsOf: (tenant) => known().ownDomains.get(tenant) ?? [],
    tenantOf,
    offered({ methods, providers, tenantId, email }) {
      const tenant = tenantId ?? (email === undefined ? undefined : tenantOf(email));
      const wide = on(known().hubWide).filter(
        ({ id, type }) => methods.includes(type) && (providers.length === 0 || providers.includes(id)),
      );
      const sso = methods.includes('sso') && tenant !== undefined ? ofTenant(tenant, email) : [];
      // Nobody knows yet whose: the address that is typed will say.
      const whose = methods.includes('sso') && tenant === undefined && known().domains.size > 0 ? [ANY_TENANT] : [];
      return [...[...sso, ...wide].map((provider) => ({ way: wayOf(provider), label: `Continue with ${provider.name}` })), ...whose];
    },
    behind(way, email) {
      if (way === ANY_TENANT.way) return email === undefined ? undefined : ofTenant(tenantOf(email) ?? '', email)[0];
      const [, method = '', of = '', id] = /^(oidc|external|sso):([^/]+)(?:\/(.+))?$/.exec(way) ?? [];
      const found = method === 'sso' ? ofTenant(of, email).find((one) => id === undefined || one.id === id) : known().byId.get(of);
      const fits = found !== undefined && (method === 'sso' ? found.tenant === of : found.tenant === undefined && found.type === method);
      return fits && found.state === 'on' ? found : undefined;
    },
    demands(tenant, user) {
      const roles = user.tenants.find(({ id }) => id === tenant)?.roles ?? [];
      const enforcing = on(known().byTenant.get(tenant)).filter(({ enforced }) => enforced);
      const spared = enforcing.some(
        ({ exclusions }) => exclusions.users.includes(user.id) || roles.some((role) => exclusions.roles.includes(role)),
      );
      return enforcing.length > 0 && !spared;
    },
  };
}

/** The way to whichever tenant's provider the address leads to. */
export const ANY_TENANT: Offered = { way: 'sso:', label: 'Use your organisation’s sign-in' };

function domainOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1).toLowerCase();
}

const PAGE = 500;

async function load(db: Db): Promise<Known> {
  const all: StoredProvider[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await listProviders(db, { limit: PAGE, cursor });
    all.push(...page);
    cursor = page.at(-1)?.id;
    if (page.length < PAGE) break;
  }
  const byTenant = new Map<string, StoredProvider[]>();
  for (const one of all) if (one.tenant !== undefined) byTenant.set(one.tenant, [...(byTenant.get(one.tenant) ?? []), one]);
  // A domain that two tenants name is nobody's: neither may take the other's people.
  const owners = await rows(
    db,
    sql<{
      tenant: string;
      domain: string;
    }>`SELECT min(t.id) AS tenant, d.domain FROM tenants t CROSS JOIN LATERAL unnest(t.domains) AS d(domain)
      WHERE t.state <> 'revoked' GROUP BY d.domain HAVING count(*) = 1`,
  );
  const own = owners.filter(({ tenant }) => byTenant.has(tenant));
  return {
    byId: new Map(all.map((one) => [one.id, one])),
    hubWide: all.filter(({ tenant }) => tenant === undefined),
    byTenant,
    domains: new Map(own.map(({ tenant, domain }) => [domain, tenant])),
    ownDomains: new Map([...byTenant.keys()].map((id) => [id, own.filter(({ tenant }) => tenant === id).map(({ domain }) => domain)])),
  };
}
