import { beginJourney, parseFlow, type FlowGraph, type HttpCall, type JourneyEffect, type Json } from '@writ/flow';
import type { Db } from '../../base/db.ts';
import type { FieldFault } from '../../base/http/admin.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import type { Rulebook } from '../policies/rulebook.ts';
import type { Role } from '../tenants/tenant.ts';
import { builtInOf } from './built-in.ts';
import { compiledOf } from './by-digest.ts';
import { faultsIn, type FlowProblem } from './check.ts';
import { graphOfSource } from './config.ts';
import { checkHere } from './known.store.ts';
import { describedUser, sceneOf, type Scene, type SceneDeps } from './run-facts.store.ts';
import type { RunAnswer, RunFacts } from './run-input.ts';
import { offeredScopes } from './run-offer.ts';
import { walk, type Called, type RunResult, type Standing } from './run.ts';
import { findFlow } from './store.ts';
import { findBody, findVersion } from './version.store.ts';
import { presentProblem } from './view.ts';

export type RunDeps = SceneDeps & {
  box: SecretBox;
  book: Rulebook;
  roles: readonly Role[];
  live: ((of: { call: HttpCall; key: string; onTraffic(traffic: unknown): void }) => Promise<LiveAnswer>) | undefined;
};
type LiveAnswer =
  | { kind: 'answered'; status: number; headers: Readonly<Record<string, string>>; body: Json }
  | { kind: 'failed'; reason: string };

export type RunRequest = {
  id: string;
  flow?: unknown;
  version?: number | undefined;
  facts?: RunFacts | undefined;
  answers: readonly RunAnswer[];
  state?: string | undefined;
  now: number;
};

type Refusal = 'not_found' | 'flow_changed' | { faults: readonly FieldFault[] };

/** What goes to the caller and comes back: sealed, so that it is whole and of this hub. `people`: it was made for somebody who may read them. */
type Kept = Standing & { digest: string; facts: RunFacts; people: boolean };

/** Finds the flow, puts the scene together, walks. */
export async function carryOut(deps: RunDeps, request: RunRequest): Promise<Result<Record<string, unknown>, Refusal>> {
  const found = await flowOf(deps.db, request);
  if (!found.ok) return found;
  const { graph, digest, problems } = found.value;
  const kept = request.state === undefined ? undefined : opened(deps.box, request.state);
  if (request.state !== undefined && kept === undefined) return fail({ faults: [{ field: 'state', message: 'is none of this hub' }] });
  if (kept?.people === true && !deps.mayReadPeople)
    return fail({ faults: [{ field: 'state', message: 'was made for somebody who may read users and tenants; begin again' }] });
  if (kept !== undefined && kept.digest !== digest) return fail('flow_changed');
  const facts = request.facts ?? kept?.facts ?? {};
  const scene = await sceneOf(deps, facts);
  const ran = await walked(deps, request, { graph, digest, scene, facts, kept });
  const { steps, state, effect, stray, unused } = ran;
  return ok({
    steps,
    waits: waitsFor(effect),
    effect: effect ?? null,
    state: sealed(deps.box, { digest, facts, state, effect, people: deps.mayReadPeople }),
    stray: stray ?? null,
    unused,
    digest,
    lints: problems.map(presentProblem),
    unknown: scene.unknown,
  });
}

/** Everybody else waits while expressions are evaluated: a walk of a heavy flow in a circle is cut into several requests. */
const LONGEST_MS = 1_000;

type Walking = { graph: FlowGraph; digest: string; scene: Scene; facts: RunFacts; kept: Kept | undefined };

async function walked(deps: RunDeps, { answers, now }: RunRequest, { graph, digest, scene, facts, kept }: Walking): Promise<RunResult> {
  const { book, roles, live } = deps;
  const deadline = performance.now() + LONGEST_MS;
  const state = kept?.state ?? beginJourney(graph.start, scene.ask, scene.facts);
  return walk({
    flow: compiledOf(digest, graph),
    state,
    effect: kept?.effect,
    answers,
    world: scene.world,
    now,
    session: facts.session,
    userOf: (answer) => (answer.kind === 'signedIn' && answer.user !== undefined ? describedUser(answer.user) : undefined),
    mayGoOn: () => performance.now() < deadline,
    offers: (at) => offeredScopes(at, { resource: scene.resource, book, roles, purpose: graph.purpose, now }),
    ...(live === undefined ? {} : { call: (effect) => really(live, effect) }),
  });
}

async function really(live: NonNullable<RunDeps['live']>, { call, key }: Extract<JourneyEffect, { kind: 'callHttp' }>): Promise<Called> {
  let traffic: Json | undefined;
  const answer = await live({ call, key: `run#${key}`, onTraffic: (one) => (traffic = JSON.parse(JSON.stringify(one))) });
  return { event: answer, traffic };
}

function waitsFor(effect: JourneyEffect | undefined): 'person' | 'world' | 'nobody' {
  if (effect === undefined || effect.kind === 'finish' || effect.kind === 'refuse') return 'nobody';
  return effect.kind === 'show' ? 'person' : 'world';
}

type Runnable = { graph: FlowGraph; digest: string; problems: readonly FlowProblem[] };

async function flowOf(db: Db, { id, flow, version }: RunRequest): Promise<Result<Runnable, Refusal>> {
  if (flow !== undefined) {
    const parsed = parseFlow(flow);
    if (!parsed.ok)
      return fail({ faults: parsed.faults.map(({ path, message }) => ({ field: path === '' ? 'flow' : `flow.${path}`, message })) });
    return runnable(db, parsed.graph);
  }
  if (version === undefined) {
    const draft = (await findFlow(db, id))?.draft;
    return draft === undefined ? fail('not_found') : runnable(db, draft);
  }
  const builtIn = version === 0 ? builtInOf(id) : undefined;
  if (builtIn !== undefined) return ok({ graph: builtIn.graph, digest: builtIn.digest, problems: [] });
  const found = await findVersion(db, id, version);
  const graph = found === undefined ? undefined : await findBody(db, found.digest);
  if (found === undefined || graph === undefined) return fail('not_found');
  const { problems } = await checkHere(db, graphOfSource(id, found.source));
  return ok({ graph, digest: found.digest, problems });
}

/** A draft with errors runs as far as it can. One that cannot be put together does not, nor one that runs in a circle without waiting for anybody. */
async function runnable(db: Db, draft: FlowGraph): Promise<Result<Runnable, Refusal>> {
  const { problems, made } = await checkHere(db, draft);
  const restless = problems.filter(({ code }) => code === 'restless_loop');
  if (restless.length > 0) return fail({ faults: faultsIn(restless) });
  return made === undefined ? fail({ faults: faultsIn(problems) }) : ok({ graph: made.graph, digest: made.digest, problems });
}

const CONTEXT = 'flow-run';

function sealed(box: SecretBox, kept: Kept): string {
  return box.seal(JSON.stringify(kept), CONTEXT).toString('base64url');
}

/** Undefined for whatever this hub did not seal itself. */
function opened(box: SecretBox, state: string): Kept | undefined {
  try {
    const kept: Kept = JSON.parse(box.open(Buffer.from(state, 'base64url'), CONTEXT).toString('utf8'));
    return kept;
  } catch {
    return undefined;
  }
}
