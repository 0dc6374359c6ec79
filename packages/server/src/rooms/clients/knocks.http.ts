import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import { authorOf, placeOf, notFound, page, pageOf, pageQuery } from '../../base/http/admin.ts';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { ok } from '../../base/result.ts';
import { commitDeed } from '../audit/deed.store.ts';
import type { Audit } from '../audit/store.ts';
import { idFor, registerIt } from './admission.ts';
import { knockSentence } from './knock.ts';
import { dismissKnock, findKnock, listKnocks, takenIds, type Knock, type Knocks } from './knocks.store.ts';
import type { RegistrationSettings } from './setting.store.ts';

const kind = z.enum(['document', 'registration', 'client', 'many']);

/** `registered`: a client stands behind it by now. `register`: the request that would let it in, filled in as far as it can be; null: no request would, or it would put a stranger in the place of somebody. */
const knockView = z.object({
  id: z.string(),
  sentence: z.string(),
  kind,
  name: z.string(),
  client: z.string().nullable(),
  reason: z.string(),
  doors: z.array(z.string()),
  asked: z.array(z.string()),
  redirectUris: z.array(z.string()),
  addresses: z.array(z.string()),
  count: z.number(),
  firstSeenAt: z.number(),
  seenAt: z.number(),
  dismissedAt: z.number().nullable(),
  registered: z.boolean(),
  register: z.object({ method: z.string(), path: z.string(), body: z.record(z.string(), z.unknown()) }).nullable(),
});

const yesOrNo = z.enum(['true', 'false']);

const filter = pageQuery.extend({
  kind: kind.optional(),
  q: z.string().min(1).max(100).optional(),
  dismissed: yesOrNo.default('false').transform((word) => word === 'true'),
  registered: yesOrNo.transform((word) => word === 'true').optional(),
});

export type KnockRoutesDeps = { db: Db; audit: Audit; clock: Clock; knocks: Knocks; settings: Pick<RegistrationSettings, 'current'> };

export function knockRoutes({ db, audit, clock, knocks, settings }: KnockRoutesDeps): Route[] {
  const presenting = async (all: readonly Knock[]): Promise<(one: Knock) => z.infer<typeof knockView>> => {
    const taken = await takenIds(
      db,
      all.flatMap((one) => idFor(one) ?? []),
    );
    return (one) => present(one, taken);
  };
  const present = (one: Knock, taken: ReadonlySet<string>): z.infer<typeof knockView> => {
    const { clientId, lastSeenAt, dismissedAt, doors, asked, redirectUris, addresses, ...rest } = one;
    return {
      ...rest,
      sentence: knockSentence(one, one.registered),
      client: clientId ?? null,
      doors: [...doors],
      asked: [...asked],
      redirectUris: [...redirectUris],
      addresses: [...addresses],
      seenAt: lastSeenAt,
      dismissedAt: dismissedAt ?? null,
      register: one.registered ? null : (registerIt(one, settings.current(), taken) ?? null),
    };
  };
  return [
    route({
      method: 'GET',
      path: '/admin/v1/knocks',
      access: 'admin:clients:read',
      audit: ['admin.read'],
      summary:
        'Who came and is not registered, or `registered` since, heard last first: names as they were given, why they were refused, and what would let them in',
      input: { query: filter },
      output: { 200: pageOf(knockView) },
      async handle({ query }) {
        const { limit, cursor, ...by } = query;
        // What this node has heard since the last writing; what others have comes within seconds.
        await knocks.flush();
        const found = await listKnocks(db, by, { limit: limit + 1, after: placeOf({ cursor }) });
        return page(found, limit, ({ lastSeenAt, id }) => `${lastSeenAt} ${id}`, await presenting(found));
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/knocks/:id/dismiss',
      access: 'admin:clients:write',
      audit: ['knock.dismissed'],
      summary: 'Say that nobody needs to hear of it any more; it goes on being counted',
      output: { 200: knockView },
      async handle(call) {
        const id = call.params['id'] ?? '';
        const by = authorOf(call);
        await commitDeed(audit, async (tx) => {
          const dismissed = await dismissKnock(tx, id, { by: by.actor, now: clock.now() });
          if (dismissed === undefined) return ok({ entries: [], changed: [] });
          const entry = {
            type: 'knock.dismissed' as const,
            ...by,
            target: { type: 'knock', id },
            outcome: 'success' as const,
            data: dismissed,
          };
          return ok({ entries: [entry], changed: [] });
        });
        const found = await findKnock(db, id);
        return found === undefined ? notFound('knock', id) : json(200, (await presenting([found]))(found));
      },
    }),
  ];
}
