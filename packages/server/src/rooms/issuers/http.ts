import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import { authorOf, badInput, notFound } from '../../base/http/admin.ts';
import { route, type Route } from '../../base/http/route.ts';
import { fail, ok } from '../../base/result.ts';
import { collectionRoutes, type Collection, type CollectionDeps } from '../audit/collection.http.ts';
import { issuerConfig, issuerShape, toIssuerConfig, type IssuerConfig } from './config.ts';
import type { StoredIssuer } from './issuer.ts';
import { userBehind } from './person.store.ts';
import { previewBody, previewOf, previewView } from './preview.http.ts';
import { PRESET_FACTS } from './presets.ts';
import { findIssuer, issuerObstacle, listIssuers, putIssuer, removeIssuer } from './store.ts';

const about = z
  .object({ title: z.string(), issuer: z.string(), hint: z.string(), claims: z.array(z.string()) })
  .nullable()
  .describe('What is known of the platform of its preset: how a workload there gets its token, and which claims are worth a pattern');

/** A trusted issuer as the admin API shows it. Times in milliseconds since the epoch. */
export const issuerView = z.object({ ...issuerShape.shape, about, createdAt: z.number() }).meta({ id: 'Issuer' });

function presentIssuer(issuer: StoredIssuer): Record<string, unknown> {
  const facts = issuer.preset === undefined ? undefined : PRESET_FACTS[issuer.preset];
  const known = facts && { title: facts.title, issuer: facts.issuer, hint: facts.hint, claims: facts.claims };
  return { ...toIssuerConfig(issuer), about: known ?? null, createdAt: issuer.createdAt };
}

/** `settled` is the trust's `ready`; `issuer` our own. */
export type IssuerRoutesDeps = CollectionDeps & { issuer: string; clock: Clock };

export function issuerRoutes(deps: IssuerRoutesDeps): Route[] {
  const issuers: Collection<StoredIssuer, IssuerConfig> = {
    kind: 'issuer',
    plural: 'issuers',
    config: issuerConfig,
    view: issuerView,
    writes: { put: ['admin.changed'], remove: ['admin.changed'] },
    present: presentIssuer,
    idOf: (issuer) => issuer.id,
    list: listIssuers,
    find: findIssuer,
    async put(tx, input, by) {
      const fault = await issuerObstacle(tx, input, deps.issuer);
      return fault === undefined ? ok(await putIssuer(tx, input, by)) : fail(badInput([fault], 'The issuer names what does not exist'));
    },
    remove: removeIssuer,
  };
  return [...collectionRoutes(deps, issuers), previewRoute(deps)];
}

/** The mapping, run on made-up claims by the code that runs on real ones, in a transaction that is undone. */
function previewRoute({ db, audit, clock }: IssuerRoutesDeps): Route {
  return route({
    method: 'POST',
    path: '/admin/v1/issuers/:id/preview',
    access: 'admin:issuers:read',
    audit: ['admin.read'],
    summary: 'Which user, attributes and roles an assertion with these claims would lead to; nothing is kept',
    input: { body: previewBody },
    output: { 200: previewView, 400: 'No subject', 404: 'No such id' },
    async handle(call) {
      const id = call.params['id'] ?? '';
      const issuer = await findIssuer(db, id);
      if (issuer === undefined) return notFound('issuer', id);
      const { claims } = call.body;
      const asserted = { issuer, claims, now: clock.now(), by: authorOf(call) };
      return previewOf(claims, (subject) => userBehind({ db, audit }, { ...asserted, subject }, true));
    },
  });
}
