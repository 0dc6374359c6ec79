import type { CompiledFlow } from './compile.ts';
import type { JourneyEffect } from './effect.ts';
import type { Arrived, JourneyEvent } from './event.ts';
import { DEMANDS } from './facts.ts';
import { draws } from './graph.ts';
import type { Json } from './json.ts';
import { meaningOf, type GraphNode } from './kinds.ts';
import type { Move, Standing } from './meaning.ts';
import { withUser } from './move.ts';
import { approvalOf, beginJourney, type JourneyDenial, type JourneyProof, type JourneyState, type Passage } from './state.ts';

/** A node that was left in this step, with what it gave, and the state that it was left in: what the inspector shows. */
export type Passed = Passage & { readonly outputs: Readonly<Record<string, Json>>; readonly state: JourneyState };

/**
 * What the journey becomes, and what is to be done now. `secrets`: values that came with this event, by `<node>.<output>`; they are to be
 * sealed and kept beside the state, which never holds them.
 */
export type JourneyStep = {
  readonly state: JourneyState;
  readonly effect: JourneyEffect;
  readonly passed: readonly Passed[];
  readonly secrets: Readonly<Record<string, string>>;
};

/** A journey that enters more nodes than this runs in a circle, whoever keeps it going. */
export const MAX_TURNS = 300;

/**
 * One step. Pure; `now` in milliseconds. An event that answers another turn, or does not belong to the node, changes nothing (`misplaced`):
 * an old page sent again must not move the journey.
 */
export function advance(flow: CompiledFlow, state: JourneyState, event: JourneyEvent, now: number): JourneyStep {
  const run: Run = { flow, now, passed: [], secrets: {} };
  const misplaced = { ...run, state, effect: { kind: 'misplaced' } as const };
  if (state.over !== undefined) return told(misplaced);
  if (event.kind === 'arrived') return arrive(run, state, event);
  if (event.turn !== state.turn || state.turn === 0) return told(misplaced);
  if (state.denial !== undefined)
    return event.kind === 'acknowledged' || event.kind === 'refused' ? refuse(run, state, state.denial) : told(misplaced);
  const at = standing(run, state);
  const move = meaningOf(at.node).take(at, event);
  if (move.kind !== 'misplaced') return carry(run, state, move);
  // "Cancel" is on every page.
  return event.kind === 'refused' ? refuse(run, state, { error: 'access_denied', reason: 'user_refused' }) : told(misplaced);
}

type Run = { readonly flow: CompiledFlow; readonly now: number; readonly passed: Passed[]; secrets: Record<string, string> };

function told({
  state,
  effect,
  passed,
  secrets,
}: Pick<Run, 'passed' | 'secrets'> & { state: JourneyState; effect: JourneyEffect }): JourneyStep {
  return { state, effect, passed, secrets };
}

/**
 * The page is asked for: what depends on the session is judged anew, because it may have ended, or be another's, since the last page. What
 * was settled for one account is never carried over to another.
 */
function arrive(run: Run, state: JourneyState, event: Arrived): JourneyStep {
  const proof = event.proof?.sessionId === state.shunned ? undefined : event.proof;
  const known = withParties(state, event, proof !== undefined);
  if (state.turn === 0) return begin(run, proof === undefined ? known : { ...known, proof });
  if (proof?.sessionId === state.proof?.sessionId) return again(run, proof === undefined ? known : { ...known, proof });
  const newcomer = { ...known, provenHere: false, accountKept: false };
  const fresh = restarted(run.flow, proof === undefined ? newcomer : { ...newcomer, proof }, proof === undefined);
  return begin(run, state.proof === undefined ? fresh : { ...fresh, notice: 'session_ended' });
}

function withParties(state: JourneyState, { client, resource, user }: Arrived, proven: boolean): JourneyState {
  const facts = { ...state.facts, ...(client === undefined ? {} : { client }), ...(resource === undefined ? {} : { resource }) };
  const known = { ...state, facts };
  return proven && user !== undefined ? withUser(known, user) : known;
}

/** The journey from its start, with nothing of what was settled; `alone`: nobody is signed in. */
function restarted(flow: CompiledFlow, state: JourneyState, alone: boolean): JourneyState {
  const { request, client, resource, user } = state.facts;
  const parties = { request, client, ...(resource === undefined ? {} : { resource }) };
  const facts = alone || user === undefined ? parties : { ...parties, user };
  const { turn, proof, shunned, email, provenHere, accountKept } = state;
  return {
    ...beginJourney(flow.graph.start, state.ask, facts),
    turn,
    ...(shunned === undefined ? {} : { shunned }),
    ...(email === undefined ? {} : { email }),
    ...(alone || proof === undefined ? {} : { proof }),
    provenHere: !alone && provenHere,
    accountKept: !alone && accountKept,
  };
}

/** What a newcomer has to be shown (recovery codes) is shown where they signed in, on the way of the restart. */
function withPage(state: JourneyState, page: string | undefined): JourneyState {
  return page === undefined ? state : { ...state, page };
}

function begin(run: Run, state: JourneyState): JourneyStep {
  return carry(run, state, enter(run, state, run.flow.graph.start));
}

/** The node where the journey stands, looked at again. */
function again(run: Run, state: JourneyState): JourneyStep {
  if (state.denial !== undefined) return denied(run, state, state.denial);
  const at = standing(run, state);
  return carry(run, state, meaningOf(at.node).enter(at));
}

function enter(run: Run, state: JourneyState, id: string): Move {
  if (state.turn >= MAX_TURNS) return { kind: 'deny', state, denial: { error: 'server_error', reason: 'too_many_steps' } };
  const at = standing(run, { ...state, at: id, turn: state.turn + 1 });
  return meaningOf(at.node).enter(at);
}

/** Moves until something has to be done by somebody. `before`: where a node did not take the event. */
function carry(run: Run, before: JourneyState, first: Move): JourneyStep {
  let move = first;
  for (;;) {
    switch (move.kind) {
      case 'misplaced':
        return told({ ...run, state: before, effect: { kind: 'misplaced' } });
      case 'stay':
        return told({ ...run, state: move.state, effect: move.effect });
      case 'show':
        return shown(run, move);
      case 'deny':
        return denied(run, move.state, move.denial);
      case 'finish':
        return finished(run, move.state, move.outputs);
      case 'restart':
        move = enter(run, withPage(restarted(run.flow, move.state, false), move.state.page), run.flow.graph.start);
        break;
      case 'startOver':
        move = enter(run, restarted(run.flow, shunning(before), true), run.flow.graph.start);
        break;
      case 'leave':
        move = follow(run, move);
        break;
    }
  }
}

function shunning(state: JourneyState): JourneyState {
  const { email: _email, ...rest } = state;
  return state.proof === undefined ? rest : { ...rest, shunned: state.proof.sessionId };
}

function follow(run: Run, { state, branch, outputs = {}, secrets = {} }: Extract<Move, { kind: 'leave' }>): Move {
  const { at } = state;
  const next = run.flow.graph.edges[at]?.[branch];
  for (const [name, value] of Object.entries(secrets)) run.secrets[`${at}.${name}`] = value;
  const left: JourneyState = { ...state, outputs: { ...state.outputs, [at]: outputs }, trail: [...state.trail, { node: at, branch }] };
  run.passed.push({ node: at, branch, outputs, state: left });
  if (next !== undefined) return enter(run, left, next);
  return { kind: 'deny', state: left, denial: { error: 'server_error', reason: `${at}: ${branch} leads nowhere` } };
}

/** A page, unless the client said that there must be none (`prompt=none`), or there is nobody to show it to. */
function shown(run: Run, { state, page, otherwise }: Extract<Move, { kind: 'show' }>): JourneyStep {
  if (state.ask.silent) return refuse(run, state, { error: otherwise, reason: `prompt_none:${otherwise}` });
  const { page: sub, email, notice, detail } = state;
  const words = {
    ...(sub === undefined ? {} : { sub }),
    ...(email === undefined ? {} : { email }),
    ...(notice === undefined ? {} : { notice }),
    ...(detail === undefined ? {} : { detail }),
  };
  return told({ ...run, state, effect: { kind: 'show', page, ...words } });
}

/** The person reads a sentence first and then goes back; where nobody is, the client hears at once. */
function denied(run: Run, state: JourneyState, denial: JourneyDenial): JourneyStep {
  if (state.ask.silent || !DEMANDS[run.flow.graph.purpose].person) return refuse(run, state, denial);
  const { message } = denial;
  const page = { kind: 'denied' as const, ...(message === undefined ? {} : { message }) };
  return told({ ...run, state: { ...state, denial }, effect: { kind: 'show', page } });
}

function refuse(run: Run, state: JourneyState, denial: JourneyDenial): JourneyStep {
  return told({ ...run, state: { ...state, denial, over: 'refused' }, effect: { kind: 'refuse', denial } });
}

/** The last gate: whatever the graph looks like, nothing comes of a journey that lacks what its purpose demands. */
function finished(run: Run, state: JourneyState, outputs: Readonly<Record<string, Json>>): JourneyStep {
  const demands = DEMANDS[run.flow.graph.purpose];
  const { proof, claims, trail } = state;
  const approval = approvalOf(state);
  if (demands.proof && proof === undefined) return denied(run, state, { error: 'access_denied', reason: 'not_authenticated' });
  if (demands.consent && approval === undefined) return denied(run, state, { error: 'access_denied', reason: 'no_consent' });
  if (proof !== undefined && !factorsHold(run, trail, proof))
    return denied(run, state, { error: 'unmet_authentication_requirements', reason: 'factor_lost' });
  const tenantId = state.facts.tenant?.id;
  const end = {
    ...(proof === undefined ? {} : { proof }),
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(approval === undefined ? {} : { approval }),
    claims,
    outputs,
    trail: [...trail, { node: state.at, branch: '' }],
  };
  return told({ ...run, state: { ...state, over: 'finished' }, effect: { kind: 'finish', end } });
}

/** A later and weaker sign-in must not stand for a factor that was asked for on the way. */
function factorsHold(run: Run, trail: readonly Passage[], proof: JourneyProof): boolean {
  return trail.every(({ node, branch }) => {
    const passed = run.flow.graph.nodes[node];
    return passed?.kind !== 'stepUp' || branch !== 'next' || passed.acr.includes(proof.acr);
  });
}

function standing(run: Run, state: JourneyState): Standing<GraphNode> {
  const { flow, now } = run;
  const node = flow.graph.nodes[state.at];
  if (node === undefined) throw new Error(`the flow ${flow.graph.id} has no node ${state.at}`);
  const id = state.at;
  return {
    node,
    id,
    state,
    now,
    key: `${id}#${String(state.turn)}`,
    draws: (branch) => draws(flow.graph, id, branch),
    evaluate: (text, gives, response) => flow.evaluate(id, { text, gives, ...(response === undefined ? {} : { response }) }, state, now),
  };
}
