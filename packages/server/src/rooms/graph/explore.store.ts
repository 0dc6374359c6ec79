import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PolicyRule } from '@writ/policy';
import type { Db } from '../../base/db.ts';
import type { Connection } from '../connections/connection.ts';
import { findClient } from '../clients/store.ts';
import { findGrant } from '../consent/store.ts';
import type { Rulebook } from '../policies/rulebook.ts';
import { proxyResource } from '../resources/proxied.ts';
import type { Resource } from '../resources/resource.ts';
import { findRole } from '../tenants/role.store.ts';
import { findTenant } from '../tenants/store.ts';
import type { Role } from '../tenants/tenant.ts';
import { findUser } from '../users/store.ts';
import { closureOf, type Scope } from './closure.ts';
import { differences, type Difference } from './compare.ts';
import { isAbout, type Entry } from './entry.ts';
import { householdWithout, hubWithout, type Change, type HubFacts, type Household } from './facts.ts';
import { findExchangers, householdsOf } from './facts.store.ts';
import type { Edge } from './graph.ts';
import { createJudge, type Judge } from './judge.ts';
import { holderOf, principalsOf } from './principals.store.ts';
import { ofClients, ofConnections, ofPrincipal, ofResources, ofRule, ofTenant, type Walk } from './walk.ts';

export type ExploreDeps = {
  db: Db;
  issuer: string;
  builtIn: readonly Resource[];
  catalogue: { all(): readonly Resource[] };
  connections: { all(): readonly Connection[] };
  desk: { book(): Rulebook };
  roles: { current(): readonly Role[] };
  delegation: { current(): { maxDepth: number } };
};

export type Page = { limit: number; cursor?: string | undefined; now: number };

/** `next`: where the walk goes on. `cut`: somewhere there was more than is looked at. */
export type Explored = { hub: HubFacts; households: readonly Household[]; edges: readonly Edge[]; next: string | undefined; cut: boolean };

/** So many edges in one answer: more are of no use to anybody, and would cost everybody else. */
const MOST_EDGES = 3_000;

/** What is the same for every household: read once for an answer. `cut`: more clients exchange tokens than are looked at. */
export async function hubFacts(
  { db, issuer, builtIn, catalogue, connections, desk, roles, delegation }: ExploreDeps,
  now: number,
): Promise<{ hub: HubFacts; cut: boolean }> {
  const exchangers = await findExchangers(db);
  const all = connections.all();
  const hub: HubFacts = {
    now,
    book: desk.book(),
    roles: roles.current(),
    resources: [...builtIn, ...catalogue.all()],
    proxies: all.map((connection) => proxyResource(issuer, connection.id, connection)),
    connections: all,
    exchangers: exchangers.clients,
    maxDepth: delegation.current().maxDepth,
  };
  return { hub, cut: exchangers.cut };
}

/** The edges of a portion of those who may have to do with all of `entries`; undefined: the first of them does not exist. */
export async function explore(deps: ExploreDeps, entries: readonly Entry[], page: Page): Promise<Explored | undefined> {
  const { hub, cut } = await hubFacts(deps, page.now);
  const [first] = entries;
  const walk = first === undefined ? undefined : await walkOf(deps.db, hub, first);
  if (walk === undefined) return undefined;
  const judge = createJudge(hub.book);
  const scope = scopeOf(entries, judge);
  const { principals, next } = await principalsOf(deps.db, walk, page);
  const households = await householdsOf(deps.db, principals, page.now);
  const edges = new Map<string, Edge>();
  let isCut = cut;
  for (const household of households) {
    const closure = closureOf(hub, judge, household, scope);
    isCut ||= closure.cut;
    for (const edge of closure.edges) if (entries.every((entry) => isAbout(entry, edge))) edges.set(edge.id, edge);
    if (edges.size > MOST_EDGES) return { hub, households, edges: [...edges.values()].slice(0, MOST_EDGES), next, cut: true };
    await nextTurn();
  }
  return { hub, households, edges: [...edges.values()], next, cut: isCut };
}

/** Only what can matter is worked out: an answer about one resource does not ask about all the others. */
function scopeOf(entries: readonly Entry[], judge: Judge): Scope {
  const targets = entries.flatMap((entry) => {
    if (entry.kind === 'resource' || entry.kind === 'connection')
      return [(kind: string, id: string) => kind === entry.kind && id === entry.id];
    const target = entry.kind === 'policy' ? judge.rule(entry.id)?.target : undefined;
    if (target === undefined) return entry.kind === 'credential' ? [(kind: string) => kind === 'connection'] : [];
    const selected = 'resources' in target ? target.resources : target.connections;
    const of = 'resources' in target ? 'resource' : 'connection';
    return [(kind: string, id: string) => kind === of && (!Array.isArray(selected) || selected.includes(id))];
  });
  const wants = (kind: string, id: string): boolean => targets.every((one) => one(kind, id));
  return { resource: ({ id }) => wants('resource', id), connection: ({ id }) => wants('connection', id) };
}

async function walkOf(db: Db, hub: HubFacts, { kind, id }: Entry): Promise<Walk | undefined> {
  switch (kind) {
    case 'agent': {
      const holder = await holderOf(db, { agent: id });
      return holder?.principal && ofPrincipal(holder.principal);
    }
    case 'client': {
      const client = await findClient(db, id);
      return client && ofClients(hub, [id]);
    }
    case 'user': {
      const user = await findUser(db, id);
      return user && ofPrincipal({ kind: 'user', id });
    }
    case 'tenant': {
      const tenant = await findTenant(db, id);
      return tenant && ofTenant(id);
    }
    case 'role': {
      const role = await findRole(db, id);
      return role && { role: id };
    }
    case 'resource':
      return hub.resources.some((one) => one.id === id) ? ofResources(hub, [id]) : undefined;
    case 'connection':
      return hub.connections.some((one) => one.id === id) ? ofConnections(hub, [id]) : undefined;
    case 'policy': {
      const rule = hub.book.rules.find((one) => one.id === id);
      return rule && ofRule(hub, rule);
    }
    case 'grant': {
      const grant = await findGrant(db, id);
      return grant && (grant.userId === undefined ? { under: id } : ofPrincipal({ kind: 'user', id: grant.userId }));
    }
    case 'credential': {
      const holder = await holderOf(db, { credential: id });
      if (holder?.principal !== undefined) return ofPrincipal(holder.principal);
      return holder?.tenant === undefined ? undefined : ofTenant(holder.tenant);
    }
  }
}

/** What to see without, and as policies would be. `walk`: who may be touched by a rule that is not there yet. */
export type What = {
  gone: Change;
  book: Rulebook;
  touched: readonly Entry[];
  put: readonly PolicyRule[];
  /** Only what has to do with it is compared, and only those are looked at who have. */
  within?: Entry | undefined;
};

export type Compared = Omit<Explored, 'edges'> & { found: readonly Difference[]; looked: number };

/** How the edges of a portion of those who may be touched would differ; undefined: what is to go does not exist. */
export async function compare(deps: ExploreDeps, what: What, page: Page): Promise<Compared | undefined> {
  const { hub, cut } = await hubFacts(deps, page.now);
  const walk = await walkOfAll(deps.db, hub, what);
  if (walk === undefined) return undefined;
  const { principals, next } = await principalsOf(deps.db, walk, page);
  const households = await householdsOf(deps.db, principals, page.now);
  const judge = createJudge(hub.book);
  const later = hubWithout(hub, what.gone, what.book);
  const judgeLater = createJudge(what.book);
  const scope = scopeOf(what.within === undefined ? [] : [what.within], judge);
  const found: Difference[] = [];
  let isCut = cut;
  for (const household of households) {
    const before = closureOf(hub, judge, household, scope);
    const after = closureOf(later, judgeLater, householdWithout(household, what.gone), scope);
    isCut ||= before.cut || after.cut;
    found.push(...differences(before.edges, after.edges).filter(({ edge }) => what.within === undefined || isAbout(what.within, edge)));
    if (found.length > MOST_EDGES)
      return { hub, households, found: found.slice(0, MOST_EDGES), next, cut: true, looked: households.length };
    await nextTurn();
  }
  return { hub, households, found, next, cut: isCut, looked: households.length };
}

async function walkOfAll(db: Db, hub: HubFacts, { touched, put, book, within }: What): Promise<Walk | undefined> {
  const walks: Walk[] = put.map((rule) => ofRule({ ...hub, book }, rule));
  for (const entry of touched) {
    const walk = await walkOf(db, hub, entry);
    if (walk === undefined) return undefined;
    walks.push(walk);
  }
  return within === undefined ? together(walks) : walkOf(db, hub, within);
}

/** One walk that comes to everybody whom these come to. */
function together(walks: readonly Walk[]): Walk {
  const [only] = walks;
  if (only !== undefined && walks.length === 1) return only;
  const grants = walks.map((walk) => walk.grants);
  const selves = walks.map((walk) => walk.selves);
  const clients = walks.flatMap(({ agents }) => (agents !== undefined && 'clients' in agents ? agents.clients : []));
  const tenant = walks
    .map(({ agents }) => (agents !== undefined && 'tenant' in agents ? agents.tenant : undefined))
    .find((one) => one !== undefined);
  return {
    named: walks.flatMap(({ named = [] }) => named),
    ...(tenant !== undefined ? { agents: { tenant } } : clients.length === 0 ? {} : { agents: { clients } }),
    grants: grants.includes('all') ? 'all' : grants.flatMap((some) => (Array.isArray(some) ? some : [])),
    selves: selves.includes('all') ? 'all' : selves.flatMap((some) => (Array.isArray(some) ? some : [])),
    under: walks.map(({ under }) => under).find((one) => one !== undefined),
    role: walks.map(({ role }) => role).find((one) => one !== undefined),
  };
}
