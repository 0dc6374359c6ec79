import type { z } from 'zod';
import { authorOf, CHANGED_MEANWHILE, isPreconditionMet } from '../../base/http/admin.ts';
import type { Db } from '../../base/db.ts';
import { problem, type Problem, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { collectionRoutes, type Collection, type CollectionDeps } from '../audit/collection.http.ts';
import { commitDeed } from '../audit/deed.store.ts';
import type { Resource } from '../resources/resource.ts';
import { setAssigned } from './assignment.store.ts';
import { flowConfig, type FlowInput } from './config.ts';
import { saveDraft } from './draft.store.ts';
import type { Flow } from './flow.ts';
import { checkHere } from './known.store.ts';
import { removeFlow } from './remove.store.ts';
import { findFlow, holdFlows, listFlows } from './store.ts';
import { purposeProblems } from './unfit.http.ts';
import { flowView, presentFlow } from './view.ts';
import type { Tx } from '../../base/db.ts';

/** `settled`: this node's book of flows has taken the change in. */
export type FlowRoutesDeps = CollectionDeps & { builtIn: readonly Resource[] };

/** Bytes of a flow at most: three hundred nodes with long texts. Every expression in it is read and type-checked while everybody else waits. */
export const MAX_FLOW = 400_000;

/** Flows as they are drawn: a collection like any other. Saving one changes nothing that runs; publishing does. */
export function flowRoutes(deps: FlowRoutesDeps): Route[] {
  const flows: Collection<Flow, z.output<typeof flowConfig>> = {
    kind: 'flow',
    plural: 'flows',
    config: flowConfig,
    view: flowView,
    maxBody: MAX_FLOW,
    writes: { put: ['flow.changed', 'flow.assigned', 'flow.unassigned'], remove: ['flow.changed'] },
    present: presentFlow,
    idOf: (flow) => flow.id,
    list: listFlows,
    find: findChecked,
    put: (tx, input, by) => putFlow(tx, input, by, deps),
  };
  return [...collectionRoutes(deps, flows), removeRoute(deps)];
}

/** One flow with what the checks say of its draft. */
export async function findChecked(db: Db, id: string): Promise<Flow | undefined> {
  const flow = await findFlow(db, id);
  if (flow === undefined) return undefined;
  const { problems } = await checkHere(db, flow.draft);
  return { ...flow, problems: [...problems, ...purposeProblems(flow.draft, flow)] };
}

async function putFlow(
  tx: Tx,
  { id, graph, layout, assign }: FlowInput,
  by: Author,
  { builtIn }: FlowRoutesDeps,
): Promise<Result<PutOutcome<Flow>, Problem>> {
  const saved = await saveDraft(tx, graph, layout, by);
  if (assign === undefined) return ok(saved);
  const assigned = await setAssigned(tx, id, assign, by, builtIn);
  if (!assigned.ok) return assigned;
  const { value, entries, changed, outcome } = assigned.value;
  return ok({
    outcome: saved.outcome === 'unchanged' ? outcome : saved.outcome,
    value: { ...value, problems: saved.value.problems ?? [] },
    entries: [...saved.entries, ...entries],
    changed,
  });
}

function removeRoute(deps: FlowRoutesDeps): Route {
  return route({
    method: 'DELETE',
    path: '/admin/v1/flows/:id',
    access: 'admin:flows:write',
    audit: ['flow.changed'],
    summary: 'Remove a flow; its versions stay. A built-in one is then as it came again',
    output: {
      204: 'Removed',
      404: 'No such id',
      409: 'It is assigned, somebody is on their way through it, or it is built in and nothing stands in its place',
      412: 'If-Match names another version',
    },
    handle: (call) => remove(deps, call),
  });
}

async function remove(deps: FlowRoutesDeps, call: Call): Promise<Reply> {
  const done = await changing(deps, call, (tx, id, by) => removeFlow(tx, id, call.now, by));
  return done.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : problem(done.error);
}

/** A deed on one flow, by whoever has seen its present state (If-Match); of two at once the second waits, and is judged by what the first left. */
export async function changing(
  { audit, settled }: FlowRoutesDeps,
  call: Call<unknown, unknown>,
  deed: (tx: Tx, id: string, by: Author) => Promise<Result<PutOutcome<Flow>, Problem>>,
): Promise<Result<PutOutcome<Flow>, Problem>> {
  const id = call.params['id'] ?? '';
  const by = authorOf(call);
  const outcome = await commitDeed<PutOutcome<Flow>, Problem>(audit, async (tx) => {
    await holdFlows(tx);
    if (!isPreconditionMet(call.request, (await findFlow(tx, id))?.version)) return fail(CHANGED_MEANWHILE);
    return deed(tx, id, by);
  });
  if (outcome.ok) await settled?.();
  return outcome;
}
