import type { ChangeFeed } from '../base/changes.ts';
import type { Clock } from '../base/clock.ts';
import type { Database } from '../base/db.ts';
import type { AgentSettings } from '../rooms/agents/setting.store.ts';
import type { Audit } from '../rooms/audit/store.ts';
import type { Disconnecting } from '../rooms/connections/disconnect.store.ts';
import { createOrphanSweep } from '../rooms/connections/orphan.store.ts';
import { createContainment } from '../rooms/signals/contain.store.ts';
import type { HubStop } from '../rooms/signals/hub-stop.store.ts';
import { createReleases } from '../rooms/signals/release.store.ts';
import { createContainmentSettings } from '../rooms/signals/setting.store.ts';

type ContainmentParts = {
  database: Database;
  audit: Audit;
  feed: ChangeFeed;
  clock: Clock;
  disconnecting: Disconnecting;
  hubStop: HubStop;
  agentSettings: AgentSettings;
  onError(error: unknown): void;
};

/** What stops, and what lets go. */
export function containmentOf(parts: ContainmentParts) {
  const containment = createContainmentSettings(parts);
  const orphans = createOrphanSweep({ ...parts, db: parts.database.db });
  const contain = createContainment({ ...parts, settings: containment, afterRevocation: () => orphans.soon() });
  return { hubStop: parts.hubStop, containment, orphans, contain, releases: createReleases({ ...parts, contain, settings: containment }) };
}
