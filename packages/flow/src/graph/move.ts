import type { JourneyEffect, Page } from './effect.ts';
import type { NodeEvent } from './event.ts';
import type { UserFacts } from './facts.ts';
import { piecesOf } from './formula.ts';
import type { Json } from './json.ts';
import type { Move, Standing } from './meaning.ts';
import type { Formula } from './shape.ts';
import { quiet, type JourneyApproval, type JourneyDenial, type JourneyProof, type JourneyState } from './state.ts';

export const MISPLACED: Move = { kind: 'misplaced' };

export function leave(state: JourneyState, branch = 'next', outputs?: Readonly<Record<string, Json>>): Move {
  return { kind: 'leave', state, branch, ...(outputs === undefined ? {} : { outputs }) };
}

export function stay(state: JourneyState, effect: JourneyEffect): Move {
  return { kind: 'stay', state, effect };
}

/** `otherwise`: what a client that allows no page hears. */
export function show(state: JourneyState, page: Page, otherwise: JourneyDenial['error'] = 'interaction_required'): Move {
  return { kind: 'show', state, page, otherwise };
}

export function deny(
  state: JourneyState,
  error: JourneyDenial['error'],
  reason: string,
  more: { message?: string; decision?: string } = {},
): Move {
  return { kind: 'deny', state, denial: { error, reason, ...more } };
}

/** By this branch if the author drew it; else the journey ends with `error`. */
export function leaveOrDeny(at: Standing<unknown>, branch: string, error: JourneyDenial['error'], reason: string): Move {
  return at.draws(branch) ? leave(quiet(at.state), branch) : deny(at.state, error, reason);
}

/** Somebody must have signed in before this node; a graph that leads here otherwise is drawn wrong, and nothing comes of it. */
export function withProof(state: JourneyState, then: (proof: JourneyProof) => Move): Move {
  return state.proof === undefined ? deny(state, 'access_denied', 'not_authenticated') : then(state.proof);
}

/** The node shows its page again, or another of its pages, with what there is to say. */
export function turnPage(
  at: Standing<unknown>,
  event: Extract<NodeEvent, { kind: 'pageTurned' }>,
  again: (state: JourneyState) => Move,
): Move {
  const { notice, detail, email, page = at.state.page } = event;
  return again({
    ...quiet(at.state),
    ...(page === undefined ? {} : { page }),
    ...(notice === undefined ? {} : { notice }),
    ...(detail === undefined ? {} : { detail }),
    ...(email === undefined ? {} : { email }),
  });
}

type SignedIn = Extract<NodeEvent, { kind: 'signedIn' }>;

/** A proof has come. `then` sees the page that is to be shown first, if there is one. Of somebody else than before: nothing that was settled for the other is carried over. */
export function signedIn(state: JourneyState, { proof, user, page }: SignedIn, then: (state: JourneyState) => Move): Move {
  const { first: _first, demand: _demand, ...rest } = quiet(state);
  const shown = page === undefined ? {} : { page };
  const known: JourneyState = { ...rest, ...shown, proof, provenHere: true, accountKept: true };
  const another = state.proof !== undefined && state.proof.userId !== proof.userId;
  return another ? { kind: 'restart', state: { ...known, facts: { ...known.facts, user } } } : then(withUser(known, user));
}

/** Facts of the user as they are now, with the roles of the tenant that was chosen already. */
export function withUser(state: JourneyState, user: UserFacts): JourneyState {
  const before = state.facts.user;
  const placed =
    state.facts.tenant === undefined || before === undefined ? user : { ...user, roles: before.roles, permissions: before.permissions };
  return { ...state, facts: { ...state.facts, user: placed } };
}

/** The first factor was right, and signs nobody in: the page of the second is open, and the first waits. */
export function half(state: JourneyState, event: Extract<NodeEvent, { kind: 'firstProven' }>): JourneyState {
  const { first, page, email = state.email, notice } = event;
  const words = { ...(email === undefined ? {} : { email }), ...(notice === undefined ? {} : { notice }) };
  return { ...quiet(state), first, page, ...words };
}

export type Written<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** A text with its holes filled. `escape`: what keeps a value from meaning something else where it lands. */
export function fill(at: Standing<unknown>, text: string, escape: (value: string) => string = (value) => value): Written<string> {
  let filled = '';
  for (const piece of piecesOf(text)) {
    if (piece.kind === 'words') filled += piece.text;
    else {
      const given = at.evaluate(piece.text, 'text');
      if (!given.ok) return given;
      filled += escape(typeof given.value === 'string' ? given.value : JSON.stringify(given.value));
    }
  }
  return { ok: true, value: filled };
}

/** The values of named expressions; one that fails fails all. */
export function evaluateAll(
  at: Standing<unknown>,
  named: Readonly<Record<string, string>>,
  gives: Formula['gives'] = 'any',
): Written<Readonly<Record<string, Json>>> {
  const values: [string, Json][] = [];
  for (const [name, text] of Object.entries(named)) {
    const given = at.evaluate(text, gives);
    if (!given.ok) return { ok: false, reason: `${name}: ${given.reason}` };
    values.push([name, given.value]);
  }
  return { ok: true, value: Object.fromEntries(values) };
}

/** An expression failed while the journey ran: nothing is guessed. */
export function formulaFailed(at: Standing<unknown>, reason: string): Move {
  return at.draws('failed') ? leave(quiet(at.state), 'failed') : deny(at.state, 'server_error', `${at.id}: ${reason}`);
}

/** The state without what this node was told before: it asks anew. */
export function unasked({ id, state }: Standing<unknown>): JourneyState {
  const { [id]: _before, ...approvals } = state.approvals;
  return { ...state, approvals };
}

export function allowed(at: Standing<unknown>, approval: JourneyApproval): Move {
  return leave({ ...quiet(at.state), approvals: { ...at.state.approvals, [at.id]: approval } });
}

/** A no takes back every yes of this journey, so that no way round leads to a token. */
export function notAllowed(at: Standing<unknown>, branch: string, reason: string): Move {
  return leaveOrDeny({ ...at, state: { ...at.state, approvals: {} } }, branch, 'access_denied', reason);
}
