import { html } from 'hono/html';
import { passkeyBox } from '../../../base/browser/passkey.ts';
import type { Html } from '../../../base/browser/page.ts';
import type { View } from '../../../rooms/journeys/view.ts';
import { codeField, emailField, passwordField } from './fields.ts';
import { form, noticeBox, onwards, type Frame } from './parts.ts';

type SignIn = Extract<View, { screen: 'sign_in' }>;
type Code = Extract<View, { screen: 'code' }>;

/**
 * E-mail address and password, or a code by mail, or whoever vouches for people: what the flow offers of it. The first button is what Enter
 * presses.
 */
export function signInPage(view: SignIn, frame: Frame): { title: string; body: Html } {
  const wrong = view.notice === 'wrong_credentials' || view.notice === 'bad_email';
  const known = view.email !== undefined && view.email !== '';
  const [byPassword, byCode] = [view.ways.includes('password'), view.ways.includes('email_code')];
  const outside = !byPassword && !byCode;
  return {
    title: 'Sign in',
    body: html`<h1>Sign in</h1>
      ${onwards(view)} ${outside && known ? html`<p class="quiet">as <bdi>${view.email}</bdi></p>` : ''} ${noticeBox(view)}
      ${form(
        frame,
        html`${outside ? '' : emailField({ value: view.email, autocomplete: 'username', wrong, autofocus: !known })}
          ${byPassword ? passwordField({ autofocus: known, wrong }) : ''}
          <div class="buttons">
            ${byPassword ? html`<button class="primary" name="action" value="continue">Sign in</button>` : ''}
            ${byCode && !byPassword ? html`<button class="primary" name="action" value="continue">E-mail me a code</button>` : ''}
            ${view.passkey === undefined ? '' : passkeyBox(view.passkey, 'Sign in with a passkey')}
            ${byCode && byPassword ? html`<button name="action" value="email_code" formnovalidate>E-mail me a code instead</button>` : ''}
            ${view.waysOut.map(
              ({ way, label }, at) =>
                html`<button${outside && at === 0 ? html` class="primary"` : ''} name="action" value="${way}" formnovalidate>${label}</button>`,
            )}
            <div class="aside">
              ${byPassword ? html`<button class="plain" name="action" value="forgot" formnovalidate>Forgot your password?</button>` : ''}
              ${outside && known ? html`<button class="plain" name="action" value="switch" formnovalidate>Use another e-mail address</button>` : ''}
              ${view.mayJoin ? html`<button class="plain" name="action" value="register" formnovalidate>Create an account</button>` : ''}
              ${view.visitor === undefined ? '' : html`<button class="plain" name="action" value="cancel" formnovalidate>Cancel</button>`}
            </div>
          </div>`,
      )}`,
  };
}

export function codePage(view: Code, frame: Frame): { title: string; body: Html } {
  return {
    title: 'Enter the code',
    body: html`<h1>Check your e-mail</h1>
      <p class="lead">
        ${
          view.asSecond === true
            ? html`A code of six digits is on its way to <strong><bdi>${view.email}</bdi></strong
                >. It is`
            : html`If <strong><bdi>${view.email}</bdi></strong> has an account here, a code of six digits and a link are on their way.
                Either is`
        }
        good for ten minutes, in this browser only.
      </p>
      ${noticeBox(view)}
      ${form(
        frame,
        html`${codeField(view.notice === 'wrong_code', { value: frame.code })}
          <div class="buttons">
            <button class="primary" name="action" value="continue">Continue</button>
            <button name="action" value="email_code" formnovalidate>Send a new code</button>
            ${view.asSecond === true ? '' : html`<button class="plain" name="action" value="password" formnovalidate>Use a password instead</button>`}
          </div>`,
      )}`,
  };
}
