import type { ChangeFeed } from '../base/changes.ts';
import type { Clock } from '../base/clock.ts';
import type { Database } from '../base/db.ts';
import type { Audit } from '../rooms/audit/store.ts';
import { createGrantSettings } from '../rooms/consent/setting.store.ts';
import { createGrantEnd } from '../rooms/signals/end-date.store.ts';
import { createNarrowing } from '../rooms/signals/narrow.store.ts';
import { createPausing } from '../rooms/signals/pause.store.ts';

type GrantingParts = { database: Database; audit: Audit; feed: ChangeFeed; clock: Clock; onError(error: unknown): void };

/** What becomes of what people allowed: until when it is good, what is taken from it, and what they pause themselves. */
export function grantingOf(parts: GrantingParts) {
  return {
    grantSettings: createGrantSettings(parts),
    narrowing: createNarrowing(parts),
    grantEnd: createGrantEnd(parts),
    pausing: createPausing(parts),
  };
}
