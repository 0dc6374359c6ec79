import { z } from 'zod';
import { authorOf, badInput, notFound } from '../../base/http/admin.ts';
import { json, problem, type Problem, type Reply } from '../../base/http/message.ts';
import { route, type AdminPrincipal, type Call, type Route } from '../../base/http/route.ts';
import type { EventDraft } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import type { PolicyDesk } from '../policies/desk.store.ts';
import type { Role } from '../tenants/tenant.ts';
import { runAnswer, runFacts } from './run-input.ts';
import { carryOut, type RunDeps, type RunRequest } from './run.store.ts';
import { problemView } from './view.ts';

/** Carries out a call of a flow as a journey would (rooms/journeys): secrets put in, time limit, nothing secret in the traffic. */
export type LiveCall = NonNullable<RunDeps['live']>;

export type RunRoutesDeps = Omit<RunDeps, 'live' | 'book' | 'roles' | 'mayReadPeople'> & {
  roles: { current(): readonly Role[] };
  audit: Audit;
  desk: Pick<PolicyDesk, 'book'>;
  call: LiveCall;
};

const runBody = z
  .strictObject({
    /** A flow that was not saved; left out: the one of the path. */
    flow: z.unknown().optional(),
    /** A version of it; left out: the draft. */
    version: z.number().int().min(0).optional(),
    facts: runFacts.optional(),
    answers: z.array(runAnswer).max(200).default([]),
    /** Of the answer before, to go on from there. */
    state: z.string().max(2_000_000).optional(),
  })
  .meta({ id: 'FlowRun' });

const context = z.record(z.string(), z.unknown());
const stepView = z
  .looseObject({
    event: z.looseObject({ kind: z.string() }),
    from: z.enum(['caller', 'world', 'service']),
    before: context,
    passed: z.array(z.object({ node: z.string(), branch: z.string(), outputs: z.unknown(), context })),
    node: z.string(),
    after: context,
    effect: z.looseObject({ kind: z.string() }),
    secrets: z.array(z.string()),
    traffic: z.unknown().optional(),
    offers: z
      .array(
        z.object({
          name: z.string(),
          title: z.string(),
          description: z.string(),
          risk: z.string(),
          required: z.boolean(),
          offered: z.boolean(),
          /** Why not: `policy`, `permission_missing`, `policy_requires_stepUp` and the like. */
          because: z.string().nullable(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'FlowRunStep' });

const ranView = z
  .object({
    steps: z.array(stepView),
    /** For whom the journey waits now: a person on a page, an answer of the world that nobody gave, or nobody: it is over. */
    waits: z.enum(['person', 'world', 'nobody']),
    /** What it waits for, or how it ended. */
    effect: z.looseObject({ kind: z.string() }).nullable(),
    /** Send it back with the next answers. */
    state: z.string(),
    /** Which of the answers did not fit where it came; everything before it counts. */
    stray: z.number().nullable(),
    /** How many answers were left over. */
    unused: z.number(),
    digest: z.string(),
    lints: z.array(problemView),
    /** Whom the facts name and the hub does not know; they were taken as they are described. */
    unknown: z.array(z.string()),
  })
  .meta({ id: 'FlowRan' });

const MAX_BODY = 4_000_000;

/** A flow walked through with made-up facts, step by step. Nothing is kept: where the walk stands goes to the caller, sealed, and comes back. */
export function runRoutes(deps: RunRoutesDeps): Route[] {
  const shape = {
    method: 'POST',
    maxBody: MAX_BODY,
    input: { body: runBody },
    output: {
      200: ranView,
      400: 'The flow, the facts or the state cannot be read',
      404: 'No such flow',
      409: 'The flow is another by now',
    },
  } as const;
  return [
    route({
      ...shape,
      path: '/admin/v1/flows/:id/run',
      access: 'admin:flows:read',
      audit: ['admin.read'],
      summary:
        'Run a draft or a version with made-up facts: context before and after each step, what a page would offer; calls are simulated',
      handle: (call) => run(deps, call, undefined),
    }),
    route({
      ...shape,
      path: '/admin/v1/flows/:id/run/live',
      access: 'admin:flows:write',
      audit: ['admin.changed'],
      summary: 'The same with calls that are really made, each an entry before it leaves, and their traffic without secrets',
      handle: (call) => run(deps, call, live(deps, call)),
    }),
  ];
}

type RunCall = Call<z.output<typeof runBody>>;

async function run({ desk, roles, ...deps }: RunRoutesDeps, call: RunCall, liveCall: LiveCall | undefined): Promise<Reply> {
  const { body, now } = call;
  const id = call.params['id'] ?? '';
  const asked: RunRequest = { ...body, id, now };
  const done = await carryOut(
    { ...deps, book: desk.book(), roles: roles.current(), mayReadPeople: mayReadPeople(call.admin), live: liveCall },
    asked,
  );
  if (done.ok) return json(200, done.value);
  return done.error === 'not_found' ? notFound('flow', id) : problem(refusalOf(done.error));
}

function refusalOf(error: 'flow_changed' | { faults: readonly { field: string; message: string }[] }): Problem {
  if (error !== 'flow_changed') return badInput(error.faults, 'The flow cannot be run');
  const detail = 'It was changed since the state was made, or the state is of another flow. Begin again without one.';
  return { status: 409, type: 'flow_changed', title: 'The state belongs to another flow', detail, field: 'state' };
}

function mayReadPeople(admin: AdminPrincipal | undefined): boolean {
  const may = (scope: string): boolean => admin?.scopes === 'all' || admin?.scopes.has(scope) === true;
  return may('admin:users:read') && may('admin:tenants:read');
}

/** What leaves the house leaves an entry first. */
function live({ audit, call }: RunRoutesDeps, by: RunCall): LiveCall {
  return async (of) => {
    await audit.record(calledEntry(by, of.call));
    return call(of);
  };
}

function calledEntry(by: RunCall, { method, url }: { method: string; url: string }): EventDraft {
  const { initiator, actor, origin } = authorOf(by);
  const host = URL.canParse(url) ? new URL(url).host : '';
  return {
    type: 'admin.changed',
    initiator,
    actor,
    target: { type: 'flow', id: by.params['id'] ?? '' },
    outcome: 'success',
    origin,
    data: { deed: 'called', method, host },
  };
}
