import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import { authorOf, cursorOf, notFound, page, pageOf, pageQuery } from '../../base/http/admin.ts';
import { json, problem } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { isPublished, SIGNING_ALGS, type SigningKey } from './key.ts';
import type { KeyRing } from './ring.store.ts';

/** A key as the admin API shows it: its public half stands in the JWKS, its private half is shown to nobody. Times in milliseconds since the epoch. */
export const keyView = z.object({
  id: z.string(),
  alg: z.enum(SIGNING_ALGS),
  state: z.enum(['next', 'active', 'retired', 'revoked']),
  published: z.boolean(),
  createdAt: z.number(),
  activatedAt: z.number().nullable(),
  retiredAt: z.number().nullable(),
});

export function presentKey(key: SigningKey, now: number): z.infer<typeof keyView> {
  const { id, alg, state, createdAt, activatedAt = null, retiredAt = null } = key;
  return { id, alg, state, published: isPublished(key, now), createdAt, activatedAt, retiredAt };
}

const rotateBody = z.strictObject({ alg: z.enum(SIGNING_ALGS).optional(), force: z.boolean().default(false) }).default({ force: false });
const revokeBody = z
  .strictObject({ reason: z.string().min(1).max(500).default('by an administrator') })
  .default({ reason: 'by an administrator' });
const turnView = z.object({ alg: z.enum(SIGNING_ALGS), active: z.string(), retired: z.string(), next: z.string() });

export type KeyRoutesDeps = { ring: Pick<KeyRing, 'list' | 'rotate' | 'revoke'>; clock: Clock };

export function keyRoutes(deps: KeyRoutesDeps): Route[] {
  return [listRoute(deps), rotateRoute(deps), revokeRoute(deps)];
}

function listRoute({ ring, clock }: KeyRoutesDeps): Route {
  return route({
    method: 'GET',
    path: '/admin/v1/keys',
    access: 'admin:keys:read',
    audit: ['admin.read'],
    summary: 'Signing keys, oldest first',
    input: { query: pageQuery },
    output: { 200: pageOf(keyView) },
    handle({ query }) {
      const after = cursorOf(query) ?? '';
      const found = ring
        .list()
        .filter((key) => key.id > after)
        .toSorted((a, b) => (a.id < b.id ? -1 : 1));
      return page(
        found.slice(0, query.limit + 1),
        query.limit,
        (key) => key.id,
        (key) => presentKey(key, clock.now()),
      );
    },
  });
}

function rotateRoute({ ring }: KeyRoutesDeps): Route {
  return route({
    method: 'POST',
    path: '/admin/v1/keys/rotate',
    access: 'admin:keys:write',
    audit: ['key.rotated'],
    summary: 'Let the next key sign, of one algorithm or of all; `force` does not wait until verifiers know it',
    input: { body: rotateBody },
    output: { 200: z.object({ rotated: z.array(turnView) }), 409: 'Verifiers may not know the next key yet' },
    async handle(call) {
      const { alg, force } = call.body;
      const outcome = await ring.rotate(authorOf(call), { alg, force });
      if (outcome.ok) return json(200, { rotated: outcome.value });
      const { kid, readyAt } = outcome.error;
      const detail = `${kid} was published too recently: whoever cached the JWKS before would refuse its tokens. Wait until ${new Date(readyAt).toISOString()}, or force it.`;
      return problem({ status: 409, type: 'not_seasoned', title: 'The next key is too young to sign', detail });
    },
  });
}

function revokeRoute({ ring }: KeyRoutesDeps): Route {
  return route({
    method: 'POST',
    path: '/admin/v1/keys/:id/revoke',
    access: 'admin:keys:write',
    audit: ['key.revoked'],
    summary: 'Give a key up as compromised: unpublished at once; if it was signing, the next one signs',
    input: { body: revokeBody },
    output: { 200: z.object({ id: z.string(), state: z.literal('revoked'), moved: z.boolean() }), 404: 'No such id' },
    async handle(call) {
      const id = call.params['id'] ?? '';
      const outcome = await ring.revoke(id, authorOf(call), call.body.reason);
      return outcome.ok ? json(200, { id, state: 'revoked', ...outcome.value }) : notFound('key', id);
    },
  });
}
