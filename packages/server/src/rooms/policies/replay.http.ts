import { z } from 'zod';
import type { Db } from '../../base/db.ts';
import { createGate } from '../../base/gate.ts';
import { badInput, notFound } from '../../base/http/admin.ts';
import { json, problem, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import type { Resource } from '../resources/resource.ts';
import { draftShape, readDraft } from './draft.store.ts';
import type { PolicyDesk } from './desk.store.ts';
import { walkDecisions } from './recorded.store.ts';
import { notRecorded, replayOver } from './replaying.ts';
import { bookOf, drafted, type Rulebook } from './rulebook.ts';

export type ReplayDeps = { db: Db; builtIn: readonly Resource[]; desk: Pick<PolicyDesk, 'book'> };

const moment = z.iso.datetime({ offset: true });
const id = z.string().min(1).max(512);

/** Which recorded decisions: of this time, of these. Times are RFC 3339. */
const stretch = {
  since: moment.optional(),
  until: moment.optional(),
  client: id.optional(),
  user: id.optional(),
  agent: id.optional(),
  tenant: id.optional(),
  resource: id.optional(),
  connection: id.optional(),
  /** At most so many decisions, the newest first. */
  limit: z.number().int().min(1).max(100_000).default(10_000),
  /** So many that differ are shown one by one. */
  samples: z.number().int().min(0).max(1_000).default(20),
} as const;
const stretchShape = z.strictObject(stretch);
type Stretched = z.output<typeof stretchShape>;

const replayBody = z.strictObject({ ...stretch, draft: draftShape }).meta({ id: 'PolicyReplay' });
const impactBody = z.strictObject({ ...stretch, replace: z.record(z.string(), z.json()).optional() }).meta({ id: 'PolicyImpact' });

const tally = { changed: z.number(), gained: z.number(), lost: z.number(), requirements: z.number() } as const;
const target = z.object({ kind: z.string(), id: z.string() });

/** What would change, in all and by client, agent, scope and rule; and which decisions were looked at. */
const replayView = z
  .looseObject({
    ...tally,
    total: z.number(),
    /** Decided otherwise when they were made than the policies of now would: policies or facts have changed since. */
    drifted: z.number(),
    byClient: z.array(z.object({ ...tally, client: z.string() })),
    byAgent: z.array(z.object({ ...tally, agent: z.string(), client: z.string() })),
    byScope: z.array(z.object({ ...tally, target, scope: z.string() })),
    byRule: z.array(z.object({ ...tally, rule: z.string() })),
    samples: z.array(z.looseObject({ id: z.string(), gained: z.array(z.string()), lost: z.array(z.string()) })),
    scanned: z.number(),
    complete: z.boolean(),
    oldest: z.number().nullable(),
    newest: z.number().nullable(),
    /** Attributes that only the draft looks at: entries do not hold them, so here they are missing. */
    notRecorded: z.array(z.string()),
  })
  .meta({ id: 'PolicyReplayed' });

/** One replay at a time on a node, and few that wait: it reads much and counts much. */
const LIMITS = { slots: 1, queue: 3 };

/** What a draft would have decided of what was decided. */
export function replayRoutes(deps: ReplayDeps): Route[] {
  const gate = createGate(LIMITS);
  const gated = async (request: Call['request'], work: () => Promise<Reply>): Promise<Reply> => {
    const done = await gate.run(work, request.signal);
    if (done.ran) return done.value;
    return problem({ status: 429, type: 'busy', title: 'Other replays are running on this node' }, { 'retry-after': '10' });
  };
  return [
    route({
      method: 'POST',
      path: '/admin/v1/policies/replay',
      access: 'admin:policies:read',
      audit: ['admin.read'],
      summary: 'Put recorded decisions to a draft, and say which would be different: by client, agent, scope and rule',
      maxBody: 4_000_000,
      input: { body: replayBody },
      output: { 200: replayView, 400: 'The draft is not well-formed', 429: 'Other replays are running' },
      handle: ({ body: { draft, ...rest }, request }) => gated(request, () => replayDraft(deps, draft, rest)),
    }),
    route({
      method: 'POST',
      path: '/admin/v1/policies/:id/impact',
      access: 'admin:policies:read',
      audit: ['admin.read'],
      summary: 'What breaks, by recorded decisions, when this policy is removed, or replaced by another form of it',
      input: { body: impactBody },
      output: { 200: replayView, 400: 'The replacement is not well-formed', 404: 'No such id', 429: 'Other replays are running' },
      handle: ({ params, body: { replace, ...rest }, request }) => {
        const policy = params['id'] ?? '';
        if (!deps.desk.book().rules.some((rule) => rule.id === policy)) return notFound('policy', policy);
        const draft = replace === undefined ? { put: [], remove: [policy] } : { put: [{ ...replace, id: policy }], remove: [] };
        return gated(request, () => replayDraft(deps, draft, rest));
      },
    }),
  ];
}

async function replayDraft(deps: ReplayDeps, draft: z.output<typeof draftShape>, of: Stretched): Promise<Reply> {
  const read = await readDraft(deps.db, draft, deps.builtIn);
  if (!read.ok) return problem(badInput(read.error));
  const current: Rulebook = deps.desk.book();
  const next = bookOf(drafted(current.rules, read.value), current.builtIn);
  const replay = replayOver(current, next, { samples: of.samples });
  const { read: _, ...walk } = await walkDecisions(deps.db, stretchOf(of), ({ id: decision, policy, request }) =>
    replay.add({ id: decision, request, decision: { granted: policy.granted } }),
  );
  return json(200, { ...replay.report(), ...walk, notRecorded: notRecorded(current, next) });
}

function stretchOf({
  since,
  until,
  client,
  user,
  agent,
  tenant,
  resource,
  connection,
  limit,
}: Stretched): Parameters<typeof walkDecisions>[1] {
  return {
    limit,
    ...(since === undefined ? {} : { from: Date.parse(since) }),
    ...(until === undefined ? {} : { until: Date.parse(until) }),
    ...(client === undefined ? {} : { client }),
    ...(user === undefined ? {} : { user }),
    ...(agent === undefined ? {} : { agent }),
    ...(tenant === undefined ? {} : { tenant }),
    wanted: ({ target: { kind, id: name } }) =>
      (resource === undefined && connection === undefined) || (kind === 'resource' ? name === resource : name === connection),
  };
}
