import type { ChangeFeed } from '../base/changes.ts';
import type { Clock } from '../base/clock.ts';
import type { Database } from '../base/db.ts';
import { digest } from '../base/digest.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Outbound } from '../base/outbound/outbound.ts';
import type { SecretBox } from '../base/secretbox.ts';
import type { Audit } from '../rooms/audit/store.ts';
import { createConnector, type Connector } from '../rooms/journeys/connector/call.store.ts';
import { openFlowSecret } from '../rooms/journeys/connector/secrets.store.ts';
import type { WaysOut, World } from '../rooms/journeys/world.ts';
import type { KeyRing } from '../rooms/keys/ring.store.ts';
import { createProviderBook, type ProviderBook } from '../rooms/sso/book.store.ts';
import { createFederation, type Federation } from '../rooms/sso/sign-in.store.ts';
import { createUpstream } from '../rooms/sso/upstream.store.ts';

type SsoParts = {
  clock: Clock;
  database: Database;
  feed: ChangeFeed;
  metrics: Metrics;
  audit: Audit;
  box: SecretBox;
  outbound: Outbound;
  keys: KeyRing;
  issuer: string;
  onError(error: unknown): void;
};

export type Sso = { identityProviders: ProviderBook; federation: Federation; connector: Connector };

/** Who else signs people in, and the calls of flows to systems of somebody else. */
export function ssoOf(parts: SsoParts): Sso {
  const { audit, box, clock, issuer, keys, metrics, outbound } = parts;
  const { db } = parts.database;
  const signer: KeyRing['signer'] = (alg) => keys.signer(alg);
  const identityProviders = createProviderBook({ ...parts, db });
  const upstream = createUpstream({ outbound, clock, issuer, signer });
  return {
    identityProviders,
    federation: createFederation({ db, audit, clock, box, issuer, book: identityProviders, upstream, signer }),
    connector: createConnector({
      outbound,
      clock,
      openSecret: (name) => openFlowSecret(db, box, name),
      observe: (result, seconds) => metrics.connectorSeconds.observe({ result }, seconds),
    }),
  };
}

/** The ways out of a sign-in page, as journeys know them. */
export function waysOutOf({ identityProviders, federation }: Pick<Sso, 'identityProviders' | 'federation'>): WaysOut {
  return {
    offered: (of) => identityProviders.offered(of),
    begin: (way, { journey, origin }) => {
      const { ask, email, demand, turn } = journey.state;
      const maxAge = ask.maxAge === undefined ? {} : { maxAge: ask.maxAge };
      const login = ask.login || demand?.fresh === true;
      return federation.begin(way, {
        journeyId: journey.id,
        browserDigest: journey.browserDigest,
        turn,
        ask: { login, chooseAccount: ask.chooseAccount, ...maxAge, ...(email === undefined || email === '' ? {} : { email }) },
        origin,
      });
    },
  };
}

/** The key is unique within the journey; what goes out names neither journey nor node, and is the same when the step is taken again. */
export function callHttpBy(connector: Connector): World['callHttp'] {
  return ({ call, key }, { journey }) => connector({ call, key: digest(`${journey.id} ${key}`).slice(0, 32) });
}
