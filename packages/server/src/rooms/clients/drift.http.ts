import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import type { Db, Tx } from '../../base/db.ts';
import { authorOf, placeOf, notFound, page, pageOf, pageQuery } from '../../base/http/admin.ts';
import { json, problem, type Problem } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { fail, ok } from '../../base/result.ts';
import type { Author } from '../audit/author.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import type { EventDraft } from '../audit/event.ts';
import { settingRoutes } from '../audit/setting.http.ts';
import type { Audit } from '../audit/store.ts';
import type { Drift } from '../resources/drift.ts';
import { acceptDrift, findDrift, listDrifts } from '../resources/drift.store.ts';
import { driftSetting } from './drift.ts';
import type { DriftSettings } from './drift.store.ts';

const what = z.enum(['name', 'redirect_hosts', 'keys', 'tools']);
const state = z.enum(['open', 'accepted', 'returned']);

const driftView = z.object({
  id: z.string(),
  sentence: z.string(),
  what,
  client: z.string().nullable(),
  resource: z.string().nullable(),
  before: z.array(z.string()),
  after: z.array(z.string()),
  /** The client was stopped for it, and goes on when it is accepted. */
  froze: z.boolean(),
  times: z.number(),
  state,
  firstAt: z.number(),
  at: z.number(),
  settledAt: z.number().nullable(),
  settledBy: z.record(z.string(), z.unknown()).nullable(),
  note: z.string().nullable(),
});

function present(drift: Drift): z.infer<typeof driftView> {
  const { client = null, resource = null, settledAt = null, settledBy = null, note = null, before, after, ...rest } = drift;
  return { ...rest, client, resource, before: [...before], after: [...after], settledAt, settledBy, note };
}

const filter = pageQuery.extend({
  client: z.string().optional(),
  resource: z.string().optional(),
  what: what.optional(),
  state: state.default('open'),
});

/** `restart`: lets a client go on that was stopped for a drift, unless somebody has stopped it otherwise: in a room below this one. */
export type DriftRoutesDeps = {
  db: Db;
  audit: Audit;
  clock: Clock;
  driftSettings: DriftSettings;
  restart(tx: Tx, id: string, by: Author): Promise<Done>;
};

export function driftRoutes(deps: DriftRoutesDeps): Route[] {
  const { db } = deps;
  return [
    route({
      method: 'GET',
      path: '/admin/v1/drifts',
      access: 'admin:clients:read',
      audit: ['admin.read'],
      summary: 'Clients and resources that are other than when they were last looked at, newest first',
      input: { query: filter },
      output: { 200: pageOf(driftView) },
      async handle({ query }) {
        const { limit, cursor, ...by } = query;
        const found = await listDrifts(db, by, { limit: limit + 1, after: placeOf({ cursor }) });
        return page(found, limit, ({ firstAt, id }) => `${firstAt} ${id}`, present);
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/drifts/:id',
      access: 'admin:clients:read',
      audit: ['admin.read'],
      summary: 'One of them, before and after',
      output: { 200: driftView },
      async handle({ params }) {
        const found = await findDrift(db, params['id'] ?? '');
        return found === undefined ? notFound('drift', params['id'] ?? '') : json(200, present(found));
      },
    }),
    acceptRoute(deps),
    ...settingRoutes(deps.driftSettings, {
      path: '/admin/v1/settings/drift',
      room: 'clients',
      schema: driftSetting,
      look: 'Which change of a client stops it until somebody has looked',
      say: 'Say which change of a client stops it until somebody has looked',
    }),
  ];
}

const acceptBody = z
  .strictObject({
    note: z.string().max(500).optional(),
    times: z.number().int().min(1).optional().describe('As it was looked at: if it has changed since, nothing is accepted'),
  })
  .default({});

const NOT_ACCEPTED: Record<'own' | 'settled' | 'changed', Problem> = {
  own: { status: 403, type: 'own_drift', title: 'Nobody accepts a change of their own', detail: 'Somebody else has to look at it.' },
  settled: { status: 409, type: 'settled', title: 'This is settled already', detail: 'It was accepted, or went back to what it was.' },
  changed: {
    status: 409,
    type: 'changed_again',
    title: 'It has changed once more',
    detail: 'Look at how it is now before you say that it is fine.',
  },
};

function acceptRoute({ audit, clock, restart }: DriftRoutesDeps): Route {
  return route({
    method: 'POST',
    path: '/admin/v1/drifts/:id/accept',
    access: 'admin:clients:write',
    audit: ['drift.accepted', 'client.unfrozen', 'signal.sent'],
    summary: 'Say that it is fine as it is now; a client that was stopped for it goes on',
    input: { body: acceptBody },
    output: { 200: driftView, 403: 'Of the very client that asks', 409: 'Settled already, or changed once more since it was looked at' },
    async handle(call) {
      const id = call.params['id'] ?? '';
      const by = authorOf(call);
      const { note, times } = call.body;
      const done = await commitDeed<Done & { drift: Drift }, 'unknown' | 'own' | 'settled' | 'changed'>(audit, async (tx) => {
        const found = await findDrift(tx, id);
        if (found === undefined) return fail('unknown');
        // Whoever changed must not be who says that the change is fine.
        if (found.client !== undefined && found.client === by.actor.client) return fail('own');
        const accepted = await acceptDrift(tx, id, { by, note, times, now: clock.now() });
        if (accepted === undefined) return fail((await findDrift(tx, id))?.state === 'open' ? 'changed' : 'settled');
        const { drift, stillStopped } = accepted;
        const again = drift.froze && !stillStopped && drift.client !== undefined ? await restart(tx, drift.client, by) : undefined;
        return ok({ drift, entries: [acceptedEntry(drift, by), ...(again?.entries ?? [])], changed: again?.changed ?? [] });
      });
      if (done.ok) return json(200, present(done.value.drift));
      if (done.error === 'unknown') return notFound('drift', id);
      return problem(NOT_ACCEPTED[done.error]);
    },
  });
}

function acceptedEntry(drift: Drift, by: Author): EventDraft {
  const { id, what: kind, sentence, note } = drift;
  return {
    type: 'drift.accepted',
    initiator: by.initiator,
    actor: by.actor,
    target: drift.client === undefined ? { type: 'resource', id: drift.resource ?? '' } : { type: 'client', id: drift.client },
    outcome: 'success',
    ...(note === undefined ? {} : { reason: note }),
    origin: by.origin,
    data: { drift: id, what: kind, sentence, froze: drift.froze },
  };
}
