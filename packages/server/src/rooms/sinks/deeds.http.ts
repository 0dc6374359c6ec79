import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import type { Db } from '../../base/db.ts';
import { authorOf, notFound } from '../../base/http/admin.ts';
import { json, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { fail, ok } from '../../base/result.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import type { Audit } from '../audit/store.ts';
import { deedOf } from './events.ts';
import { pauseSink, replaySink, resumeSink, type ReplayFrom } from './deeds.store.ts';
import { findSink } from './store.ts';
import type { SinkTester } from './test.store.ts';

export type SinkDeedDeps = { db: Db; audit: Audit; clock: Clock; tester: SinkTester };

const reasonBody = z.strictObject({ reason: z.string().min(1).max(500).optional() }).default({});

const replayBody = z.union([
  z.strictObject({ from: z.literal('beginning') }),
  z.strictObject({ since: z.iso.datetime({ offset: true }) }),
  z.strictObject({ tenant: z.string().max(64).nullable(), seq: z.number().int().min(1) }),
]);

export function sinkDeedRoutes(deps: SinkDeedDeps): Route[] {
  return [testRoute(deps), replayRoute(deps), ...pauseRoutes(deps)];
}

function testRoute({ db, audit, tester }: SinkDeedDeps): Route {
  return route({
    method: 'POST',
    path: '/admin/v1/sinks/:id/test',
    access: 'admin:sinks:write',
    audit: ['sink.tested'],
    summary: 'Send a test event now, past everything that waits; also to a paused sink',
    output: { 200: z.object({ ok: z.boolean(), event: z.string(), sentence: z.string() }), 404: 'No such id' },
    async handle(call) {
      const id = call.params['id'] ?? '';
      if ((await findSink(db, id)) === undefined) return notFound('sink', id);
      const by = authorOf(call);
      const tried = await tester(id, by.origin.request);
      if (tried === undefined) return notFound('sink', id);
      const { event, sentence } = tried;
      await audit.record(deedOf('sink.tested', id, { by, outcome: tried.ok ? 'success' : 'failed', reason: sentence, data: { event } }));
      return json(200, { ok: tried.ok, event, sentence });
    },
  });
}

function replayRoute(deps: SinkDeedDeps): Route {
  return route({
    method: 'POST',
    path: '/admin/v1/sinks/:id/replay',
    access: 'admin:sinks:write',
    audit: ['sink.replayed'],
    summary:
      'Deliver again from a point: the beginning, a time, or an entry of one chain (tenant null: the hub’s own). Never leaves anything out',
    input: { body: replayBody },
    output: { 200: z.object({ id: z.string(), chains: z.number(), entries: z.number() }), 404: 'No such id' },
    handle: (call) => replay(deps, call),
  });
}

async function replay({ db, audit }: SinkDeedDeps, call: Call<z.output<typeof replayBody>>): Promise<Reply> {
  const id = call.params['id'] ?? '';
  if ((await findSink(db, id)) === undefined) return notFound('sink', id);
  const { body } = call;
  const from: ReplayFrom =
    'since' in body ? { since: Date.parse(body.since) } : 'seq' in body ? { chain: body.tenant ?? '', seq: body.seq } : 'beginning';
  const outcome = await commitDeed<Done & { moved: { chains: number; entries: number } }, 'nothing'>(audit, async (tx) => {
    const moved = await replaySink(tx, id, from);
    if (moved.chains === 0) return fail('nothing');
    const entry = deedOf('sink.replayed', id, { by: authorOf(call), data: { ...body, ...moved } });
    return ok({ moved, entries: [entry], changed: [{ kind: 'sink', key: id }] });
  });
  return json(200, { id, ...(outcome.ok ? outcome.value.moved : { chains: 0, entries: 0 }) });
}

const DEEDS = [
  { verb: 'pause', type: 'sink.paused', to: 'paused', move: pauseSink, summary: 'Deliver nothing until it is resumed; nothing is lost' },
  {
    verb: 'resume',
    type: 'sink.resumed',
    to: 'active',
    move: resumeSink,
    summary: 'Go on where it was paused; a failing sink is tried at once',
  },
] as const;

function pauseRoutes({ db, audit }: SinkDeedDeps): Route[] {
  return DEEDS.map(({ verb, type, to, move, summary }) =>
    route({
      method: 'POST',
      path: `/admin/v1/sinks/:id/${verb}`,
      access: 'admin:sinks:write',
      audit: [type],
      summary,
      input: { body: reasonBody },
      output: { 200: z.object({ id: z.string(), state: z.string(), moved: z.boolean() }), 404: 'No such id' },
      async handle(call) {
        const id = call.params['id'] ?? '';
        if ((await findSink(db, id)) === undefined) return notFound('sink', id);
        const { reason } = call.body;
        const entry = deedOf(type, id, { by: authorOf(call), ...(reason === undefined ? {} : { reason }) });
        const outcome = await commitDeed<Done, 'still'>(audit, async (tx) =>
          (await move(tx, id)) ? ok({ entries: [entry], changed: [{ kind: 'sink', key: id }] }) : fail('still'),
        );
        return json(200, { id, state: to, moved: outcome.ok });
      },
    }),
  );
}
