import { exportFlow, type LintCode } from '@writ/flow';
import type { Problem } from '@writ/admin-api';
import { ask, read } from '../api/client.ts';
import { faultsOf } from '../api/refused.ts';
import type { Canvas } from './model/draft.ts';
import type { Finding } from './model/judge.ts';
import { documentIn, graphIn, NOT_ASSIGNED, type FlowRecord } from './model/record.ts';
import type { Value } from '../api/use-read.ts';
import { ranOf } from './model/run.ts';
import type { Done, FlowHub, RunAsked, RunDone, Target } from './ui/hub.ts';

export type FlowAnswer = Value<'getFlowsById'>;

export function recordOf(answer: FlowAnswer): FlowRecord {
  const { layout, builtIn, published, ahead, assigned, version } = answer;
  return {
    graph: graphIn(documentIn(answer)),
    layout,
    builtIn,
    // Of a built-in flow that was only drawn anew, what came with the hub is in force.
    published: published ?? (builtIn ? AS_IT_CAME : null),
    ahead,
    assigned: { ...NOT_ASSIGNED, ...assigned },
    version,
  };
}

const AS_IT_CAME: FlowRecord['published'] = {
  version: 0,
  digest: '',
  at: 0,
  by: { initiator: 'hub', user: null, client: null },
  note: null,
  rolledBackTo: null,
};

/** Draft and places of one flow, whether it was there before or not. `version`: of the record that was changed; none: there is none yet. */
export async function saveFlow(canvas: Canvas, document: string, version: number | undefined): Promise<Done> {
  const body = { ...JSON.parse(document), layout: canvas.layout };
  delete body.id;
  const answer = await ask('putFlowsById', {
    path: { id: canvas.draft.id },
    body,
    ...(version === undefined ? {} : { ifMatch: tagOf(version) }),
  });
  return answer.ok ? { ok: true } : refusal(answer.problem);
}

/** The hub's side of one flow. `changed` is called after each deed that went through. */
export function hubOf(record: FlowRecord, changed: () => Promise<void>): FlowHub {
  const { id } = record.graph;
  const path = { id };
  const ifMatch = tagOf(record.version);
  const after = async (done: Promise<{ ok: true } | { ok: false; problem: Problem }>): Promise<Done> => {
    const answer = await done;
    if (!answer.ok) return refusal(answer.problem);
    await changed();
    return { ok: true };
  };
  return {
    save: async (graph, canvas) => {
      const done = await saveFlow(canvas, exportFlow(graph), record.version);
      if (done.ok) await changed();
      return done;
    },
    // The draft was perhaps saved a moment ago: what is published is the draft as it is now.
    publish: (note) => after(ask('postFlowsByIdPublish', { path, body: note === '' ? {} : { note } })),
    rollBack: (version) => after(ask('postFlowsByIdRollback', { path, body: { version }, ifMatch })),
    assign: (target, on) => after(ask(on ? 'postFlowsByIdAssign' : 'postFlowsByIdUnassign', { path, body: bodyOf(target) })),
    // Nothing is there any more to be read anew.
    remove: async () => {
      const answer = await ask('deleteFlowsById', { path, ifMatch });
      return answer.ok ? { ok: true } : refusal(answer.problem);
    },
    versions: async () => (await read('getFlowsByIdVersions', { path, query: { limit: 100 } })).items,
    version: async (version) => graphIn((await read('getFlowsByIdVersionsByVersion', { path: { id, version: String(version) } })).document),
    check: async (graph) => {
      const { lints } = await read('postFlowsValidate', { body: { flow: JSON.parse(exportFlow(graph)) } });
      return lints.filter(({ code }) => !FOUND_HERE.has(code)).map(findingOf);
    },
  };
}

/** What the editor finds by itself, at every pause. The rest only the hub knows: names that lead to nothing, a purpose that is taken. */
const FOUND_HERE: ReadonlySet<string> = new Set<LintCode>([
  'missing_branch',
  'unreachable',
  'no_way_out',
  'no_complete',
  'no_consent',
  'no_sign_in',
  'no_tenant',
  'factor_after_consent',
  'no_time_limit',
  'restless_loop',
  'needs_person',
  'bad_expression',
  'unknown_yet',
  'maybe_missing',
  'bad_secret',
  'subflow',
]);

function findingOf({ code, severity, message, node, path }: Value<'postFlowsValidate'>['lints'][number]): Finding {
  return { code, severity, message, path: path ?? '', ...(node === null ? {} : { node }) };
}

function bodyOf(target: Target) {
  switch (target.kind) {
    case 'client':
      return { client: target.id };
    case 'resource':
      return { resource: target.id };
    case 'tenant':
      return { tenant: target.id };
    case 'everywhere':
      return { everywhere: true as const };
  }
}

function tagOf(version: number): string {
  return `"${String(version)}"`;
}

function refusal(problem: Problem): Done {
  const faults = faultsOf(problem).map(({ field, message }) => (field === '' ? message : `${field}: ${message}`));
  if (problem.status === 412)
    return { ok: false, message: 'Somebody else has changed this flow meanwhile. Load the page again to see it; copy your text first.' };
  return { ok: false, message: [problem.detail ?? problem.title, ...faults].join(' · ') };
}

/** What is drawn, saved or not, with a made-up request. */
export async function runAt(id: string, { graph, facts, live, answers, state }: RunAsked): Promise<RunDone> {
  const body = { flow: JSON.parse(exportFlow(graph)), facts, answers: [...answers], ...(state === undefined ? {} : { state }) };
  const answer = await ask(live ? 'postFlowsByIdRunLive' : 'postFlowsByIdRun', { path: { id }, body });
  if (answer.ok) return { ok: true, ran: ranOf(answer.value) };
  const refused = refusal(answer.problem);
  return { ok: false, message: refused.ok ? '' : refused.message };
}
