import type { ChangeFeed } from '../base/changes.ts';
import type { Clock } from '../base/clock.ts';
import type { Database } from '../base/db.ts';
import type { Log } from '../base/log.ts';
import type { Metrics } from '../base/metrics.ts';
import type { SecretBox } from '../base/secretbox.ts';
import type { PasswordHasher } from '../base/passwords/hasher.ts';
import type { Announcer } from '../rooms/approvals/announce.store.ts';
import type { Audit } from '../rooms/audit/store.ts';
import { createFlowBook } from '../rooms/flows/book.store.ts';
import type { JourneysDeps } from '../rooms/journeys/deps.store.ts';
import { createJourneys } from '../rooms/journeys/dispatch.store.ts';
import type { AuthoredParts } from '../rooms/journeys/effects/parts.store.ts';
import { createEffects, type EffectDeps } from '../rooms/journeys/effects/world.store.ts';
import { createReviews } from '../rooms/journeys/review/review.store.ts';
import { callHttpBy, waysOutOf, type Sso } from './sso.ts';
import { issueCode } from '../rooms/tokens/code.store.ts';
import type { Passkeys } from '../rooms/users/passkey.store.ts';
import { setFirstPassword } from '../rooms/users/password.store.ts';
import type { Post } from '../rooms/users/post.store.ts';
import type { AccountSettings } from '../rooms/users/setting.store.ts';

type JourneyParts = Pick<JourneysDeps, 'clients' | 'catalogue' | 'desk' | 'ends' | 'hubStopped'> &
  Pick<EffectDeps, 'vault' | 'connections' | 'want'> & {
    connectLinks: AuthoredParts['connectLinks'];
    announcer: Pick<Announcer, 'announce'>;
    hasher: PasswordHasher;
    database: Database;
    feed: ChangeFeed;
    log: Log;
    clock: Clock;
    metrics: Metrics;
    audit: Audit;
    box: SecretBox;
    issuer: string;
    sso: Sso;
    people: Pick<JourneysDeps, 'login' | 'join' | 'reset' | 'sessions' | 'factors'> & {
      passkeys: Passkeys;
      post: Pick<Post, 'send'>;
      accounts: Pick<AccountSettings, 'current'>;
    };
    onError(error: unknown): void;
  };

/** The flows that there are, and what runs them; what flows ask of the world is given here. */
export function journeysOf(parts: JourneyParts) {
  const { database, feed, metrics, people, onError, connections, connectLinks, announcer, sso } = parts;
  const { db } = database;
  const flows = createFlowBook({ db, feed, onError });
  const requiresSso: JourneysDeps['requiresSso'] = (tenant, user) => sso.identityProviders.demands(tenant, user);
  const effects = createEffects({ ...parts, db, requiresSso, announce: (id) => announcer.announce(id) });
  const deps: JourneysDeps & { log: Log } = {
    ...parts,
    db,
    issueCode,
    ...people,
    secondFactor: () => people.accounts.current().secondFactor,
    flows,
    world: { ...effects, callHttp: callHttpBy(sso.connector) },
    waysOut: waysOutOf(sso),
    requiresSso,
    authored: {
      connections,
      connectLinks,
      passkeys: people.passkeys,
      setFirstPassword: (of) => setFirstPassword({ ...parts, ...people }, of),
    },
    observe: (result) => metrics.consents.inc({ result }),
  };
  const reviews = createReviews(deps);
  feed.on('approval', (id) => reviews.decided(id));
  return { flows, journeys: createJourneys(deps), reviews };
}
