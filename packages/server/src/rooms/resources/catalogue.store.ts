import type { ChangeFeed } from '../../base/changes.ts';
import type { Db } from '../../base/db.ts';
import { createSnapshot } from '../../base/snapshot.ts';
import { IDENTITY_RESOURCE_ID } from './built-in.ts';
import { match, type Matched } from './match.ts';
import { proxiedById, proxiedByUri, proxyResource } from './proxied.ts';
import type { Proxied, Resource } from './resource.ts';
import { listResources } from './store.ts';

/** All resources in memory: there are tens of them, and every token request asks. Read again after each change, on every node. */
export type Catalogue = {
  /** Resolves when the resources are as fresh as the last change this node heard of. Await it once at start. */
  ready(): Promise<void>;
  /** The resources that were put here. Built-in ones are not among them: a hub with one resource of its own has one to choose from. */
  all(): readonly Resource[];
  byId(id: string): Resource | undefined;
  match(requested: string): Matched | undefined;
  /** The hub itself as that which says who somebody is. */
  identity(): Resource | undefined;
  /** Resources that another authorization server guards. They are in none of the answers above: no access token of ours is for them. */
  external(): readonly Resource[];
};

const PAGE = 500;

export function createCatalogue(deps: {
  db: Db;
  feed: ChangeFeed;
  onError(error: unknown): void;
  builtIn?: readonly Resource[];
  /** The connections of this hub: each has a proxy, and each proxy is a resource. */
  proxies?: { issuer: string; connection(id: string): Proxied['connection'] };
}): Catalogue {
  const builtIn = deps.builtIn ?? [];
  const { proxies } = deps;
  const proxyOf = (id: string | undefined): Resource | undefined =>
    id === undefined || proxies === undefined ? undefined : proxyResource(proxies.issuer, id, proxies.connection(id));
  const proxyAt = (uri: string): Matched | undefined => {
    const id = proxies === undefined ? undefined : proxiedByUri(proxies.issuer, uri);
    const resource = proxyOf(id);
    return resource && { resource, matchedByAlias: resource.uri !== uri };
  };
  const load = async () => {
    const all = await readAll(deps.db);
    const own = all.filter(({ type }) => type !== 'external');
    const external = all.filter(({ type }) => type === 'external');
    // Built-in ones last and first respectively: a row that took their id or URI by whatever accident does not stand in for the hub.
    return {
      own,
      external,
      everything: [...builtIn, ...own],
      byId: new Map([...own, ...builtIn].map((resource) => [resource.id, resource])),
    };
  };
  const snapshot = createSnapshot({ name: 'resources', load, onError: deps.onError });
  deps.feed.on('resource', () => snapshot.stale());
  return {
    ready: snapshot.ready,
    all: () => snapshot.current().own,
    byId: (id) => snapshot.current().byId.get(id) ?? proxyOf(proxiedById(id)),
    // A resource that somebody registered at the address of a proxy stands before it.
    match: (requested) => match(snapshot.current().everything, requested) ?? proxyAt(requested),
    identity: () => builtIn.find(({ id }) => id === IDENTITY_RESOURCE_ID),
    external: () => snapshot.current().external,
  };
}

async function readAll(db: Db): Promise<Resource[]> {
  const found: Resource[] = [];
  for (;;) {
    const page = await listResources(db, { limit: PAGE, cursor: found.at(-1)?.id });
    found.push(...page);
    if (page.length < PAGE) return found;
  }
}
