import { z } from 'zod';
import { authorOf, badInput, cursorOf, notFound, page, pageOf, pageQuery } from '../../base/http/admin.ts';
import { json, problem, type Problem } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { fail } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import { collectionRoutes, type Collection, type CollectionDeps } from '../audit/collection.http.ts';
import { healthShape, presentHealth } from '../audit/health.ts';
import { carryOut, type CarryOutDeps } from './carry-out.store.ts';
import { dropHold, holdsOf, isFrozenBy } from './heard.store.ts';
import { findTransmitter, listTransmitters, putTransmitter, removeTransmitter, type TransmitterPlace } from './transmitter.store.ts';
import {
  holderOf,
  receiveUrl,
  toTransmitterConfig,
  transmitterConfig,
  transmitterShape,
  type StoredTransmitter,
  type TransmitterConfig,
} from './transmitter.ts';

const { secret: _secret, ...shape } = transmitterShape.shape;

/** A transmitter as the admin API shows it: its config without the secret, and how it goes. Times in milliseconds since the epoch. */
const transmitterView = z
  .object({
    ...shape,
    hasSecret: z.boolean(),
    createdAt: z.number(),
    /** Where it pushes to. */
    receiveUrl: z.string(),
    heard: z.number(),
    heardAt: z.number().nullable(),
    /** Of one that is asked. */
    health: z.object(healthShape),
  })
  .meta({ id: 'Transmitter' });

export type TransmitterRoutesDeps = CollectionDeps & CarryOutDeps & { box: SecretBox; here: TransmitterPlace };

export function transmitterRoutes(deps: TransmitterRoutesDeps): Route[] {
  const { here } = deps;
  const present = (one: StoredTransmitter): Record<string, unknown> => {
    const { hasSecret, createdAt, heard, heardAt = null } = one;
    const at = receiveUrl(here.issuer, one.id);
    return { ...toTransmitterConfig(one), hasSecret, createdAt, receiveUrl: at, heard, heardAt, health: presentHealth(one) };
  };
  const transmitters: Collection<StoredTransmitter, TransmitterConfig> = {
    kind: 'transmitter',
    plural: 'transmitters',
    config: transmitterConfig,
    view: transmitterView,
    writes: { put: ['admin.changed'], remove: ['admin.changed'] },
    present,
    idOf: ({ id }) => id,
    list: listTransmitters,
    find: findTransmitter,
    async put(tx, input, by) {
      const done = await putTransmitter(tx, deps.box, input, { here, by });
      return done.ok ? done : fail(badInput([done.error], 'The transmitter cannot be put'));
    },
    remove: removeTransmitter,
  };
  return [...collectionRoutes(deps, transmitters), holdsRoute(deps), liftRoute(deps)];
}

const holdView = z.object({ user: z.string(), tenant: z.string().nullable(), at: z.number() }).meta({ id: 'TransmitterHold' });

function holdsRoute({ db }: TransmitterRoutesDeps): Route {
  return route({
    method: 'GET',
    path: '/admin/v1/transmitters/:id/holds',
    access: 'admin:transmitters:read',
    audit: ['admin.read'],
    summary: 'Whom a transmitter has stopped: tenant null as users of the whole hub. Also of one that was removed',
    input: { query: pageQuery },
    output: { 200: pageOf(holdView) },
    async handle({ params, query }) {
      const found = await holdsOf(db, params['id'] ?? '', { limit: query.limit + 1, cursor: cursorOf(query) });
      return page(
        found,
        query.limit,
        ({ userId }) => userId,
        ({ userId, tenant, at }) => ({ user: userId, tenant, at }),
      );
    },
  });
}

const FROZEN: Problem = {
  status: 409,
  type: 'frozen',
  title: 'The user is frozen in the whole hub',
  detail: 'Unfreeze the user; the hold goes with it.',
};

/** What `account-enabled` would do, by hand: for one whose transmitter will not say so any more. */
function liftRoute(deps: TransmitterRoutesDeps): Route {
  return route({
    method: 'POST',
    path: '/admin/v1/transmitters/:id/holds/lift',
    access: 'admin:transmitters:write',
    audit: ['user.unfrozen', 'signal.sent'],
    summary: 'Let somebody go whom a transmitter has stopped',
    input: { body: z.strictObject({ user: z.string().min(1).max(64) }) },
    output: {
      200: z.object({ id: z.string(), user: z.string(), lifted: z.number() }),
      404: 'It holds nobody of this id',
      409: 'The user is frozen in the whole hub: unfreeze the user, as it is done with any',
    },
    async handle(call) {
      const id = call.params['id'] ?? '';
      const { user } = call.body;
      const held = await holdsOf(deps.db, id, { limit: 1_000 }, user);
      if (held.length === 0) return notFound('hold', user);
      let lifted = 0;
      for (const { tenant } of held) {
        // Who is frozen in the whole hub is let go where everybody is, maybe by two people. What was let go there is no hold any more.
        if (tenant === null && (await isFrozenBy(deps.db, user, holderOf(id)))) return problem(FROZEN);
        const done =
          tenant === null
            ? await dropHold(deps.db, { transmitterId: id, userId: user, tenant: '' })
            : await carryOut(deps, { transmitter: { id, tenant }, user, deed: 'let_go', by: authorOf(call) });
        if (done) lifted += 1;
      }
      return json(200, { id, user, lifted });
    },
  });
}
