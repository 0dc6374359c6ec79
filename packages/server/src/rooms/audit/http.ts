import { z } from 'zod';
import type { Db } from '../../base/db.ts';
import { cursorOf, notFound, pageOf, pageQuery } from '../../base/http/admin.ts';
import { json, problem, type Reply } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { CHAIN_FAULTS } from './chain.ts';
import type { Notary } from './checkpoint.ts';
import type { CountUp } from './counts.store.ts';
import { EVENT_TYPES, HUB_CHAIN } from './event.ts';
import { exportLines } from './export.store.ts';
import { FACETS } from './facets.ts';
import { overviewOf } from './facets.store.ts';
import { verifyChains, type Verification } from './read.store.ts';
import { findEvent, searchPage } from './search.store.ts';
import { targetIn, typesIn } from './sieve.ts';
import { TRY_AGAIN, type Turns } from './turns.store.ts';

export type EventRoutesDeps = {
  db: Db;
  notary: Notary;
  turns: Turns;
  countUp: CountUp;
  /** Hears what a verification came to, and whether it was of every chain. */
  onVerified?(outcome: Verification, whole: boolean): Promise<void>;
};

const id = z.string().min(1).max(512);
const moment = z.iso.datetime({ offset: true });
const word = z.string().min(1).max(200);

/** An entry as stored: `hash` is the SHA-256 of the rest in RFC 8785 form, so that anybody can check it without the hub. */
const eventView = z
  .object({
    id: z.string(),
    seq: z.number().int(),
    time: z.string(),
    tenant: z.string().nullable(),
    type: z.enum(EVENT_TYPES),
    initiator: z.enum(['human', 'agent', 'agent-for-human', 'admin', 'hub']),
    actor: z.looseObject({
      user: z.string().optional(),
      agent: z.string().optional(),
      client: z.string().optional(),
      chain: z.array(z.string()),
    }),
    target: z.object({ type: z.string(), id: z.string() }).nullable(),
    outcome: z.enum(['success', 'refused', 'failed']),
    reason: z.string().optional(),
    decision: z.string().optional(),
    txn: z.string().optional(),
    request: z.string(),
    ip: z.string().nullable(),
    userAgent: z.string().nullable(),
    data: z.record(z.string(), z.unknown()),
    prev: z.string(),
    hash: z.string(),
  })
  .meta({ id: 'Event' });

const conditions = z.object({
  type: z.enum(EVENT_TYPES).optional(),
  /** Types to leave out, divided by commas. */
  without: z
    .string()
    .max(4000)
    .refine((text) => typesIn(text) !== undefined, 'types of entries, divided by commas')
    .optional(),
  /** What an entry is about: `agent:agt_…`, as the facet `target` names it. */
  target: z
    .string()
    .max(600)
    .refine((text) => targetIn(text) !== undefined, 'a kind and an id, as in agent:agt_1')
    .optional(),
  /** `` (empty): the hub's own chain. */
  tenant: z.string().max(64).optional(),
  user: id.optional(),
  agent: id.optional(),
  client: id.optional(),
  txn: id.optional(),
  outcome: z.enum(['success', 'refused', 'failed']).optional(),
  since: moment.optional(),
  until: moment.optional(),
});
const filter = pageQuery.extend({ ...conditions.shape, order: z.enum(['newest', 'oldest']).default('newest') });

const facet = z.array(z.object({ value: z.string(), n: z.number().int() }));
const overview = z
  .object({
    /** Missing where there are more than were looked at, and they were not counted beforehand. */
    total: z.number().int().optional(),
    /** Total, histogram, types and outcomes are of all that match, of many by whole hours; otherwise of the newest `sampled`, as the other facets always are. */
    exact: z.boolean(),
    sampled: z.number().int(),
    counting: z.literal(true).optional(),
    histogram: z.object({
      seconds: z.number().int(),
      bars: z.array(z.object({ at: z.string(), n: z.number().int(), refused: z.number().int() })),
    }),
    facets: z.record(z.enum(FACETS), facet),
  })
  .meta({ id: 'EventOverview' });

export function eventRoutes(deps: EventRoutesDeps): Route[] {
  return [listRoute(deps), facetsRoute(deps), exportRoute(deps), verifyRoute(deps), getRoute(deps)];
}

function listRoute({ db }: EventRoutesDeps): Route {
  return route({
    method: 'GET',
    path: '/admin/v1/events',
    access: 'admin:events:read',
    audit: ['admin.read'],
    summary:
      'Audit entries by type, tenant, user, agent, client, txn, outcome, what they are about and time, newest first unless order=oldest. With target or without a page may hold fewer than asked for and still have a next',
    input: { query: filter },
    output: { 200: pageOf(eventView) },
    async handle({ query }) {
      const { limit, order, cursor, ...by } = query;
      const found = await searchPage(db, { ...wanted(by), cursor: cursorOf({ cursor }), oldestFirst: order === 'oldest', limit });
      const next = found.next === null ? null : Buffer.from(found.next, 'utf8').toString('base64url');
      return json(200, { items: found.events, next });
    },
  });
}

/** What the words of a query mean. */
function wanted({ without, target, ...rest }: Omit<z.infer<typeof filter>, 'limit' | 'cursor' | 'order'>) {
  return {
    ...timed(rest),
    without: without === undefined ? undefined : typesIn(without),
    target: target === undefined ? undefined : targetIn(target),
  };
}

/** Times as milliseconds. */
function timed<T extends { since?: string | undefined; until?: string | undefined }>({ since, until, ...rest }: T) {
  return {
    ...rest,
    since: since === undefined ? undefined : Date.parse(since),
    until: until === undefined ? undefined : Date.parse(until),
  };
}

function facetsRoute(deps: EventRoutesDeps): Route {
  return route({
    method: 'GET',
    path: '/admin/v1/events/facets',
    access: 'admin:events:read',
    audit: ['admin.read'],
    summary: 'What a search of the audit trail would find, in figures: how many, when, and which values stand most often in the entries',
    input: { query: z.strictObject(conditions.shape) },
    output: { 200: overview },
    handle: async ({ query }) => json(200, await overviewOf(deps, wanted(query))),
  });
}

/** The whole record is read by few at once: many would take the database from everybody else. */
function busy(): Reply {
  const detail = 'The record is being exported or verified by others. Try again a little later.';
  return problem(
    { status: 429, type: 'too_many_readings', title: 'Too many read the whole record', detail },
    { 'retry-after': String(TRY_AGAIN) },
  );
}

const BUSY = 'Too many export or verify just now; see retry-after';

function exportRoute({ db, notary, turns }: EventRoutesDeps): Route {
  return route({
    method: 'GET',
    path: '/admin/v1/events/export',
    access: 'admin:events:read',
    audit: ['admin.read'],
    summary: 'The audit trail as lines of JSON, chain by chain; the last line is signed by the hub and holds the digest of all before it',
    input: { query: z.strictObject({ tenant: conditions.shape.tenant, since: moment.optional(), until: moment.optional() }) },
    output: { 200: 'application/x-ndjson: entries, {"end": …}, {"manifest": "<JWS>"}', 429: BUSY },
    async handle({ query, admin, now, request }): Promise<Reply> {
      const turn = await turns();
      if (turn === undefined) return busy();
      const lines = exportLines({ db, notary }, timed(query), { by: admin?.id ?? '', now });
      const headers = { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' };
      return { status: 200, headers, body: bytesOf(lines, request.signal, () => turn.end()) };
    },
  });
}

/** As the reader takes it: a slow one holds the hub's reading back, and one that left ends it. `over` is called however it ends. */
function bytesOf(lines: AsyncGenerator<string>, signal: AbortSignal, over: () => Promise<void>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const end = async (): Promise<void> => {
    await lines.return(undefined);
    await over();
  };
  return new ReadableStream({
    async pull(controller) {
      try {
        const { value, done } = signal.aborted ? { value: undefined, done: true } : await lines.next();
        if (value !== undefined) controller.enqueue(encoder.encode(value));
        if (done !== true) return;
        await end();
        controller.close();
      } catch (error) {
        await end();
        throw error;
      }
    },
    cancel: end,
  });
}

function getRoute({ db }: EventRoutesDeps): Route {
  return route({
    method: 'GET',
    path: '/admin/v1/events/:id',
    access: 'admin:events:read',
    audit: ['admin.read'],
    summary: 'One audit entry',
    output: { 200: eventView, 404: 'No such id' },
    async handle({ params }) {
      const found = await findEvent(db, params['id'] ?? '');
      return found === undefined ? notFound('event', params['id'] ?? '') : json(200, found);
    },
  });
}

function verifyRoute({ db, notary, turns, onVerified }: EventRoutesDeps): Route {
  const fault = z.object({
    chain: z.string(),
    seq: z.number().int(),
    fault: z.enum(CHAIN_FAULTS),
  });
  return route({
    method: 'GET',
    path: '/admin/v1/events/verify',
    access: 'admin:events:read',
    audit: ['admin.read'],
    summary: 'Recompute the hash chains, all or of one tenant, and name the first entry that is not as it was written',
    input: { query: z.strictObject({ tenant: word.or(z.literal(HUB_CHAIN)).optional() }) },
    output: { 200: z.object({ ok: z.boolean(), checked: z.number().int(), firstBroken: fault.optional() }), 429: BUSY },
    async handle({ query }) {
      const turn = await turns();
      if (turn === undefined) return busy();
      try {
        const verified = await verifyChains(db, query.tenant, notary);
        await onVerified?.(verified, query.tenant === undefined);
        return json(200, verified);
      } finally {
        await turn.end();
      }
    },
  });
}
