import type { Notice } from '@writ/flow';
import { parseEmail } from '../users/email.ts';
import { SINGLE_FACTOR } from '../users/events.ts';
import type { JoinFailure } from '../users/join.store.ts';
import type { LoginFailure } from '../users/login.store.ts';
import { event, impossible, type Answered, type Handler, type Occasion } from './answered.store.ts';
import { standing } from './carry-out.store.ts';
import type { JourneysDeps, Posted, Visit } from './deps.store.ts';
import { clientOf } from './journey.ts';
import { byPasskey } from './passkey.store.ts';
import { openSafe } from './safe.store.ts';
import { BY_MAIL, second } from './second.store.ts';
import { openSignInPage, type SignInPage } from './sign-in-page.store.ts';
import { afterFirst } from './signed-in.store.ts';
import { waysInto } from './ways.ts';

type Attempt = { browser: string | undefined; email: string; ip: string; origin: Visit['origin']; journeyId: string; client?: string };
type FirstPage = Extract<SignInPage, 'password' | 'code' | 'join' | 'join_code'>;

/** A page of signing in came back. Which page it was, the journey knows; what it asks for, the button says. */
export const authenticate: Handler = async (deps, of) => {
  const { journey, node, visit, posted } = of;
  const { state } = journey;
  if (node.kind !== 'authenticate' && node.kind !== 'stepUp') return impossible('no_page_here');
  const page = await openSignInPage(deps, node, state);
  if (page === 'second' || page === 'second_code' || page === 'enrol' || page === 'recovery' || page === 'unable')
    return second(deps, of, { node, page });
  const ways = waysInto(node);
  if (posted.action === 'passkey')
    return page === 'password' && ways.includes('passkey') ? byPasskey(deps, of) : impossible('unknown_action');
  if (/^(oidc|sso|external):/.test(posted.action)) return goOut(deps, of, page);
  const email = page === 'code' || page === 'join_code' ? (state.email ?? '') : (posted.email ?? '').trim();
  const client = clientOf(journey.request);
  const attempt: Attempt = {
    browser: visit.browser,
    email,
    ip: visit.origin.ip ?? '',
    origin: visit.origin,
    journeyId: journey.id,
    ...(client === undefined ? {} : { client }),
  };
  const elsewhere = LEADS_TO[posted.action];
  if (elsewhere !== undefined && elsewhere !== page) return turnTo(deps, elsewhere, posted, ways);
  const action = meant(posted.action, page, ways);
  if (!ACTIONS[page].includes(action) || !isOpen(action, page, ways)) return impossible('unknown_action');
  if (parseEmail(email) === undefined) return event({ kind: 'pageTurned', email: plain(email), notice: 'bad_email' });
  const demanded = page === 'password' && action !== 'forgot' && ways.includes('sso') ? deps.waysOut.demanded(email) : undefined;
  if (demanded !== undefined) return underDemand(deps, attempt, { ...of, posted: { ...posted, action: demanded } }, action);
  if (action === 'email_code') return sendCode(deps, attempt, page);
  if (action === 'forgot') return forgot(deps, attempt);
  return READERS[page](deps, attempt, of);
};

/**
 * The organisation of that domain demands its own sign-in. Who is excluded from that comes in by a password that is right, and by nothing else that
 * would take the form's answer to tell; everybody else is sent to the provider, known or not, after the same work: the form names nobody.
 */
async function underDemand(deps: JourneysDeps, attempt: Attempt, of: Occasion, action: string): Promise<Answered> {
  const { password = '' } = of.posted;
  if (action === 'email_code' || password === '') return goOut(deps, of, 'password');
  const proven = await deps.login.withPassword({ ...attempt, password });
  if (proven.ok && deps.waysOut.spares(attempt.email, proven.value.user))
    return afterFirst(deps, of, { ...proven.value, by: ['password'] });
  // Said only to somebody who has proven to be that user.
  return !proven.ok && proven.error.kind === 'frozen'
    ? event({ kind: 'pageTurned', email: attempt.email, notice: 'frozen' })
    : goOut(deps, of, 'password');
}

/** Buttons that only turn to another page; on that page itself they mean what it does. */
const LEADS_TO: Readonly<Record<string, FirstPage>> = { password: 'password', register: 'join' };

const ACTIONS: Readonly<Record<FirstPage, readonly string[]>> = {
  password: ['continue', 'password', 'email_code', 'forgot'],
  code: ['continue', 'email_code'],
  join: ['continue', 'register'],
  join_code: ['continue', 'email_code'],
};

/** Where there is no password to enter, the button that goes on asks for a code. */
function meant(action: string, page: FirstPage, ways: readonly string[]): string {
  return action === 'continue' && page === 'password' && !ways.includes('password') ? 'email_code' : action;
}

/** A way that the node does not offer is not open, whatever button was sent. Joining sets a password by a code of the mailbox. */
function isOpen(action: string, page: FirstPage, ways: readonly string[]): boolean {
  if (page === 'join' || page === 'join_code') return ways.includes('password');
  return ways.includes(action === 'email_code' || page === 'code' ? 'email_code' : 'password');
}

function plain(email: string): string {
  return email.slice(0, 254).toWellFormed();
}

/** The first page is the one that is open when no other is. */
function turnTo(deps: JourneysDeps, page: FirstPage, posted: Posted, ways: readonly string[]): Answered {
  if (page === 'join' && (deps.join.registration() !== 'open' || !ways.includes('password'))) return impossible('registration_closed');
  const email = plain((posted.email ?? '').trim());
  return event({ kind: 'pageTurned', page, ...(email === '' ? {} : { email }) });
}

/** On to the page of somebody who vouches for people. */
async function goOut(deps: JourneysDeps, { journey, node, visit, posted }: Occasion, page: FirstPage): Promise<Answered> {
  if (page !== 'password' || node.kind !== 'authenticate') return impossible('unknown_action');
  const { methods, providers = [] } = node;
  const { state } = journey;
  // What was typed beside the button says whose provider it is, where the button does not.
  const email = plain((posted.email ?? '').trim());
  const offers = (address: string | undefined) =>
    deps.waysOut.offered({ methods, providers, tenantId: state.facts.tenant?.id, email: address });
  const offered = [...offers(state.email), ...(email === '' ? [] : offers(email))];
  if (!offered.some(({ way }) => way === posted.action)) return impossible('unknown_action');
  const typed = email === '' ? journey : { ...journey, state: { ...state, email } };
  const went = await deps.waysOut.begin(posted.action, standing(deps, { journey: typed, visit, safe: openSafe(deps.box, journey) }));
  return 'location' in went
    ? { kind: 'away', location: went.location, cookies: went.cookies ?? [] }
    : event({ kind: 'pageTurned', notice: went.notice, ...(email === '' ? {} : { email }) });
}

/** The same page for every address: whether there is an account is told to its mailbox only (attack 054). */
async function sendCode(deps: JourneysDeps, attempt: Attempt, page: FirstPage): Promise<Answered> {
  if (page === 'join_code') {
    await deps.join.sendJoinCode(attempt);
    return event({ kind: 'pageTurned', page, email: attempt.email });
  }
  await deps.login.sendCode(attempt);
  return event({ kind: 'pageTurned', page: 'code', email: attempt.email });
}

async function forgot(deps: JourneysDeps, attempt: Attempt): Promise<Answered> {
  await deps.reset.request(attempt);
  return event({ kind: 'pageTurned', email: attempt.email, notice: 'reset_sent' });
}

type Reader = (deps: JourneysDeps, attempt: Attempt, of: Occasion) => Promise<Answered>;

const READERS: Readonly<Record<FirstPage, Reader>> = {
  async password(deps, attempt, of) {
    const proven = await deps.login.withPassword({ ...attempt, password: of.posted.password ?? '' });
    return proven.ok
      ? afterFirst(deps, of, { ...proven.value, by: ['password'] })
      : event({ kind: 'pageTurned', email: attempt.email, notice: noticeOf(proven.error, 'wrong_credentials') });
  },
  async code(deps, attempt, of) {
    const proven = await deps.login.withCode({ ...attempt, code: plainCode(of.posted) });
    return proven.ok
      ? afterFirst(deps, of, { ...proven.value, by: BY_MAIL })
      : event({ kind: 'pageTurned', notice: noticeOf(proven.error, 'wrong_code') });
  },
  async join(deps, attempt) {
    const sent = await deps.join.sendJoinCode(attempt);
    return sent.ok
      ? event({ kind: 'pageTurned', page: 'join_code', email: attempt.email })
      : event({ kind: 'pageTurned', notice: 'join_closed' });
  },
  async join_code(deps, attempt, of) {
    const name = (of.posted.name ?? '').trim();
    const joined = await deps.join.register({
      ...attempt,
      code: plainCode(of.posted),
      password: of.posted.password ?? '',
      ...(name === '' ? {} : { name }),
    });
    if (!joined.ok) return event({ kind: 'pageTurned', ...joinNotice(joined.error) });
    return afterFirst(deps, of, { user: joined.value.user, amr: ['otp'], acr: SINGLE_FACTOR, by: ['password', ...BY_MAIL] });
  },
};

function plainCode({ code = '' }: Posted): string {
  return code.replaceAll(/\s/g, '');
}

function noticeOf(failure: LoginFailure, wrong: Notice): Notice {
  return failure.kind === 'wrong' ? wrong : failure.kind;
}

function joinNotice(failure: JoinFailure): { notice: Notice; detail?: string } {
  switch (failure.kind) {
    case 'password':
      return { notice: 'password_refused', detail: failure.message };
    case 'closed':
      return { notice: 'join_closed' };
    case 'dead':
    case 'wrong':
      return { notice: 'wrong_code' };
    case 'busy':
    case 'frozen':
    case 'locked':
      return { notice: failure.kind };
  }
}
