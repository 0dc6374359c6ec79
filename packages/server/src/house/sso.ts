import type { ChangeFeed } from '../base/changes.ts';
import type { Clock } from '../base/clock.ts';
import type { Database } from '../base/db.ts';
import { digest } from '../base/digest.ts';
import type { Metrics } from '../base/metrics.ts';
import { createOutbound, type Outbound } from '../base/outbound/outbound.ts';
import type { SecretBox } from '../base/secretbox.ts';
import type { Config } from '../config.ts';
import type { Audit } from '../rooms/audit/store.ts';
import { createConnector, type Connector } from '../rooms/journeys/connector/call.store.ts';
import { openFlowSecret } from '../rooms/journeys/connector/secrets.store.ts';
import type { WaysOut, World } from '../rooms/journeys/world.ts';
import type { KeyRing } from '../rooms/keys/ring.store.ts';
import { wayOf } from '../rooms/sso/provider.ts';
import { createProviderBook, type ProviderBook } from '../rooms/sso/book.store.ts';
import { createFederation, type Federation } from '../rooms/sso/sign-in.store.ts';
import { createUpstream } from '../rooms/sso/upstream.store.ts';

type SsoParts = {
  config: Pick<Config, 'allowLoopback' | 'flowNetworks'>;
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

export type Sso = { identityProviders: ProviderBook; federation: Federation; connector: Connector; closeSso(): Promise<void> };

/**
 * Who else signs people in, and the calls of flows to systems of somebody else. Both have a way out of their own for what an administrator of the hub
 * wrote down: networks that are opened for it are not open to what a tenant or a stranger names.
 */
export function ssoOf(parts: SsoParts): Sso {
  const { audit, box, clock, issuer, keys, metrics, outbound } = parts;
  const { db } = parts.database;
  const signer: KeyRing['signer'] = (alg) => keys.signer(alg);
  const identityProviders = createProviderBook({ ...parts, db });
  const { allowLoopback, flowNetworks: allowPrivate } = parts.config;
  const ours = createOutbound({ allowLoopback, allowPrivate });
  const wide = createUpstream({ outbound: ours, clock, issuer, signer });
  const narrow = createUpstream({ outbound, clock, issuer, signer });
  const upstream = ({ tenant }: { tenant?: string }) => (tenant === undefined ? wide : narrow);
  return {
    identityProviders,
    federation: createFederation({ db, audit, clock, box, issuer, book: identityProviders, upstream, signer }),
    connector: createConnector({
      outbound: ours,
      clock,
      openSecret: (name) => openFlowSecret(db, box, name),
      observe: (result, seconds) => metrics.connectorSeconds.observe({ result }, seconds),
    }),
    closeSso: () => ours.close(),
  };
}

/** Whom no exclusion names. */
const NOBODY = { id: '', tenants: [] };

/** The ways out of a sign-in page, as journeys know them. */
export function waysOutOf({ identityProviders, federation }: Pick<Sso, 'identityProviders' | 'federation'>): WaysOut {
  return {
    offered: (of) => identityProviders.offered(of),
    demanded(email) {
      const tenant = identityProviders.tenantOf(email);
      const provider = tenant === undefined ? undefined : identityProviders.behind(`sso:${tenant}`, email);
      if (tenant === undefined || provider === undefined) return undefined;
      return identityProviders.demands(tenant, NOBODY) ? wayOf(provider) : undefined;
    },
    spares(email, user) {
      const tenant = identityProviders.tenantOf(email);
      return tenant === undefined || user.tenants.some(({ id }) => id !== tenant) || !identityProviders.demands(tenant, user);
    },
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
