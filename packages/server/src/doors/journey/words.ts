import type { Notice } from '@writ/flow';
import type { Need } from '../../rooms/policies/requirements.ts';

/** What the pages say after a step that did not go through. */
export const NOTICES: Readonly<Record<Notice, { text: string; bad: boolean }>> = {
  wrong_credentials: { text: 'That e-mail address and password do not belong together. Check both and try again.', bad: true },
  wrong_code: { text: 'That code is not right, or it is too old. Check the latest e-mail, or have a new code sent.', bad: true },
  locked: { text: 'There were too many attempts. Wait a few minutes and try again.', bad: true },
  busy: { text: 'The hub is busy at the moment. Try again in a few seconds.', bad: true },
  frozen: { text: 'This account has been stopped. Your administrator can tell you why.', bad: true },
  bad_email: { text: 'Enter a complete e-mail address, such as ann@example.com.', bad: true },
  nothing_chosen: { text: 'Nothing is ticked. Tick what you want to allow, or press Deny.', bad: true },
  session_ended: { text: 'You were signed out in the meantime. Sign in to go on.', bad: false },
  reset_sent: {
    text: 'If there is an account with that address, an e-mail with a link to choose a new password is on its way.',
    bad: false,
  },
  password_refused: { text: 'That password will not do.', bad: true },
  join_closed: { text: 'New accounts are made by invitation here. Ask your administrator.', bad: true },
  step_up_password: { text: 'What this app asks for needs a fresh sign-in. Enter your password again to go on.', bad: false },
  step_up_code: {
    text: 'What this app asks for needs a sign-in with a code from your mailbox. Press “E-mail me a code instead”.',
    bad: false,
  },
  step_up_second: { text: 'What this app asks for needs a second step besides your password.', bad: false },
  step_up_enrol: {
    text: 'Some of what this app asks for needs a second step, and you have none yet. It takes a minute to set one up.',
    bad: false,
  },
  step_up_fresh: { text: 'Some of what this app asks for needs a second step. To set one up, sign in again first.', bad: false },
  wrong_second: { text: 'That code is not right. Check that it is the newest one, and that your phone’s clock is right.', bad: true },
  wrong_password: { text: 'That is not your password. Try again.', bad: true },
  code_used: { text: 'That code was used already. Wait for the next one.', bad: true },
  passkey_failed: { text: 'That passkey did not work. Try again, or sign in another way.', bad: true },
  enrolment_over: { text: 'That took too long, so there is a new square. Scan this one.', bad: true },
  second_wanted: { text: 'Your administrator wants everybody to sign in with a second step.', bad: false },
  provider_unavailable: { text: 'That sign-in is not available at the moment. Try again in a minute, or sign in another way.', bad: true },
  provider_failed: { text: 'That sign-in did not work. Try again; if it goes on, tell your administrator.', bad: true },
  provider_denied: { text: 'You did not sign in there. Try again, or sign in another way.', bad: false },
  provider_unknown: { text: 'That account is not known here. Ask your administrator for an invitation.', bad: true },
  provider_email: { text: 'That account has no confirmed e-mail address that can be used here. Ask your administrator.', bad: true },
  provider_taken: {
    text: 'There is an account with that e-mail address here already. Sign in to it the way you always do.',
    bad: true,
  },
  sso_unknown: { text: 'No organisation here signs in with that address. Check it, or sign in another way.', bad: true },
  sso_wanted: { text: 'Your organisation lets you in by its own sign-in only.', bad: false },
  unknown_tenant: { text: 'Choose one of these.', bad: true },
};

/** Why somebody cannot go on, in a sentence for them; what exactly refused stays in the audit. */
const DENIALS: Readonly<Record<string, string>> = {
  not_in_tenant: 'This request is for an organisation that your account does not belong to.',
  no_tenant: 'None of your organisations may use this app, or they have been stopped.',
  nothing_permitted: 'Your organisation’s rules do not let this app have any of what it asks for on your behalf.',
  step_up_required: 'Your organisation’s rules want a stronger sign-in for this than there is here at the moment.',
  grant_not_allowed_in_tenant: 'Your organisation does not let apps act for its people this way.',
  resource_gone: 'What this app wants to reach is no longer there.',
  client_gone: 'This app is no longer known here.',
  page_not_there: 'The next step of this sign-in has no page here. Your administrator can mend it.',
  'stepUp:unable': 'What this app asks for takes a stronger sign-in than yours.',
  factor_lost: 'What this app asks for takes a stronger sign-in than yours.',
  sso_required: 'Your organisation lets you in by its own sign-in only, and this app does not lead there.',
  sign_in_of_one_tenant: 'You signed in by the sign-in of one organisation, which is good for that organisation only.',
  not_tenant_admin: 'Somebody who administers your organisation has to allow this app first. Ask them to connect it.',
  tenant_consent_gone: 'Your organisation has taken back what it allowed this app.',
  another_account: 'This request is for another account than the one that you are signed in with.',
};

export function denialSentence(reason: string): string {
  const known = DENIALS[reason];
  if (known !== undefined) return known;
  if (reason.startsWith('flow_denied')) return 'Your administrator does not let this go on for you.';
  const [what = '', how = ''] = reason.split('_');
  if (how === 'frozen' || how === 'revoked') return STOPPED[what] ?? STOPPED['client'] ?? '';
  return 'This request cannot be allowed.';
}

/** Why a scope that was asked for is not on the consent page; the end of a sentence. */
export function withheldBecause(needs: Need): string {
  if (needs === 'stepUp') return 'which needs a stronger sign-in than there is here at the moment';
  return needs === 'proofOfPossession'
    ? 'which needs a kind of key that this hub does not take'
    : 'which your organisation’s rules hold back';
}

const STOPPED: Readonly<Record<string, string>> = {
  client: 'An administrator has stopped this app.',
  agent:
    'This app is stopped from acting for you. If you have paused it yourself, let it go on at your account page; otherwise ask your administrator.',
  grant: 'An administrator has stopped what you allowed this app before.',
  user: 'Your account has been stopped.',
  tenant: 'Your organisation has been stopped here.',
  hub: 'An administrator has stopped all apps for the moment. Try again later.',
};

const UNITS: readonly [number, string][] = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
];

/** How long ago, in whole minutes. Times in milliseconds. */
export function since(then: number, now: number): string {
  const minutes = Math.floor((now - then) / 60_000);
  return minutes < 1 ? 'just now' : `${duration(minutes * 60)} ago`;
}

/** Seconds in words, in the largest unit that says it exactly enough: 600 → "10 minutes", 86400 → "1 day", 5400 → "90 minutes". */
export function duration(seconds: number): string {
  const [size, unit] = UNITS.find(([size]) => seconds >= size && seconds % size === 0) ?? [1, 'second'];
  const count = Math.max(1, Math.round(seconds / size));
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
