import {
  advance,
  contextAt,
  placeOf,
  type CompiledFlow,
  type JourneyEffect,
  type JourneyEvent,
  type JourneyState,
  type JourneyStep,
  type Json,
  type NodeEvent,
  type UserFacts,
} from '@writ/flow';
import { eventOf, takes, worldSays, type RunWorld } from './run-answers.ts';
import type { RunAnswer, RunSession } from './run-input.ts';
import type { OfferedScope } from './run-offer.ts';
import { proofOf } from './run-session.ts';

/** One step as the inspector shows it. Contexts are the names as expressions see them; none of it holds a secret. */
export type RunStep = {
  event: { kind: JourneyEvent['kind']; status?: number; reason?: string };
  /** Whose word it was: the caller's, the made-up world's, or of a service that was really called. */
  from: Happening['from'];
  before: Context;
  /** Every node that was left, with what it gave, and the context after it. */
  passed: { node: string; branch: string; outputs: unknown; context: Context }[];
  /** Where the journey stands. */
  node: string;
  after: Context;
  effect: JourneyEffect;
  /** Names of values that came and are kept apart. */
  secrets: string[];
  /** What was sent and what came back, of a call that was really made. */
  traffic?: Json;
  /** What a consent page would offer. */
  offers?: readonly OfferedScope[];
};
export type Context = Readonly<Record<string, unknown>>;

/** Where a walk stands: the whole of it. `effect`: what is to be done now; absent: it has not begun. */
export type Standing = { state: JourneyState; effect?: JourneyEffect | undefined };

/** `stray`: which answer did not fit where it came; `unused`: how many were left over at the end. */
export type RunResult = Standing & { steps: RunStep[]; stray?: number; unused: number };

export type Run = Standing & {
  flow: CompiledFlow;
  answers: readonly RunAnswer[];
  world: RunWorld;
  now: number;
  /** An open session of this browser, when the journey begins. */
  session?: RunSession | undefined;
  userOf(answer: RunAnswer): UserFacts | undefined;
  offers(state: JourneyState): readonly OfferedScope[];
  /** False when the walk has taken long enough for one request; it goes on with the next. */
  mayGoOn(): boolean;
  /** Really calls; undefined: calls are simulated. */
  call?: ((effect: Extract<JourneyEffect, { kind: 'callHttp' }>) => Promise<Called>) | undefined;
};
export type Called = { event: NodeEvent; traffic: Json | undefined };

type Happening = { event: JourneyEvent; from: 'caller' | 'world' | 'service'; traffic?: Json | undefined };

/** Enough for any person; a walk that is longer goes on with the next request. */
const MOST_STEPS = 200;

/**
 * Walks a flow with what the caller says happens, by the function that moves real journeys. What nobody answers is filled in from the made-up world, or
 * the walk stands there until the next answers come.
 */
export async function walk(run: Run): Promise<RunResult> {
  const steps: RunStep[] = [];
  let { state, effect } = run;
  let used = 0;
  while (steps.length < MOST_STEPS && (steps.length === 0 || run.mayGoOn())) {
    const answer = run.answers[used];
    const next = await happening(run, { state, effect }, answer);
    if (next === undefined) return { steps, state, effect, ...leftOver(run, effect, used) };
    const step = advance(run.flow, state, next.event, run.now);
    if (next.from === 'caller') used += 1;
    if (step.effect.kind === 'misplaced') return { steps, state, effect, stray: used - 1, unused: run.answers.length - used };
    steps.push(shown(run, state, step, next));
    ({ state, effect } = step);
  }
  return { steps, state, effect, unused: run.answers.length - used };
}

function leftOver({ answers }: Run, effect: JourneyEffect | undefined, used: number): { stray?: number; unused: number } {
  const unused = answers.length - used;
  const over = effect?.kind === 'finish' || effect?.kind === 'refuse';
  return unused > 0 && !over ? { stray: used, unused } : { unused };
}

/** What happens next. Undefined: it is over, nobody has said, or what was said does not belong here. */
async function happening(run: Run, { state, effect }: Standing, answer: RunAnswer | undefined): Promise<Happening | undefined> {
  if (effect === undefined) return { event: arrival(run, run.session), from: 'world' };
  if (effect.kind === 'finish' || effect.kind === 'refuse') return undefined;
  if (effect.kind === 'show') return answer === undefined ? undefined : said(run, state, answer);
  if (answer !== undefined && takes(effect, answer)) return said(run, state, answer);
  if (effect.kind === 'callHttp' && run.call !== undefined) {
    const { event, traffic } = await run.call(effect);
    return { event: { ...event, turn: state.turn }, from: 'service', traffic };
  }
  const event = worldSays(effect, state, run);
  return event === undefined ? undefined : { event: { ...event, turn: state.turn }, from: 'world' };
}

function said(run: Run, state: JourneyState, answer: RunAnswer): Happening | undefined {
  if (answer.kind === 'arrived') {
    const { session } = answer;
    if (session === undefined) return { event: same(state), from: 'caller' };
    return { event: arrival(run, session ?? undefined), from: 'caller' };
  }
  const event = eventOf(answer, { ...run, state });
  return event === undefined ? undefined : { event: { ...event, turn: state.turn }, from: 'caller' };
}

/** The page is loaded again, by the session of before. */
function same({ proof }: JourneyState): JourneyEvent {
  return { kind: 'arrived', ...(proof === undefined ? {} : { proof }) };
}

function arrival({ world, now }: Run, session: RunSession | undefined): JourneyEvent {
  const { user } = world;
  if (session === undefined || user === undefined) return { kind: 'arrived' };
  return { kind: 'arrived', proof: proofOf(user.id, session, now), user };
}

function shown(
  { flow, now, offers }: Run,
  before: JourneyState,
  { state, effect, passed, secrets }: JourneyStep,
  next: Happening,
): RunStep {
  const contextOf = (of: JourneyState): Context => contextAt(flow.graph, placeOf(of.at), of, now);
  const { event, from, traffic } = next;
  return {
    event: {
      kind: event.kind,
      ...(event.kind === 'answered' ? { status: event.status } : {}),
      ...(event.kind === 'failed' ? { reason: event.reason } : {}),
    },
    from,
    before: contextOf(before),
    passed: passed.map(({ node, branch, outputs, state: left }) => ({ node, branch, outputs, context: contextOf(left) })),
    node: state.at,
    after: contextOf(state),
    effect,
    secrets: Object.keys(secrets),
    ...(traffic === undefined ? {} : { traffic: hidden(traffic, secrets, keepsSecrets(flow, before.at)) }),
    ...(effect.kind === 'show' && ASKS_CONSENT.has(effect.page.kind) ? { offers: offers(state) } : {}),
  };
}

const ASKS_CONSENT: ReadonlySet<string> = new Set(['consent', 'tenantConsent']);

function keepsSecrets({ graph }: CompiledFlow, id: string): boolean {
  const node = graph.nodes[id];
  return node?.kind === 'http' && Object.values(node.outputs).some(({ type }) => type === 'secret');
}

const MASK = '…';

/**
 * What a node keeps as a secret is taken out of the answer, wherever it stands. Where such a node took nothing (its outputs did not fit), nobody can say
 * which part of the answer is the secret, and none is shown.
 */
function hidden(traffic: Json, secrets: Readonly<Record<string, string>>, keeps: boolean): Json {
  const values = Object.values(secrets).filter((value) => value !== '');
  const lost = keeps && values.length === 0;
  const clean = (text: string): string => values.reduce((rest, value) => rest.replaceAll(value, MASK), text);
  const shownOf = (value: Json, name: string): Json => {
    if (lost && name === 'body') return MASK;
    if (typeof value === 'string') return clean(value);
    if (isList(value)) return value.map((one) => shownOf(one, ''));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([member, inner]) => [clean(member), shownOf(inner, member)]));
  };
  return shownOf(traffic, '');
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
