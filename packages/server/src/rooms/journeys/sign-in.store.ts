import type { Mode, Notice } from '@writ/flow';
import { parseEmail } from '../users/email.ts';
import { SINGLE_FACTOR } from '../users/events.ts';
import type { JoinFailure } from '../users/join.store.ts';
import type { LoginFailure } from '../users/login.store.ts';
import { event, impossible, type Answered, type Handler } from './answered.store.ts';
import type { JourneysDeps, Posted, Visit } from './deps.store.ts';
import type { Journey } from './journey.ts';
import { byPasskey } from './passkey.store.ts';
import { second } from './second.store.ts';
import { afterFirst } from './signed-in.store.ts';

type Attempt = { browser: string | undefined; email: string; ip: string; origin: Visit['origin']; journeyId: string; client?: string };

/** A page of signing in came back. Which page it was, the journey knows; what it asks for, the button says. */
export const authenticate: Handler = (deps, journey, visit, posted) => {
  const { mode, email: known } = journey.state;
  if (mode === 'second' || mode === 'enrol' || mode === 'recovery') return second(deps, journey, visit, posted);
  if (posted.action === 'passkey') return mode === 'password' ? byPasskey(deps, journey, visit, posted) : impossible('unknown_action');
  const email = mode === 'code' || mode === 'join_code' ? (known ?? '') : (posted.email ?? '').trim();
  const { request } = journey;
  const client = request.kind === 'sign-in' ? {} : { client: request.clientId };
  const attempt: Attempt = {
    browser: visit.browser,
    email,
    ip: visit.origin.ip ?? '',
    origin: visit.origin,
    journeyId: journey.id,
    ...client,
  };
  const elsewhere = LEADS_TO[posted.action];
  if (elsewhere !== undefined && elsewhere !== mode) return chooseMode(deps, elsewhere, posted);
  if (!ACTIONS[mode].includes(posted.action)) return impossible('unknown_action');
  if (parseEmail(email) === undefined)
    return event({ kind: 'notSignedIn', email: email.slice(0, 254).toWellFormed(), notice: 'bad_email' });
  if (posted.action === 'email_code') return sendCode(deps, attempt, mode);
  if (posted.action === 'forgot') return forgot(deps, attempt);
  return MODES[mode](deps, attempt, posted, visit, journey);
};

/** Buttons that only turn to another page; on that page itself they mean what it does. */
const LEADS_TO: Readonly<Record<string, Mode>> = { password: 'password', register: 'join' };
type FirstMode = Exclude<Mode, 'second' | 'enrol' | 'recovery'>;

const ACTIONS: Readonly<Record<FirstMode, readonly string[]>> = {
  password: ['continue', 'password', 'email_code', 'forgot'],
  code: ['continue', 'email_code'],
  join: ['continue', 'register'],
  join_code: ['continue', 'email_code'],
};

function chooseMode(deps: JourneysDeps, mode: Mode, posted: Posted): Answered {
  if (mode === 'join' && deps.join.registration() !== 'open') return impossible('registration_closed');
  const email = (posted.email ?? '').trim().slice(0, 254).toWellFormed();
  return event({ kind: 'modeChosen', mode, ...(email === '' ? {} : { email }) });
}

/** The same page for every address: whether there is an account is told to its mailbox only (attack 054). */
async function sendCode(deps: JourneysDeps, attempt: Attempt, mode: Mode): Promise<Answered> {
  if (mode === 'join_code') {
    await deps.join.sendJoinCode(attempt);
    return event({ kind: 'modeChosen', mode, email: attempt.email });
  }
  await deps.login.sendCode(attempt);
  return event({ kind: 'modeChosen', mode: 'code', email: attempt.email });
}

async function forgot(deps: JourneysDeps, attempt: Attempt): Promise<Answered> {
  await deps.reset.request(attempt);
  return event({ kind: 'notSignedIn', email: attempt.email, notice: 'reset_sent' });
}

type ModeHandler = (deps: JourneysDeps, attempt: Attempt, posted: Posted, visit: Visit, journey: Journey) => Promise<Answered>;

const MODES: Readonly<Record<FirstMode, ModeHandler>> = {
  async password(deps, attempt, posted, visit, journey) {
    const proven = await deps.login.withPassword({ ...attempt, password: posted.password ?? '' });
    return proven.ok
      ? afterFirst(deps, journey, visit, proven.value)
      : event({ kind: 'notSignedIn', email: attempt.email, notice: noticeOf(proven.error, 'wrong_credentials') });
  },
  async code(deps, attempt, posted, visit, journey) {
    const proven = await deps.login.withCode({ ...attempt, code: plainCode(posted) });
    return proven.ok
      ? afterFirst(deps, journey, visit, proven.value)
      : event({ kind: 'notSignedIn', notice: noticeOf(proven.error, 'wrong_code') });
  },
  async join(deps, attempt) {
    const sent = await deps.join.sendJoinCode(attempt);
    return sent.ok
      ? event({ kind: 'modeChosen', mode: 'join_code', email: attempt.email })
      : event({ kind: 'notSignedIn', notice: 'join_closed' });
  },
  async join_code(deps, attempt, posted, visit, journey) {
    const name = (posted.name ?? '').trim();
    const joined = await deps.join.register({
      ...attempt,
      code: plainCode(posted),
      password: posted.password ?? '',
      ...(name === '' ? {} : { name }),
    });
    if (!joined.ok) return event({ kind: 'notSignedIn', ...joinNotice(joined.error) });
    return afterFirst(deps, journey, visit, { user: joined.value.user, amr: ['otp'], acr: SINGLE_FACTOR });
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
