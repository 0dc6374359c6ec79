import { html } from 'hono/html';
import type { Html } from '../../../base/browser/page.ts';
import { passkeyBox } from '../../../base/browser/passkey.ts';
import { appSteps, recoveryList } from '../../../base/browser/second.ts';
import type { View } from '../../../rooms/journeys/view.ts';
import { codeField, passwordField } from './fields.ts';
import { form, noticeBox, type Frame } from './parts.ts';

type Second = Extract<View, { screen: 'second' }>;
type Enrol = Extract<View, { screen: 'enrol' }>;
type Unable = Extract<View, { screen: 'unable' }>;
type Recovery = Extract<View, { screen: 'recovery' }>;
type Rendered = { title: string; body: Html };

/** The first factor was right, or is not enough for what is asked for: one thing more. */
export function secondPage(view: Second, frame: Frame): Rendered {
  const { factors, maySkip } = view;
  const { totp, recovery, mail, password } = factors;
  const wrong = view.notice === 'wrong_second' || view.notice === 'code_used';
  const own = totp || recovery || view.passkey !== undefined;
  const typed = totp || recovery || password;
  const first = totp || password || view.passkey === undefined;
  return {
    title: 'One more step',
    body: html`<h1>One more step</h1>
      <p class="lead">${leadOf(view)} <bdi>${view.email}</bdi>.</p>
      ${noticeBox(view)}
      ${form(
        frame,
        html`${totp ? codeField(wrong, { label: 'Code from your app', required: false }) : ''}
          ${password ? passwordField({ autofocus: !totp, wrong: view.notice === 'wrong_password', required: !own }) : ''}
          ${recovery ? recoveryField(!totp && !password && view.passkey === undefined) : ''}
          ${own ? html`<label class="check"><input type="checkbox" name="remember" value="yes" /> Do not ask again in this browser for 30 days</label>` : ''}
          <div class="buttons">
            ${view.passkey === undefined ? '' : passkeyBox(view.passkey, 'Use your passkey', totp ? '' : 'primary')}
            ${typed ? html`<button class="${first ? 'primary' : ''}" name="action" value="continue">Continue</button>` : ''}
            ${mail ? html`<button class="${typed || view.passkey !== undefined ? '' : 'primary'}" name="action" value="email_code" formnovalidate>E-mail me a code</button>` : ''}
            ${maySkip ? html`<button name="action" value="skip" formnovalidate>Go on without</button>` : ''} ${leave(view)}
          </div>`,
      )}`,
  };
}

function leadOf({ factors, passkey }: Second): string {
  if (factors.totp) return 'Enter the code that your authenticator app shows now, for';
  if (factors.password) return 'Enter your password as well, for';
  return factors.mail && !factors.recovery && passkey === undefined
    ? 'This takes a code by e-mail as well, sent to'
    : 'Show that it is you, for';
}

function recoveryField(open: boolean): Html {
  return html`<details class="fold" ${open ? html` open` : ''}>
    <summary>Use a recovery code instead</summary>
    <div class="field">
      <label for="recovery">Recovery code</label>
      <input id="recovery" name="recovery" type="text" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="24" />
      <span class="hint">One of the ten that you put away. Each is good once.</span>
    </div>
  </details>`;
}

/** Somebody else, or nobody after all. */
function leave({ visitor, maySkip }: Second | Enrol): Html {
  return html`<div class="aside">
    ${maySkip ? '' : html`<button class="plain" name="action" value="switch" formnovalidate>Use another account</button>`}
    ${visitor === undefined ? '' : html`<button class="plain" name="action" value="cancel" formnovalidate>Cancel</button>`}
  </div>`;
}

export function enrolPage(view: Enrol, frame: Frame): Rendered {
  const { maySkip } = view;
  return {
    title: 'Set up a second step',
    body: html`<h1>Set up a second step</h1>
      <p class="lead">From now on, signing in to <bdi>${view.email}</bdi> also takes a code from an app on your phone.</p>
      ${noticeBox(view)}
      ${form(
        frame,
        html`${appSteps(view)} ${codeField(view.notice === 'wrong_second', { label: 'Code from your app' })}
          <div class="buttons">
            <button class="primary" name="action" value="continue">Turn on</button>
            ${maySkip ? html`<button name="action" value="skip" formnovalidate>Not now</button>` : ''} ${leave(view)}
          </div>`,
      )}`,
  };
}

/** What the flow asks for, this person has not: they hear it before the app does. */
export function unablePage({ email, maySkip, notice, detail }: Unable, frame: Frame): Rendered {
  return {
    title: 'One more step',
    body: html`<h1>One more step</h1>
      <p class="lead">What this app asks for takes a second step, and <bdi>${email}</bdi> has none that would do.</p>
      ${noticeBox({ notice, detail })}
      <p class="quiet">Your administrator can tell you which one is wanted, and how to get it.</p>
      ${form(
        frame,
        html`<div class="buttons">
          <button class="primary" name="action" value="continue">${maySkip ? 'Go on without' : 'Continue'}</button>
          <div class="aside"><button class="plain" name="action" value="switch" formnovalidate>Use another account</button></div>
        </div>`,
      )}`,
  };
}

export function recoveryPage({ codes }: Recovery, frame: Frame): Rendered {
  const late = 'Your second step is on. Its recovery codes were shown already; make new ones on your account page.';
  return {
    title: 'Keep these codes',
    body: html`<h1>Keep these codes</h1>
      ${codes.length === 0 ? html`<p class="lead">${late}</p>` : recoveryList(codes)}
      ${form(frame, html`<div class="buttons"><button class="primary" name="action" value="continue">I have put them away</button></div>`)}`,
  };
}
