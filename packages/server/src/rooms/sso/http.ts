import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import { authorOf, badInput, notFound } from '../../base/http/admin.ts';
import { route, type Route } from '../../base/http/route.ts';
import { fail } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import { collectionRoutes, type Collection, type CollectionDeps } from '../audit/collection.http.ts';
import { previewBody, previewOf, previewView } from '../issuers/preview.http.ts';
import type { ProviderBook } from './book.store.ts';
import { providerConfig, providerShape, toProviderConfig, type ProviderConfig } from './config.ts';
import { linkRoutes } from './links.http.ts';
import { callbackOf, wayOf, type StoredProvider } from './provider.ts';
import { findProvider, listProviders, providerObstacle, putProvider, removeProvider } from './store.ts';
import { whoIs } from './who.store.ts';

const { clientSecret: _secret, ...shape } = providerShape.shape;

/** An identity provider as the admin API shows it: its config without the secret. Times in milliseconds since the epoch. */
const providerView = z
  .object({
    ...shape,
    hasSecret: z.boolean(),
    callback: z.string().describe('Our redirect URI there; external pages are told it with every request'),
    way: z.string().describe('What a flow and a button call the way to it'),
    createdAt: z.number(),
  })
  .meta({ id: 'IdentityProvider' });

export type ProviderRoutesDeps = CollectionDeps & {
  box: SecretBox;
  book: Pick<ProviderBook, 'domainsOf'>;
  clock: Clock;
  issuer: string;
  allowLoopback: boolean;
  flowNetworks: readonly string[];
};

export function identityProviderRoutes(deps: ProviderRoutesDeps): Route[] {
  const providers: Collection<StoredProvider, ProviderConfig> = {
    kind: 'identity provider',
    plural: 'identity-providers',
    config: providerConfig,
    view: providerView,
    writes: { put: ['admin.changed'], remove: ['admin.changed'] },
    present: (one) => ({
      ...toProviderConfig(one),
      hasSecret: one.hasSecret,
      callback: callbackOf(deps.issuer, one.id),
      way: wayOf(one),
      createdAt: one.createdAt,
    }),
    idOf: ({ id }) => id,
    list: listProviders,
    find: findProvider,
    async put(tx, input, by) {
      const obstacle = await providerObstacle(tx, input, deps);
      const done = obstacle === undefined ? await putProvider(tx, deps.box, input, by) : fail(obstacle);
      return done.ok ? done : fail(badInput([done.error], 'The identity provider cannot be put'));
    },
    remove: removeProvider,
  };
  return [...collectionRoutes(deps, providers), previewRoute(deps), ...linkRoutes(deps)];
}

/** Mapping and linking, run on made-up claims by the code that runs on real ones, in a transaction that is undone. */
function previewRoute(deps: ProviderRoutesDeps): Route {
  return route({
    method: 'POST',
    path: '/admin/v1/identity-providers/:id/preview',
    access: 'admin:identity-providers:read',
    audit: ['admin.read'],
    summary: 'Which user, attributes and roles a sign-in with these claims would lead to; nothing is kept',
    input: { body: previewBody },
    output: { 200: previewView, 400: 'No subject', 404: 'No such id' },
    async handle(call) {
      const id = call.params['id'] ?? '';
      const provider = await findProvider(deps.db, id);
      if (provider === undefined) return notFound('identity provider', id);
      const { claims } = call.body;
      const who = { db: deps.db, audit: deps.audit, domainsOf: (tenant: string) => deps.book.domainsOf(tenant) };
      return previewOf(claims, () => whoIs(who, { provider, claims, now: deps.clock.now(), by: authorOf(call) }, true));
    },
  });
}
