import { z } from 'zod';
import { cursorOf, page, pageOf, pageQuery } from '../../base/http/admin.ts';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import type { Db } from '../../base/db.ts';
import { settingRoutes } from '../audit/setting.http.ts';
import { accountsOf, actorView, calledView, presentActor, presentCalled } from './called.http.ts';
import { calledOf } from './called.store.ts';
import { containmentSetting } from './setting.ts';
import type { ContainmentSettings } from './setting.store.ts';
import { CONTAIN_KINDS, HUB, type Stop } from './stop.ts';
import { findStop, listStops } from './stops.store.ts';

/** What is stopped, and why, as the admin API shows it. Times in milliseconds since the epoch. */
export const stopView = z
  .object({
    kind: z.enum(CONTAIN_KINDS),
    id: z.string(),
    state: z.enum(['frozen', 'revoked']),
    ...calledView,
    reason: z.string(),
    by: actorView,
    since: z.number(),
    until: z.number().nullable(),
    secondPerson: z.boolean().describe('It was frozen while letting it go took two people'),
  })
  .meta({ id: 'Containment' });

/** By the names of what is stopped, and of whoever stopped it. */
async function presenting(db: Db, stops: readonly Stop[]): Promise<(stop: Stop) => z.infer<typeof stopView>> {
  const called = await calledOf(db, [...stops, ...stops.flatMap(({ by }) => accountsOf(by))]);
  return ({ by, until, outlives: _, ...stop }) => ({
    ...stop,
    ...presentCalled(called(stop)),
    by: presentActor(by, called),
    until: until ?? null,
  });
}

const query = pageQuery.extend({
  kind: z.enum(CONTAIN_KINDS).optional(),
  id: z.string().optional(),
  state: z.enum(['frozen', 'revoked']).optional(),
});

export type StopsRoutesDeps = { db: Db; containment: ContainmentSettings };

/** What is stopped now, the hub's own state, and who may let go. */
export function stopsRoutes({ db, containment }: StopsRoutesDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/v1/containments',
      access: 'admin:signals:read',
      audit: ['admin.read'],
      summary: 'Everything that is frozen or revoked, with the reason, newest first',
      input: { query },
      output: { 200: pageOf(stopView) },
      async handle(call) {
        const { limit, cursor, kind, id, state } = call.query;
        if (kind !== undefined && id !== undefined) {
          const one = await findStop(db, kind, id);
          const items = one === undefined ? [] : [one];
          return json(200, { items: items.map(await presenting(db, items)), next: null });
        }
        const found = await listStops(db, { kind, state }, { limit: limit + 1, before: placeIn(cursorOf({ cursor })) });
        return page(found, limit, (stop) => `${stop.since} ${stop.kind} ${stop.id}`, await presenting(db, found));
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/hub',
      access: 'admin:signals:read',
      audit: ['admin.read'],
      summary: 'Whether every agent of every tenant is stopped',
      output: { 200: z.object({ state: z.enum(['active', 'frozen']), stop: stopView.nullable() }) },
      async handle() {
        const stop = await findStop(db, 'hub', HUB);
        if (stop === undefined) return json(200, { state: 'active', stop: null });
        return json(200, { state: 'frozen', stop: (await presenting(db, [stop]))(stop) });
      },
    }),
    ...settingRoutes(containment, {
      path: '/admin/v1/settings/containment',
      room: 'signals',
      schema: containmentSetting,
      look: 'Who may let go of what is frozen',
      say: 'Say for which kinds letting go takes two people',
    }),
  ];
}

/** A cursor is sealed by the door: what is not of this shape was made by nobody. */
function placeIn(cursor: string | undefined): { since: number; kind: string; id: string } | undefined {
  const [since, kind, ...id] = (cursor ?? '').split(' ');
  return kind === undefined ? undefined : { since: Number(since), kind, id: id.join(' ') };
}
