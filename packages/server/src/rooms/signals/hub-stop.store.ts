import type { ChangeFeed } from '../../base/changes.ts';
import type { Db } from '../../base/db.ts';
import { createSnapshot } from '../../base/snapshot.ts';
import { HUB, type Stop } from './stop.ts';
import { findStop } from './stops.store.ts';

/** Whether the whole hub is stopped, in memory on every node: every way to a token asks. */
export type HubStop = {
  ready(): Promise<void>;
  /** Undefined: it is not. */
  current(): Stop | undefined;
};

export function createHubStop({ db, feed, onError }: { db: Db; feed: ChangeFeed; onError(error: unknown): void }): HubStop {
  const snapshot = createSnapshot({ name: 'hub stop', load: async () => ({ stop: await findStop(db, 'hub', HUB) }), onError });
  feed.on('hub', () => snapshot.stale());
  return { ready: snapshot.ready, current: () => snapshot.current().stop };
}
