import { z } from 'zod';
import type { Db } from '../../base/db.ts';
import { authorOf, cursorOf, notFound, page, pageOf, pageQuery } from '../../base/http/admin.ts';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { fail, ok } from '../../base/result.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import type { EventDraft } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import { askAgain, discardLetters, listLetters } from './dead-letter.store.ts';
import { findSink } from './store.ts';

/** An event that was set aside; `id` is the event's. Times in milliseconds since the epoch. */
const letterView = z
  .object({
    id: z.string(),
    tenant: z.string().nullable(),
    seq: z.number(),
    type: z.string(),
    reason: z.string(),
    tries: z.number(),
    parkedAt: z.number(),
    again: z.boolean(),
  })
  .meta({ id: 'DeadLetter' });

const which = z.strictObject({ events: z.array(z.string().max(64)).min(1).max(1_000).optional() }).default({});

type LetterRouteDeps = { db: Db; audit: Audit };

export function deadLetterRoutes(deps: LetterRouteDeps): Route[] {
  const { db } = deps;
  return [
    route({
      method: 'GET',
      path: '/admin/v1/sinks/:id/dead-letters',
      access: 'admin:sinks:read',
      audit: ['admin.read'],
      summary: 'Events that a sink refused and that were set aside, oldest first',
      input: { query: pageQuery },
      output: { 200: pageOf(letterView), 404: 'No such id' },
      async handle({ params, query }) {
        const id = params['id'] ?? '';
        if ((await findSink(db, id)) === undefined) return notFound('sink', id);
        const found = await listLetters(db, id, { limit: query.limit + 1, cursor: cursorOf(query) });
        return page(
          found,
          query.limit,
          (letter) => letter.id,
          (letter) => letter,
        );
      },
    }),
    ...DEEDS.map((deed) => deedRoute(deps, deed)),
  ];
}

const DEEDS = [
  { verb: 'retry', deed: 'dead letters tried again', move: askAgain, summary: 'Deliver dead letters again: those named, or all' },
  { verb: 'discard', deed: 'dead letters discarded', move: discardLetters, summary: 'Give dead letters up: those named, or all' },
] as const;

function deedRoute({ db, audit }: LetterRouteDeps, { verb, deed, move, summary }: (typeof DEEDS)[number]): Route {
  return route({
    method: 'POST',
    path: `/admin/v1/sinks/:id/dead-letters/${verb}`,
    access: 'admin:sinks:write',
    audit: ['admin.changed'],
    summary,
    input: { body: which },
    output: { 200: z.object({ id: z.string(), letters: z.number() }), 404: 'No such id' },
    async handle(call) {
      const id = call.params['id'] ?? '';
      if ((await findSink(db, id)) === undefined) return notFound('sink', id);
      const { initiator, actor, origin } = authorOf(call);
      const outcome = await commitDeed<Done & { letters: number }, 'none'>(audit, async (tx) => {
        const letters = await move(tx, id, call.body.events);
        if (letters === 0) return fail('none');
        const target = { type: 'sink', id };
        const entry: EventDraft = { type: 'admin.changed', initiator, actor, origin, target, outcome: 'success', data: { deed, letters } };
        return ok({ letters, entries: [entry], changed: [] });
      });
      return json(200, { id, letters: outcome.ok ? outcome.value.letters : 0 });
    },
  });
}
