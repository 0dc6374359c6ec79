import type { ChangeFeed } from '../../base/changes.ts';
import type { Db } from '../../base/db.ts';
import { createSnapshot } from '../../base/snapshot.ts';
import { withProvider } from './catalogue.ts';
import type { Connection } from './connection.ts';
import { listConnections } from './store.ts';

/**
 * All connections in memory, with what the catalogue knows of their providers and without any secret: every hand-out asks. Read again after each
 * change, on every node.
 */
export type ConnectionBook = {
  /** Resolves when they are as fresh as the last change this node heard of. Await it once at start. */
  ready(): Promise<void>;
  all(): readonly Connection[];
  byId(id: string): Connection | undefined;
};

const PAGE = 500;

export function createConnectionBook(deps: { db: Db; feed: ChangeFeed; onError(error: unknown): void }): ConnectionBook {
  const snapshot = createSnapshot({ name: 'connections', load: () => load(deps.db), onError: deps.onError });
  deps.feed.on('connection', () => snapshot.stale());
  return {
    ready: snapshot.ready,
    all: () => [...snapshot.current().values()],
    byId: (id) => snapshot.current().get(id),
  };
}

async function load(db: Db): Promise<ReadonlyMap<string, Connection>> {
  const found: Connection[] = [];
  for (;;) {
    const page = await listConnections(db, { limit: PAGE, cursor: found.at(-1)?.id });
    found.push(...page);
    if (page.length < PAGE) return new Map(found.map((one) => [one.id, withProvider(one)]));
  }
}
