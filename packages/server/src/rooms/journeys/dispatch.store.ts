import { step, type Effect, type FlowEvent, type FlowState, type Proof } from '@writ/flow';
import { digest } from '../../base/digest.ts';
import { newId, newSecret } from '../../base/ids.ts';
import type { Unmet } from '../policies/requirements.ts';
import { answerPost } from './answer.store.ts';
import type { End, Held, JourneysDeps, Posted, Shown, Turn, Visit } from './deps.store.ts';
import { loadDossier, nothingEvent, type Dossier } from './dossier.store.ts';
import { journeyStarted } from './events.ts';
import { finishAuthorization, finishSignIn, refuseJourney, type Ending } from './finish.store.ts';
import { beginState, flowOf, JOURNEY_MS, type ConsentRequest, type Journey, type JourneyRequest } from './journey.ts';
import { proofOf } from './proof.ts';
import { missingLevels, wayTo, type Way } from './step-up.ts';
import { insertJourney, moveJourney } from './store.ts';
import { tenantsFor } from './tenants.store.ts';
import { viewOf } from './view.store.ts';

/**
 * The one dispatcher of the hosted pages: every page comes back here, the flow says what is next, this does it.
 * It knows nothing of the order of steps.
 */
export type Journeys = {
  /** A request that was found good. Without a page in between, no row is made. */
  begin(request: JourneyRequest, visit: Visit): Promise<Turn>;
  look(journey: Journey, visit: Visit): Promise<Turn | Shown>;
  post(journey: Journey, visit: Visit, posted: Posted): Promise<Turn>;
};

/** Where a run of steps came to rest, with what was looked up on the way. */
type Rest = { state: FlowState; effect: Exclude<Effect, { kind: 'findTenants' | 'judgeConsent' }>; dossier: Dossier | undefined };

export function createJourneys(deps: JourneysDeps): Journeys {
  const now = (): number => deps.clock.now();

  const begin: Journeys['begin'] = async (request, visit) => {
    const secret = newSecret();
    const at = now();
    const id = newId('jny', at);
    const fresh: Journey = {
      id,
      browserDigest: digest(secret),
      request,
      state: beginState(request),
      version: 1,
      createdAt: at,
      expiresAt: at + JOURNEY_MS,
    };
    const rest = await run(deps, fresh, { kind: 'arrived', ...arrival(visit.held) }, visit);
    const journey = { ...fresh, state: rest.state };
    if (rest.effect.kind !== 'show') return end(deps, { journey, stored: false }, rest, visit);
    await deps.audit.commit(async (tx) => {
      await insertJourney(tx, journey);
      return { value: undefined, entries: [journeyStarted(journey, { user: visit.held?.user.id }, visit.origin)] };
    });
    return { kind: 'moved', journey, secret };
  };

  const look: Journeys['look'] = async (journey, visit) => {
    const rest = await run(deps, journey, { kind: 'arrived', ...arrival(visit.held) }, visit);
    if (rest.effect.kind !== 'show') return end(deps, { journey: { ...journey, state: rest.state }, stored: true }, rest, visit);
    const view = await viewOf(deps, { journey, state: rest.state, effect: rest.effect, dossier: rest.dossier, user: visit.held?.user });
    // What the page shows and what is stored must be one state, or the next post would be judged against another.
    const same = JSON.stringify(rest.state) === JSON.stringify(journey.state);
    if (!same && !(await moveJourney(deps.database.db, journey, rest.state))) return { kind: 'moved', journey };
    return { kind: 'shown', journey, view };
  };

  const post: Journeys['post'] = async (journey, visit, posted) => {
    const answered = await answerPost(deps, journey, visit, posted);
    if (answered.kind === 'impossible') return { kind: 'gone', reason: answered.reason };
    const { event, signedIn, browserCookie } = answered;
    const held: Held = signedIn ?? visit.held;
    const rest = await run(deps, journey, event, { ...visit, held }, answered.dossier);
    if (rest.effect.kind === 'misplaced') return { kind: 'gone', reason: 'page_out_of_turn' };
    const session = { ...(signedIn && { sessionCookie: signedIn.cookie }), ...(browserCookie !== undefined && { browserCookie }) };
    if (rest.effect.kind !== 'show')
      return { ...session, ...(await end(deps, { journey: { ...journey, state: rest.state }, stored: true }, rest, { ...visit, held })) };
    // A login changes both cookies, each factor this one: whatever was planted in this browser before it is dead.
    const secret = signedIn === undefined && event.kind !== 'firstProven' ? undefined : newSecret();
    const moved = await moveJourney(deps.database.db, journey, rest.state, secret);
    return { ...session, ...(moved && secret !== undefined ? { secret } : {}), kind: 'moved', journey };
  };

  return { begin, look, post };
}

function arrival(held: Held): { proof?: Proof } {
  return held === undefined ? {} : { proof: proofOf(held.session) };
}

/** Steps until a page, an end, or nothing. Look-ups that the flow asks for are answered on the way. */
async function run(deps: JourneysDeps, journey: Journey, first: FlowEvent, visit: Visit, known?: Dossier): Promise<Rest> {
  const flow = flowOf(journey.request);
  let dossier = known;
  let event = first;
  let state = journey.state;
  for (;;) {
    const next = step(flow, state, event, deps.clock.now());
    const [effect] = next.effects;
    state = next.state;
    if (effect.kind === 'findTenants') {
      event = await tenantsFor(deps, effect.userId, journey.request);
    } else if (effect.kind === 'judgeConsent') {
      const judged = await judgeConsent(deps, journey, state, visit);
      dossier = judged.dossier;
      event = judged.event;
    } else {
      return { state, effect, dossier };
    }
  }
}

async function judgeConsent(
  deps: JourneysDeps,
  journey: Journey,
  state: FlowState,
  visit: Visit,
): Promise<{ event: FlowEvent; dossier?: Dossier }> {
  const { request } = journey;
  if (request.kind === 'sign-in' || state.proof === undefined) throw new Error('consent is asked in an authorization, of a signed-in user');
  const found = await loadDossier(deps, { request, proof: state.proof, tenant: state.tenant, ip: visit.origin.ip, now: deps.clock.now() });
  const way = await stepUpOf(deps, state, request, found.ok ? found.value.withheld : found.error.withheld);
  if (way !== undefined) {
    const email = visit.held?.user.email;
    return { event: { kind: 'consentJudged', verdict: 'stepUp', ...way, ...(email === undefined ? {} : { email }) } };
  }
  if (!found.ok) return { event: nothingEvent(found.error) };
  const { settled } = found.value;
  const event: FlowEvent =
    settled === undefined ? { kind: 'consentJudged', verdict: 'ask' } : { kind: 'consentJudged', verdict: 'settled', approval: settled };
  return { event, dossier: found.value };
}

/** How to ask for the sign-in that would open more, or that the client asked for. Once, and not where there must be no page. */
async function stepUpOf(
  deps: JourneysDeps,
  { proof, steppedUp }: FlowState,
  request: ConsentRequest,
  withheld: readonly Unmet[] = [],
): Promise<Way | undefined> {
  if (proof === undefined || steppedUp === true || request.ask.silent) return undefined;
  const missing = missingLevels(withheld, request.ask, proof);
  if (missing.policy.length + missing.client.length === 0) return undefined;
  const methods = Object.values(flowOf(request).nodes).flatMap((node) => (node.kind === 'authenticate' ? node.methods : []));
  return wayTo(missing, { proof, methods, factors: await deps.factors.of(proof.userId), now: deps.clock.now() });
}

/** The journey is over: a code, a refusal, or on to the hub's own page. */
async function end(deps: JourneysDeps, of: { journey: Journey; stored: boolean }, rest: Rest, visit: Visit): Promise<End> {
  const { journey } = of;
  const { effect, dossier } = rest;
  const ending: Ending = { ...of, origin: visit.origin };
  if (effect.kind === 'refuse') return refuseJourney(deps, ending, effect.denial);
  if (effect.kind !== 'finish') return { kind: 'gone', reason: 'page_out_of_turn' };
  if (journey.request.kind === 'sign-in') return finishSignIn(deps, ending);
  if (dossier === undefined) throw new Error('a journey reached its end without a look at consent');
  return finishAuthorization(deps, { ...ending, request: journey.request, proof: effect.proof, dossier });
}
