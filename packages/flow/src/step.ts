import type { Flow, FlowNode } from './flow.ts';
import type { Denial, Effect, FlowEvent, FlowState, Mode, Notice, Proof, Screen, Step } from './state.ts';

/**
 * One step: what the journey becomes by `event` and what is to be done now. Pure; `now` in milliseconds.
 * An event that does not belong to the node where the journey stands changes nothing (`misplaced`): an old page sent again must not move it.
 */
export function step(flow: Flow, state: FlowState, event: FlowEvent, now: number): Step {
  if (event.kind === 'arrived') return arrive(flow, state, event.proof, now);
  const node = nodeAt(flow, state.at);
  if (state.denial !== undefined)
    return event.kind === 'acknowledged' || event.kind === 'refused' ? refuse(state, state.denial) : misplaced(state);
  if (event.kind === 'refused') return refuse(state, { error: 'access_denied', reason: 'user_refused' });
  switch (node.kind) {
    case 'identify':
      return choose(flow, state, event, now);
    case 'authenticate':
      return authenticate(flow, state, node, event, now);
    case 'selectTenant':
      return selectTenant(flow, state, node, event, now);
    case 'consent':
      return consent(flow, state, node, event, now);
    case 'complete':
    case 'deny':
      return misplaced(state);
  }
}

/**
 * The page is asked for: everything that depends on the session is judged anew, because it may have ended, or be another's, since the
 * last page. What was settled for one account is never carried over to another.
 */
function arrive(flow: Flow, state: FlowState, held: Proof | undefined, now: number): Step {
  const proof = held?.sessionId === state.shunned ? undefined : held;
  const same = proof !== undefined && state.proof !== undefined && proof.sessionId === state.proof.sessionId;
  if (same) return enter(flow, { ...state, proof }, state.at, now);
  const { tenant: _tenant, approval: _approval, denial: _denial, steppedUp: _steppedUp, proof: lost, first, ...rest } = state;
  // A first factor waits for its second only while nobody else is, or was, signed in here.
  const waiting = first !== undefined && proof === undefined && lost === undefined ? { first } : isSecond(rest.mode) ? FROM_THE_START : {};
  const fresh: FlowState = {
    ...rest,
    ...waiting,
    at: flow.start,
    provenHere: false,
    accountKept: false,
    ...(proof === undefined ? {} : { proof }),
  };
  return enter(flow, lost === undefined ? fresh : { ...fresh, notice: 'session_ended' }, flow.start, now);
}

function enter(flow: Flow, state: FlowState, id: string, now: number): Step {
  const node = nodeAt(flow, id);
  const at: FlowState = { ...state, at: id };
  if (state.denial !== undefined) return show(at, 'denied');
  switch (node.kind) {
    case 'identify':
      if (at.proof !== undefined && at.ask.chooseAccount && !at.accountKept) return ask(at, 'account', 'account_selection_required');
      return enter(flow, at, node.next, now);
    case 'authenticate':
      if (at.mode === 'recovery' && at.proof !== undefined) return show(at, 'recovery');
      if (isProven(at, now)) return enter(flow, at, node.next, now);
      return ask(at, SCREENS[at.mode], 'login_required', node);
    case 'selectTenant':
      if (at.tenant !== undefined) return enter(flow, at, node.next, now);
      return withProof(at, (proof) => ({ kind: 'findTenants', userId: proof.userId }));
    case 'consent':
      return withProof(at, (proof) => ({ kind: 'judgeConsent', userId: proof.userId }));
    case 'complete':
      return withProof(at, (proof) => ({ kind: 'finish', proof }));
    case 'deny':
      return refuse(at, { error: 'access_denied', reason: 'flow_denied' });
  }
}

function choose(flow: Flow, state: FlowState, event: FlowEvent, now: number): Step {
  if (event.kind === 'accountKept' && state.proof !== undefined) return enter(flow, { ...state, accountKept: true }, state.at, now);
  return event.kind === 'startOver' ? startOver(flow, state) : misplaced(state);
}

const SCREENS: Readonly<Record<Mode, Screen>> = {
  password: 'sign_in',
  code: 'code',
  join: 'join',
  join_code: 'join_code',
  second: 'second',
  enrol: 'enrol',
  recovery: 'recovery',
};

const FROM_THE_START = { mode: 'password' } as const;

function isSecond(mode: Mode): boolean {
  return mode === 'second' || mode === 'enrol' || mode === 'recovery';
}

function authenticate(
  flow: Flow,
  state: FlowState,
  node: Extract<FlowNode, { kind: 'authenticate' }>,
  event: FlowEvent,
  now: number,
): Step {
  const clean = withoutNotice(state);
  switch (event.kind) {
    case 'signedIn': {
      const { first: _first, ...kept } = keptFor(event.proof, clean);
      const signedIn: FlowState = { ...kept, proof: event.proof, provenHere: true, accountKept: true, mode: event.mode ?? 'password' };
      return event.mode === undefined ? enter(flow, signedIn, node.next, now) : show(signedIn, 'recovery');
    }
    case 'firstProven': {
      const { kind: _kind, ...proven } = event;
      return show({ ...clean, ...proven }, SCREENS[event.mode], node);
    }
    case 'secondSkipped':
      // Whoever is not signed in yet has no way around the second factor.
      if (!isSecond(state.mode) || state.first !== undefined || state.proof === undefined) return misplaced(state);
      return enter(flow, { ...clean, ...FROM_THE_START, provenHere: true }, node.next, now);
    case 'recoveryKept':
      if (state.mode !== 'recovery' || state.proof === undefined) return misplaced(state);
      return enter(flow, { ...clean, ...FROM_THE_START }, node.next, now);
    case 'startOver':
      return startOver(flow, state);
    case 'notSignedIn': {
      const { email, notice, detail } = event;
      return show(
        { ...clean, ...(email === undefined ? {} : { email }), notice, ...(detail === undefined ? {} : { detail }) },
        SCREENS[state.mode],
        node,
      );
    }
    case 'modeChosen':
      return show({ ...clean, mode: event.mode, ...(event.email === undefined ? {} : { email: event.email }) }, SCREENS[event.mode], node);
    default:
      return misplaced(state);
  }
}

function selectTenant(
  flow: Flow,
  state: FlowState,
  node: Extract<FlowNode, { kind: 'selectTenant' }>,
  event: FlowEvent,
  now: number,
): Step {
  if (event.kind === 'startOver') return startOver(flow, state);
  if (event.kind === 'tenantChosen') {
    return event.known
      ? enter(flow, { ...withoutNotice(state), tenant: event.tenant }, node.next, now)
      : show({ ...state, notice: 'unknown_tenant' }, 'tenant');
  }
  if (event.kind !== 'tenantsFound') return misplaced(state);
  const { tenants } = event;
  const wanted = state.ask.tenant;
  if (wanted !== undefined) {
    return tenants.includes(wanted)
      ? enter(flow, { ...state, tenant: wanted }, node.next, now)
      : deny(state, { error: 'access_denied', reason: 'not_in_tenant' });
  }
  const [only, ...others] = tenants;
  if (only === undefined)
    return event.required ? deny(state, { error: 'access_denied', reason: 'no_tenant' }) : enter(flow, state, node.next, now);
  if (others.length === 0) return enter(flow, { ...state, tenant: only }, node.next, now);
  return ask(state, 'tenant', 'interaction_required');
}

function consent(flow: Flow, state: FlowState, node: Extract<FlowNode, { kind: 'consent' }>, event: FlowEvent, now: number): Step {
  switch (event.kind) {
    case 'consentJudged':
      if (event.verdict === 'nothing')
        return deny(state, {
          error: event.error ?? 'access_denied',
          reason: event.reason,
          ...(event.decision === undefined ? {} : { decision: event.decision }),
        });
      if (event.verdict === 'stepUp') return stepUp(flow, state, event);
      if (event.verdict === 'settled') return enter(flow, { ...state, approval: event.approval }, node.next, now);
      return ask(state, 'consent', 'consent_required');
    case 'allowed':
      return enter(flow, { ...withoutNotice(state), approval: event.approval }, node.next, now);
    case 'nothingChosen':
      return show({ ...state, notice: 'nothing_chosen' }, 'consent');
    case 'startOver':
      return startOver(flow, state);
    default:
      return misplaced(state);
  }
}

/** OIDC Core §3.1.2.1: `prompt=login` and `max_age` want a proof that is new, not a session that is open. */
function isProven(state: FlowState, now: number): boolean {
  if (state.proof === undefined) return false;
  if (state.provenHere) return true;
  if (state.ask.login) return false;
  return state.ask.maxAge === undefined || now - state.proof.authTime < state.ask.maxAge * 1000;
}

/** What was settled for one account is not carried over to another who signs in when a stronger sign-in is asked for. */
function keptFor({ userId }: Proof, state: FlowState): FlowState {
  if (state.proof === undefined || state.proof.userId === userId) return state;
  const { tenant: _tenant, approval: _approval, steppedUp: _steppedUp, ...rest } = state;
  return rest;
}

/** RFC 9470 §5: back to sign-in, by another way or anew; the tenant stays chosen. */
function stepUp(
  flow: Flow,
  state: FlowState,
  { notice, email, mode, again: asksAgain }: { notice: Notice; email?: string; mode?: 'second' | 'enrol'; again?: true },
): Step {
  const found = Object.entries(flow.nodes).find(([, node]) => node.kind === 'authenticate');
  if (found === undefined) return misplaced(state);
  const [at, node] = found;
  const ask = { ...state.ask, login: true };
  const { first: _first, steppedUp: _steppedUp, ...rest } = state;
  const once = asksAgain === true ? {} : { steppedUp: true as const };
  const again: FlowState = { ...rest, ...once, at, ask, provenHere: false, mode: mode ?? 'password', notice };
  return show(email === undefined ? again : { ...again, email }, SCREENS[again.mode], node);
}

/** A person who is somebody else: the proof and all that was settled with it are dropped. */
function startOver(flow: Flow, state: FlowState): Step {
  const {
    proof,
    tenant: _tenant,
    approval: _approval,
    notice: _notice,
    email: _email,
    steppedUp: _steppedUp,
    first: _first,
    ...rest
  } = state;
  const shunned = proof === undefined ? {} : { shunned: proof.sessionId };
  const found = Object.entries(flow.nodes).find(([, node]) => node.kind === 'authenticate');
  if (found === undefined) return misplaced(state);
  const [at, node] = found;
  return ask({ ...rest, ...shunned, at, provenHere: false, accountKept: false, mode: 'password' }, 'sign_in', 'login_required', node);
}

/** Shows a page, unless the client said that there must be none. */
function ask(state: FlowState, screen: Screen, otherwise: Denial['error'], node?: FlowNode): Step {
  return state.ask.silent ? refuse(state, { error: otherwise, reason: `prompt_none:${otherwise}` }) : show(state, screen, node);
}

function show(state: FlowState, screen: Screen, node?: FlowNode): Step {
  return { state, effects: [{ kind: 'show', screen, methods: node?.kind === 'authenticate' ? node.methods : [] }] };
}

/** The user reads a sentence first and then goes back; a client that wants no page hears it at once. */
function deny(state: FlowState, denial: Denial): Step {
  const denied: FlowState = { ...state, denial };
  return state.ask.silent ? refuse(denied, denial) : show(denied, 'denied');
}

function refuse(state: FlowState, denial: Denial): Step {
  return { state: { ...state, denial }, effects: [{ kind: 'refuse', denial }] };
}

function misplaced(state: FlowState): Step {
  return { state, effects: [{ kind: 'misplaced' }] };
}

/** A node behind authentication without a proof is a graph that was drawn wrong: nothing is issued. */
function withProof(state: FlowState, effect: (proof: Proof) => Effect): Step {
  if (state.proof === undefined) return refuse(state, { error: 'access_denied', reason: 'not_authenticated' });
  return { state, effects: [effect(state.proof)] };
}

function withoutNotice(state: FlowState): FlowState {
  const { notice: _notice, detail: _detail, ...rest } = state;
  return rest;
}

function nodeAt(flow: Flow, id: string): FlowNode {
  const node = flow.nodes[id];
  if (node === undefined) throw new Error(`flow ${flow.id} has no node "${id}"`);
  return node;
}
