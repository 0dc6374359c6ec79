import type { First } from '@writ/flow';
import { newSecret } from '../../base/ids.ts';
import { hasSecond } from '../users/factor.ts';
import { browserCookie } from '../users/cookie.ts';
import type { User } from '../users/user.ts';
import { MULTI_FACTOR } from '../users/events.ts';
import { event, type Answered } from './answered.store.ts';
import type { JourneysDeps, Posted, Visit } from './deps.store.ts';
import { clientOf, type Journey } from './journey.ts';
import { proofOf } from './proof.ts';

type Proven = { user: User; amr: readonly string[]; acr: string };

/**
 * The first factor was right. Nobody is signed in by it who has a second: no session, no cookie, until that is shown too. Where this browser
 * is remembered the second is not asked for, and the session says so: it is of one factor, and whatever wants two asks again.
 */
export async function afterFirst(deps: JourneysDeps, journey: Journey, visit: Visit, proven: Proven): Promise<Answered> {
  const { user } = proven;
  const factors = await deps.factors.of(user.id);
  const second = hasSecond(factors);
  if (proven.acr === MULTI_FACTOR || (!second && deps.secondFactor() !== 'required')) return startSession(deps, journey, visit, proven);
  if (second && !wantsAll(journey) && (await deps.factors.isRemembered({ secret: visit.browser, userId: user.id })))
    return startSession(deps, journey, visit, proven);
  const first: First = { userId: user.id, amr: proven.amr, at: deps.clock.now() };
  return event({
    kind: 'firstProven',
    first,
    mode: second ? 'second' : 'enrol',
    email: user.email,
    ...(second ? {} : { notice: 'second_wanted' }),
  });
}

/** `prompt=login`, or a level above one factor: that a browser is remembered does not help. */
function wantsAll({ state: { ask } }: Journey): boolean {
  return ask.login || ask.acr?.includes(MULTI_FACTOR) === true;
}

/** Both factors are shown. `authTime` stays that of the first: to show the second proves nothing about the password. */
export async function afterSecond(
  deps: JourneysDeps,
  journey: Journey,
  visit: Visit,
  of: { user: User; first: First; amr: readonly string[]; enrolled: boolean; posted: Posted },
): Promise<Answered> {
  const { user, first, enrolled, posted } = of;
  const proven = { user, amr: of.amr, acr: MULTI_FACTOR, authTime: first.at, remember: posted.remember === true };
  const answered = await startSession(deps, journey, visit, proven);
  if (answered.kind !== 'event' || answered.event.kind !== 'signedIn' || !enrolled) return answered;
  return { ...answered, event: { ...answered.event, mode: 'recovery' } };
}

/**
 * A new session for every login; the one that this browser held before ends, so that no older cookie outlives it. The browser is known from
 * now on, so that whoever guesses elsewhere does not lock this person out of it.
 */
export async function startSession(
  deps: JourneysDeps,
  journey: Journey,
  { held, origin, browser = newSecret() }: Visit,
  { user, amr, acr, authTime, remember = false }: Proven & { authTime?: number; remember?: boolean },
): Promise<Answered> {
  const { ip, userAgent } = origin;
  const { session, cookie } = await deps.sessions.start({
    user,
    amr,
    acr,
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
    event: { kind: 'signedIn', proof: proofOf(session) },
    signedIn: { session, user, cookie },
    browserCookie: browserCookie(deps.issuer, browser),
  };
}
