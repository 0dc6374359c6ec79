import { html } from 'hono/html';
import { passkeyBox } from '../../../base/browser/passkey.ts';
import type { Html } from '../../../base/browser/page.ts';
import { appSteps, recoveryList } from '../../../base/browser/second.ts';
import type { EnrolFace, EnrolMethod } from '../../../rooms/journeys/effects/faces.ts';
import type { View } from '../../../rooms/journeys/view.ts';
import { codeField, newPassword } from './fields.ts';
import { form, noticeBox, type Frame } from './parts.ts';

type Faced<S extends EnrolFace['screen']> = Extract<View, { screen: S }>;
type Rendered = { title: string; body: Html };

const WORDS: Readonly<Record<EnrolMethod, { title: string; says: string }>> = {
  passkey: { title: 'A passkey', says: 'Your fingerprint, face or screen lock, or a security key.' },
  totp: { title: 'An authenticator app', says: 'Codes from an app on your phone.' },
  recovery_codes: { title: 'Recovery codes', says: 'Ten codes to write down, each good once.' },
  password: { title: 'A password', says: 'Of at least 12 characters.' },
};

/** Several ways are offered: which one. Or none may be set up in this session, and what to do about that. */
export function enrolChoicePage(view: Faced<'enrol_choice'>, frame: Frame): Rendered {
  const { methods, why } = view;
  if (why !== undefined) return signInFirst(view, frame);
  return {
    title: 'One more way to sign in',
    body: html`<h1>One more way to sign in</h1>
      <p class="lead">Set one of these up for <bdi>${view.email}</bdi>. It takes a minute.</p>
      ${noticeBox(view)}
      ${form(
        frame,
        html`<div class="buttons">
          ${methods.map(
            (method, index) =>
              html`<button class="${index === 0 ? 'primary' : ''}" name="action" value="enrol:${method}">
                ${WORDS[method].title}<br /><span class="small">${WORDS[method].says}</span>
              </button>`,
          )}
          ${methods.length === 0 ? html`<p class="quiet">There is nothing that you could set up here.</p>` : ''} ${notNow(view)}
          ${leave(view)}
        </div>`,
      )}`,
  };
}

const FIRST = {
  stale: 'You signed in a while ago. To change how you sign in, sign in again first.',
  weak: 'To change how you sign in, sign in with both of your steps first.',
  bound:
    'You signed in by your organisation’s sign-in, which is good for that organisation only. To change how you sign in, sign in another way first.',
} as const;

function signInFirst(view: Faced<'enrol_choice'>, frame: Frame): Rendered {
  const sentence = view.why === undefined ? '' : FIRST[view.why];
  return {
    title: 'Sign in again',
    body: html`<h1>Sign in again</h1>
      <p class="lead">${sentence}</p>
      ${form(
        frame,
        html`<div class="buttons">
          <button class="primary" name="action" value="switch">Sign in again</button>
          ${notNow(view)} ${leave(view)}
        </div>`,
      )}`,
  };
}

export function enrolAppPage(view: Faced<'enrol_app'>, frame: Frame): Rendered {
  return {
    title: 'Set up an authenticator app',
    body: html`<h1>Set up an authenticator app</h1>
      <p class="lead">From now on, signing in to <bdi>${view.email}</bdi> also takes a code from an app on your phone.</p>
      ${noticeBox(view)}
      ${form(
        frame,
        html`${appSteps(view)} ${codeField(view.notice === 'wrong_second', { label: 'Code from your app' })}
          <div class="buttons">
            <button class="primary" name="action" value="continue">Turn on</button>
            ${another(view)} ${notNow(view)} ${leave(view)}
          </div>`,
      )}`,
  };
}

/** A passkey is made by a script of the page; where there is none, the page says so instead of doing nothing. */
export function enrolPasskeyPage(view: Faced<'enrol_passkey'>, frame: Frame): Rendered {
  const { passkey } = view;
  return {
    title: 'Add a passkey',
    body: html`<h1>Add a passkey</h1>
      <p class="lead">Your device makes a key for <bdi>${view.email}</bdi>. With it you sign in without a password.</p>
      ${noticeBox(view)}
      ${form(
        frame,
        html`<div class="buttons">
            ${passkey === undefined ? '' : passkeyBox(passkey, 'Add a passkey', 'primary')} ${another(view)} ${notNow(view)} ${leave(view)}
          </div>
          <p class="quiet small">No button? This browser, or a setting of it, knows no passkeys.</p>`,
      )}`,
  };
}

export function enrolPasswordPage(view: Faced<'enrol_password'>, frame: Frame): Rendered {
  return {
    title: 'Choose a password',
    body: html`<h1>Choose a password</h1>
      <p class="lead">For <bdi>${view.email}</bdi>, so that you can sign in when your mailbox is out of reach.</p>
      ${noticeBox(view)}
      ${form(
        frame,
        html`${newPassword()}
          <div class="buttons">
            <button class="primary" name="action" value="continue">Continue</button>
            ${another(view)} ${notNow(view)} ${leave(view)}
          </div>`,
      )}`,
  };
}

export function enrolCodesPage({ codes }: Faced<'enrol_codes'>, frame: Frame): Rendered {
  const late = 'Your recovery codes were shown already; make new ones on your account page.';
  return {
    title: 'Keep these codes',
    body: html`<h1>Keep these codes</h1>
      ${codes.length === 0 ? html`<p class="lead">${late}</p>` : recoveryList(codes)}
      ${form(frame, html`<div class="buttons"><button class="primary" name="action" value="kept">I have put them away</button></div>`)}`,
  };
}

function another({ several }: { several: boolean }): Html | '' {
  return several ? html`<button name="action" value="another" formnovalidate>Another way</button>` : '';
}

function notNow({ optional }: { optional: boolean }): Html | '' {
  return optional ? html`<button name="action" value="skip" formnovalidate>Not now</button>` : '';
}

function leave({ visitor }: { visitor: unknown }): Html | '' {
  return visitor === undefined
    ? ''
    : html`<div class="aside"><button class="plain" name="action" value="cancel" formnovalidate>Cancel</button></div>`;
}
