import { beginJourney, type Arrived, type NodeEvent, type Notice } from '@writ/flow';
import { canonical } from '../../base/canonical.ts';
import { digest } from '../../base/digest.ts';
import { newId, newSecret } from '../../base/ids.ts';
import { answerPost } from './answer.store.ts';
import type { Answered } from './answered.store.ts';
import { arrived, factsAtBegin } from './arrival.store.ts';
import type { End, Held, JourneysDeps, Posted, Shown, Turn, Visit } from './deps.store.ts';
import { journeyStarted } from './events.ts';
import { purposeOf } from './facts.ts';
import { finishAuthorization, finishSignIn, refuseJourney, type Ending } from './finish.store.ts';
import { clientOf, JOURNEY_MS, type Journey, type JourneyRequest } from './journey.ts';
import { run, type Rest } from './run.store.ts';
import { openSafe } from './safe.store.ts';
import { provenElsewhere, type ProvenElsewhere } from './signed-in.store.ts';
import { insertJourney, moveJourney } from './store.ts';
import { straightOut } from './straight-out.store.ts';
import { viewOf } from './view.store.ts';
import type { ChosenFlow } from './world.ts';

/**
 * The one dispatcher of the hosted pages: every page comes back here, the flow says what is next, this does it.
 * It knows nothing of the order of steps.
 */
export type Journeys = {
  /** A request that was found good. Without a page in between, no row is made. */
  begin(request: JourneyRequest, visit: Visit): Promise<Turn>;
  look(journey: Journey, visit: Visit): Promise<Turn | Shown>;
  post(journey: Journey, visit: Visit, posted: Posted): Promise<Turn>;
  /** Somebody comes back from a page of somebody else's who vouches for them, or is not vouched for. `turn`: from which page they went. */
  prove(journey: Journey, visit: Visit, came: { turn: number } & ({ proven: ProvenElsewhere } | { notice: Notice })): Promise<Turn>;
};

export function createJourneys(deps: JourneysDeps): Journeys {
  return {
    begin: (request, visit) => begin(deps, request, visit),
    look: (journey, visit) => look(deps, journey, visit),
    post: async (journey, visit, posted) => {
      const flow = await deps.flows.version(journey.flow);
      if (flow === undefined) return { kind: 'gone', reason: 'flow_gone' };
      // An older page of this journey (the back button, a second tab, a double click): what it says was settled, or is asked elsewhere now.
      if (posted.turn !== journey.state.turn) return { kind: 'moved', journey };
      return follow(deps, journey, visit, await answerPost(deps, { journey, flow, visit, posted }));
    },
    prove: async (journey, visit, came) => {
      if (came.turn !== journey.state.turn) return { kind: 'moved', journey };
      return follow(deps, journey, visit, await provenElsewhere(deps, journey, visit, came));
    },
  };
}

async function fresh(
  deps: JourneysDeps,
  request: JourneyRequest,
  visit: Visit,
  secret: string,
): Promise<{ journey: Journey; chosen: ChosenFlow }> {
  const at = deps.clock.now();
  const { ask } = request;
  const facts = await factsAtBegin(deps, request, visit);
  const chosen = deps.flows.choose({
    purpose: purposeOf(request),
    clientId: clientOf(request),
    resourceId: facts.resource?.id,
    tenantId: ask.tenant,
  });
  const journey: Journey = {
    id: newId('jny', at),
    browserDigest: digest(secret),
    request,
    flow: chosen.digest,
    state: beginJourney(chosen.flow.graph.start, ask, facts),
    version: 1,
    createdAt: at,
    expiresAt: at + JOURNEY_MS,
  };
  return { journey, chosen };
}

async function begin(deps: JourneysDeps, request: JourneyRequest, visit: Visit): Promise<Turn> {
  const secret = newSecret();
  const { journey: begun, chosen } = await fresh(deps, request, visit, secret);
  const safe = openSafe(deps.box, begun);
  const rest = await run(deps, { journey: begun, flow: chosen.flow, visit, safe }, await arrived(deps, request, visit.held));
  const journey = kept(begun, rest);
  if (rest.effect.kind !== 'show') return end(deps, { journey, stored: false }, rest, visit);
  await deps.audit.commit(async (tx) => {
    await insertJourney(tx, journey);
    return { value: undefined, entries: [journeyStarted(journey, { user: visit.held?.user.id }, visit.origin)] };
  });
  return { kind: 'moved', journey, secret };
}

/** The journey as the run left it. */
function kept({ secrets: _secrets, ...journey }: Journey, { state, safe, version }: Rest): Journey {
  const secrets = safe.sealed();
  return { ...journey, state, version, ...(secrets === undefined ? {} : { secrets }) };
}

async function look(deps: JourneysDeps, journey: Journey, visit: Visit): Promise<Turn | Shown> {
  const flow = await deps.flows.version(journey.flow);
  if (flow === undefined) return { kind: 'gone', reason: 'flow_gone' };
  const safe = openSafe(deps.box, journey);
  const rest = await run(deps, { journey, flow, visit, safe, stored: true }, await arrived(deps, journey.request, visit.held));
  if (rest.lost === true) return { kind: 'moved', journey };
  const now = kept(journey, rest);
  if (rest.effect.kind !== 'show') return end(deps, { journey: now, stored: true }, rest, visit);
  const view = await viewOf(deps, {
    journey: now,
    flow,
    effect: rest.effect,
    dossier: rest.dossier,
    user: visit.held?.user,
    ip: visit.origin.ip,
  });
  // What the page shows and what is stored must be one state, or the next post would be judged against another.
  const same = now.secrets === journey.secrets && canonical(now.state) === canonical(journey.state);
  // While somebody is at work on the next step, looking must not take it from them.
  const busy = journey.busyUntil !== undefined && journey.busyUntil > deps.clock.now();
  if (!same && !busy && !(await moveJourney(deps.database.db, now))) return { kind: 'moved', journey };
  const out = await straightOut(deps, { journey: now, visit, safe, view });
  if (out === undefined) return { kind: 'shown', journey: now, view };
  return 'notice' in out
    ? { kind: 'shown', journey: now, view: { ...view, ...out } }
    : { kind: 'away', location: out.location, cookies: out.cookies ?? [] };
}

/** What came of a page: on to the next, or the end. */
async function follow(deps: JourneysDeps, journey: Journey, visit: Visit, answered: Answered): Promise<Turn> {
  if (answered.kind === 'impossible') return { kind: 'gone', reason: answered.reason };
  if (answered.kind === 'away') return answered;
  const flow = await deps.flows.version(journey.flow);
  if (flow === undefined) return { kind: 'gone', reason: 'flow_gone' };
  const { event, signedIn, browserCookie } = answered;
  const held: Held = signedIn ?? visit.held;
  const now: Visit = { ...visit, held };
  const place = { journey, flow, visit: now, safe: openSafe(deps.box, journey), stored: true };
  const rest = await run(deps, place, dated(event, journey.state.turn), answered.dossier);
  const session = { ...(signedIn && { sessionCookie: signedIn.cookie }), ...(browserCookie !== undefined && { browserCookie }) };
  if (rest.lost === true) return { ...session, kind: 'moved', journey };
  if (rest.effect.kind === 'misplaced') return { kind: 'gone', reason: 'page_out_of_turn' };
  const moved = kept(journey, rest);
  if (rest.effect.kind !== 'show') return { ...session, ...(await end(deps, { journey: moved, stored: true }, rest, now)) };
  // A login changes both cookies, each factor this one: whatever was planted in this browser before it is dead.
  const secret = signedIn === undefined && event.kind !== 'firstProven' ? undefined : newSecret();
  const took = await moveJourney(deps.database.db, moved, secret);
  return { ...session, ...(took && secret !== undefined ? { secret } : {}), kind: 'moved', journey };
}

function dated(event: NodeEvent | Arrived, turn: number) {
  return event.kind === 'arrived' ? event : { ...event, turn };
}

/** The journey is over: a code, a refusal, or on to the hub's own page. */
async function end(deps: JourneysDeps, of: { journey: Journey; stored: boolean }, rest: Rest, visit: Visit): Promise<End> {
  const { journey } = of;
  const { effect, dossier } = rest;
  const ending: Ending = { ...of, visit };
  if (effect.kind === 'refuse') return refuseJourney(deps, ending, effect.denial);
  if (effect.kind !== 'finish') return { kind: 'gone', reason: 'page_out_of_turn' };
  const { request } = journey;
  if (request.kind === 'registration') throw new Error('a registration has no page to leave');
  if (request.kind === 'sign-in') return finishSignIn(deps, ending, effect.end);
  return finishAuthorization(deps, { ...ending, request, end: effect.end, dossier });
}
