import { z } from 'zod';
import { authorOf, cursorOf, notFound, page, pageOf, pageQuery } from '../../base/http/admin.ts';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { fail, ok } from '../../base/result.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import type { EventDraft } from '../audit/event.ts';
import { healthShape } from '../audit/health.ts';
import { booksShape, presentBooks } from '../sinks/books.ts';
import { askVerification, moveStatus, removeStream, type DeedDeps } from './deeds.store.ts';
import { deadSets, discardDead, sendAgain } from './outbox.store.ts';
import { findStream, listStreams } from './store.ts';
import { lateness, pollUrl, STATUSES, type Stream } from './stream.ts';
import { PUSH } from './words.ts';

/** As of all that is delivered to. `behind`: its receiver fetches for itself and leaves something waiting, since `since`. */
const streamHealth = z.object({ ...healthShape, status: z.enum(['healthy', 'behind', 'failing']), retryAt: z.number().nullable() });

/** A stream as the admin API shows it. `pollUrl`, `askedAt`: where its receiver asks, and when it last did. Times in milliseconds since the epoch. */
const streamView = z
  .object({
    id: z.string(),
    client: z.string(),
    tenant: z.string().nullable(),
    delivery: z.enum(['push', 'poll']),
    endpointUrl: z.string().nullable(),
    pollUrl: z.string().nullable(),
    askedAt: z.number().nullable(),
    hasAuthorization: z.boolean(),
    events: z.array(z.string()),
    description: z.string().nullable(),
    status: z.enum(STATUSES),
    statusReason: z.string().nullable(),
    heldBy: z.enum(['client', 'admin']).nullable(),
    createdAt: z.number(),
    ...booksShape,
    health: streamHealth,
  })
  .meta({ id: 'Stream' });

function presentStream({ clock, issuer }: Pick<DeedDeps, 'clock' | 'issuer'>, stream: Stream): Record<string, unknown> {
  const { id, clientId, tenant = null, delivery, askedAt = null } = stream;
  const { health, ...books } = presentBooks(stream.books);
  const late = lateness(stream, clock.now());
  return {
    id,
    client: clientId,
    tenant,
    delivery: delivery.method === PUSH ? 'push' : 'poll',
    endpointUrl: delivery.method === PUSH ? delivery.endpointUrl : null,
    pollUrl: delivery.method === PUSH ? null : pollUrl(issuer, id),
    askedAt,
    hasAuthorization: stream.hasAuthorization,
    events: stream.eventsRequested,
    description: stream.description ?? null,
    status: stream.status,
    statusReason: stream.statusReason ?? null,
    heldBy: stream.heldBy ?? null,
    createdAt: stream.createdAt,
    ...books,
    health: late === undefined ? health : { ...health, status: 'behind', ...late },
  };
}

/** An event that the receiver refused. */
const letterView = z
  .object({ id: z.string(), events: z.array(z.string()), reason: z.string(), tries: z.number(), parkedAt: z.number() })
  .meta({ id: 'StreamDeadLetter' });

/** Streams are made by their receivers (doors/ssf); administrators see them, hold them and remove them. */
export function streamRoutes(deps: DeedDeps): Route[] {
  return [
    ...readRoutes(deps),
    ...STATUS_DEEDS.map((deed) => statusRoute(deps, deed)),
    removeRoute(deps),
    verifyRoute(deps),
    ...letterRoutes(deps),
  ];
}

function readRoutes(deps: DeedDeps): Route[] {
  const { db } = deps.database;
  return [
    route({
      method: 'GET',
      path: '/admin/v1/streams',
      access: 'admin:streams:read',
      audit: ['admin.read'],
      summary: 'Streams of shared signals, by id',
      input: { query: pageQuery },
      output: { 200: pageOf(streamView) },
      async handle({ query }) {
        const found = await listStreams(db, { limit: query.limit + 1, cursor: cursorOf(query) });
        return page(
          found,
          query.limit,
          ({ id }) => id,
          (stream) => presentStream(deps, stream),
        );
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/streams/:id',
      access: 'admin:streams:read',
      audit: ['admin.read'],
      summary: 'One stream',
      output: { 200: streamView, 404: 'No such id' },
      async handle({ params }) {
        const id = params['id'] ?? '';
        const found = await findStream(db, id);
        return found === undefined ? notFound('stream', id) : json(200, presentStream(deps, found));
      },
    }),
  ];
}

const reasonBody = z.strictObject({ reason: z.string().min(1).max(500).optional() }).default({});

const STATUS_DEEDS = [
  { verb: 'pause', to: 'paused', summary: 'Deliver nothing until it is resumed; nothing is lost, and its receiver cannot resume it' },
  { verb: 'resume', to: 'enabled', summary: 'Go on where it was paused' },
] as const;

function statusRoute(deps: DeedDeps, { verb, to, summary }: (typeof STATUS_DEEDS)[number]): Route {
  return route({
    method: 'POST',
    path: `/admin/v1/streams/:id/${verb}`,
    access: 'admin:streams:write',
    audit: ['stream.changed'],
    summary,
    input: { body: reasonBody },
    output: { 200: streamView, 404: 'No such id' },
    async handle(call) {
      const id = call.params['id'] ?? '';
      const moved = await moveStatus(deps, { owner: undefined, by: authorOf(call) }, { id, to, reason: call.body.reason });
      return moved.ok ? json(200, presentStream(deps, moved.value)) : notFound('stream', id);
    },
  });
}

function removeRoute(deps: DeedDeps): Route {
  return route({
    method: 'DELETE',
    path: '/admin/v1/streams/:id',
    access: 'admin:streams:write',
    audit: ['stream.removed'],
    summary: 'Remove a stream, with what waits for its receiver',
    output: { 204: 'Removed', 404: 'No such id' },
    async handle(call) {
      const id = call.params['id'] ?? '';
      const removed = await removeStream(deps, { owner: undefined, by: authorOf(call) }, id);
      return removed.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : notFound('stream', id);
    },
  });
}

function verifyRoute(deps: DeedDeps): Route {
  return route({
    method: 'POST',
    path: '/admin/v1/streams/:id/verify',
    access: 'admin:streams:write',
    audit: { none: 'sends a verification event, which changes nothing' },
    summary: 'Send a verification event by the way that all events go; at most one in ten seconds',
    output: { 200: z.object({ id: z.string(), sent: z.boolean() }), 404: 'No such id' },
    async handle(call) {
      const id = call.params['id'] ?? '';
      const asked = await askVerification(deps, undefined, { id, state: undefined });
      return !asked.ok && asked.error === 'unknown' ? notFound('stream', id) : json(200, { id, sent: asked.ok });
    },
  });
}

const LETTER_DEEDS = [
  { verb: 'retry', deed: 'dead letters sent again', move: sendAgain, summary: 'Send what its receiver refused once more' },
  { verb: 'discard', deed: 'dead letters discarded', move: discardDead, summary: 'Give up what its receiver refused' },
] as const;

function letterRoutes({ database: { db }, audit }: DeedDeps): Route[] {
  const deeds = LETTER_DEEDS.map(({ verb, deed, move, summary }) =>
    route({
      method: 'POST',
      path: `/admin/v1/streams/:id/dead-letters/${verb}`,
      access: 'admin:streams:write',
      audit: ['stream.changed'],
      summary,
      output: { 200: z.object({ id: z.string(), letters: z.number() }), 404: 'No such id' },
      async handle(call) {
        const id = call.params['id'] ?? '';
        const stream = await findStream(db, id);
        if (stream === undefined) return notFound('stream', id);
        const { initiator, actor, origin } = authorOf(call);
        const outcome = await commitDeed<Done & { letters: number }, 'none'>(audit, async (tx) => {
          const letters = await move(tx, id);
          if (letters === 0) return fail('none');
          const target = { type: 'stream', id };
          const entry: EventDraft = {
            type: 'stream.changed',
            tenant: stream.tenant,
            initiator,
            actor,
            origin,
            target,
            outcome: 'success',
            data: { deed, letters },
          };
          return ok({ letters, entries: [entry], changed: [] });
        });
        return json(200, { id, letters: outcome.ok ? outcome.value.letters : 0 });
      },
    }),
  );
  const list = route({
    method: 'GET',
    path: '/admin/v1/streams/:id/dead-letters',
    access: 'admin:streams:read',
    audit: ['admin.read'],
    summary: 'Events that its receiver refused and that were set aside',
    input: { query: pageQuery },
    output: { 200: pageOf(letterView), 404: 'No such id' },
    async handle({ params, query }) {
      const id = params['id'] ?? '';
      if ((await findStream(db, id)) === undefined) return notFound('stream', id);
      const found = await deadSets(db, id, { limit: query.limit + 1, cursor: cursorOf(query) });
      return page(
        found,
        query.limit,
        ({ jti }) => jti,
        ({ jti, ...letter }) => ({ id: jti, ...letter }),
      );
    },
  });
  return [list, ...deeds];
}
