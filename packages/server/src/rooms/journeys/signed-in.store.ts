import type { First, Notice } from '@writ/flow';
import { newSecret } from '../../base/ids.ts';
import { mayOpen } from '../users/bound.ts';
import { hasSecond } from '../users/factor.ts';
import { browserCookie } from '../users/cookie.ts';
import type { User } from '../users/user.ts';
import { MULTI_FACTOR } from '../users/events.ts';
import { event, impossible, type Answered, type Occasion } from './answered.store.ts';
import type { JourneysDeps, Visit } from './deps.store.ts';
import { userFacts } from '../flows/facts.ts';
import { clientOf, type Journey } from './journey.ts';
import { proofOf } from './proof.ts';

/** `by`: in the words of flows. */
type Proven = { user: User; amr: readonly string[]; acr: string; by: readonly string[] };
/** Whom somebody else vouches for. `authTime`, in milliseconds: when they showed it there; absent: now. */
export type ProvenElsewhere = Proven & { authTime?: number };
type At = Pick<Occasion, 'journey' | 'visit'>;

/**
 * The first factor was right. Nobody is signed in by it who has a second: no session, no cookie, until that is shown too. Where this browser
 * is remembered the second is not asked for, and the session says so: it is of one factor, and whatever wants two asks again.
 */
export async function afterFirst(deps: JourneysDeps, at: At, proven: ProvenElsewhere): Promise<Answered> {
  const { journey, visit } = at;
  const { user } = proven;
  const factors = await deps.factors.of(user.id);
  const second = hasSecond(factors);
  if (proven.acr === MULTI_FACTOR || (!second && deps.secondFactor() !== 'required')) return startSession(deps, at, proven);
  if (second && !(await wantsAll(deps, journey)) && (await deps.factors.isRemembered({ secret: visit.browser, userId: user.id })))
    return startSession(deps, at, proven);
  // Whoever runs one tenant's provider must not come to own the second factor of somebody who is in others too (rooms/users, I15).
  if (!second && !mayOpen('own', { by: proven.by }, user)) return event({ kind: 'pageTurned', notice: 'second_wanted' });
  const first: First = { userId: user.id, amr: proven.amr, at: proven.authTime ?? deps.clock.now(), by: proven.by };
  return event({
    kind: 'firstProven',
    first,
    page: second ? 'second' : 'enrol',
    email: user.email,
    ...(second ? {} : { notice: 'second_wanted' }),
  });
}

/** `prompt=login`, a level above one factor, or a step-up: that a browser is remembered does not help. */
async function wantsAll({ flows }: JourneysDeps, { flow, state: { ask, at, demand } }: Journey): Promise<boolean> {
  if (ask.login || demand !== undefined || ask.acr?.includes(MULTI_FACTOR) === true) return true;
  return (await flows.version(flow))?.graph.nodes[at]?.kind === 'stepUp';
}

/** Both factors are shown. `authTime` stays that of the first: to show the second proves nothing about the password. */
export async function afterSecond(
  deps: JourneysDeps,
  at: Occasion,
  of: Omit<Proven, 'acr'> & { first: First; enrolled: boolean },
): Promise<Answered> {
  const { user, amr, by, first, enrolled } = of;
  const proven = { user, amr, acr: MULTI_FACTOR, by: [...new Set(by)], authTime: first.at, remember: at.posted.remember === true };
  const answered = await startSession(deps, at, proven);
  if (answered.kind !== 'event' || answered.event.kind !== 'signedIn' || !enrolled) return answered;
  return { ...answered, event: { ...answered.event, page: 'recovery' } };
}

/**
 * A new session for every login; the one that this browser held before ends, so that no older cookie outlives it. The browser is known from
 * now on, so that whoever guesses elsewhere does not lock this person out of it.
 */
export async function startSession(
  deps: JourneysDeps,
  { journey, visit }: At,
  { user, amr, acr, by, authTime, remember = false }: ProvenElsewhere & { remember?: boolean },
): Promise<Answered> {
  const { held, origin, browser = newSecret() } = visit;
  const { ip, userAgent } = origin;
  const { session, cookie } = await deps.sessions.start({
    user,
    amr,
    acr,
    by,
    authTime,
    purpose: 'user',
    ip,
    userAgent,
    origin,
    client: clientOf(journey.request),
    replaces: held?.session,
  });
  await deps.factors.knowBrowser({ secret: browser, userId: user.id, userAgent, remember });
  return {
    kind: 'event',
    event: { kind: 'signedIn', proof: proofOf(session), user: userFacts(user) },
    signedIn: { session, user, cookie },
    browserCookie: browserCookie(deps.issuer, browser),
  };
}

/** Somebody came back from a page of somebody else's. Only a sign-in page can have sent them there. */
export async function provenElsewhere(
  deps: JourneysDeps,
  journey: Journey,
  visit: Visit,
  came: { proven: ProvenElsewhere } | { notice: Notice },
): Promise<Answered> {
  const node = (await deps.flows.version(journey.flow))?.graph.nodes[journey.state.at];
  if (node?.kind !== 'authenticate' || journey.state.denial !== undefined) return impossible('no_page_here');
  if ('notice' in came) return event({ kind: 'pageTurned', notice: came.notice });
  if (came.proven.user.state !== 'active') return event({ kind: 'pageTurned', notice: 'frozen' });
  return afterFirst(deps, { journey, visit }, came.proven);
}
