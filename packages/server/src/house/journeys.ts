import type { ChangeFeed } from '../base/changes.ts';
import type { Clock } from '../base/clock.ts';
import type { Database } from '../base/db.ts';
import type { Metrics } from '../base/metrics.ts';
import type { SecretBox } from '../base/secretbox.ts';
import type { Audit } from '../rooms/audit/store.ts';
import { createFlowBook } from '../rooms/flows/book.store.ts';
import type { JourneysDeps } from '../rooms/journeys/deps.store.ts';
import { createJourneys } from '../rooms/journeys/dispatch.store.ts';
import { noWaysOut, nowhere } from '../rooms/journeys/nowhere.ts';
import { issueCode } from '../rooms/tokens/code.store.ts';
import type { AccountSettings } from '../rooms/users/setting.store.ts';

type JourneyParts = Pick<JourneysDeps, 'clients' | 'catalogue' | 'desk'> & {
  database: Database;
  feed: ChangeFeed;
  clock: Clock;
  metrics: Metrics;
  audit: Audit;
  box: SecretBox;
  issuer: string;
  people: Pick<JourneysDeps, 'login' | 'join' | 'reset' | 'sessions' | 'factors' | 'passkeys'> & {
    accounts: Pick<AccountSettings, 'current'>;
  };
  onError(error: unknown): void;
};

/** The flows that there are, and what runs them; what flows ask of the world is given here. */
export function journeysOf({ database, feed, clock, metrics, audit, box, issuer, people, onError, ...parties }: JourneyParts) {
  const { db } = database;
  const flows = createFlowBook({ db, feed, onError });
  const journeys = createJourneys({
    db,
    database,
    audit,
    clock,
    box,
    issuer,
    ...parties,
    issueCode,
    ...people,
    secondFactor: () => people.accounts.current().secondFactor,
    flows,
    world: nowhere,
    waysOut: noWaysOut,
    requiresSso: () => false,
    observe: (result) => metrics.consents.inc({ result }),
  });
  return { flows, journeys };
}
