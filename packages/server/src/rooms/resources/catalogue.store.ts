import type { ChangeFeed } from '../../base/changes.ts';
import type { Db } from '../../base/db.ts';
import { match, type Matched } from './match.ts';
import type { Resource } from './resource.ts';
import { listResources } from './store.ts';

/** All resources in memory: there are tens of them, and every token request asks. Read again after each change, on every node. */
export type Catalogue = {
  /** Resolves when the resources are as fresh as the last change this node heard of. */
  ready(): Promise<void>;
  all(): readonly Resource[];
  byId(id: string): Resource | undefined;
  match(requested: string): Matched | undefined;
};

const PAGE = 500;

export function createCatalogue(deps: { db: Db; feed: ChangeFeed; onError(error: unknown): void }): Catalogue {
  let resources: readonly Resource[] = [];
  let byId = new Map<string, Resource>();
  let loading: Promise<void> | undefined;
  let stale = true;

  const load = async (): Promise<void> => {
    while (stale) {
      stale = false;
      try {
        const found = await readAll(deps.db);
        resources = found;
        byId = new Map(found.map((resource) => [resource.id, resource]));
      } catch (error) {
        stale = true;
        throw error;
      }
    }
  };
  const ready = (): Promise<void> => {
    if (!stale && loading === undefined) return Promise.resolve();
    loading ??= load().finally(() => {
      loading = undefined;
    });
    return loading;
  };
  deps.feed.on('resource', () => {
    stale = true;
    ready().catch(deps.onError);
  });

  return { ready, all: () => resources, byId: (id) => byId.get(id), match: (requested) => match(resources, requested) };
}

async function readAll(db: Db): Promise<Resource[]> {
  const found: Resource[] = [];
  for (;;) {
    const page = await listResources(db, { limit: PAGE, cursor: found.at(-1)?.id });
    found.push(...page);
    if (page.length < PAGE) return found;
  }
}
