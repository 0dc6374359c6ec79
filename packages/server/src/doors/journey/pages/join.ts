import { html } from 'hono/html';
import type { Html } from '../../../base/browser/page.ts';
import type { View } from '../../../rooms/journeys/view.ts';
import { codeField, emailField, nameField, newPassword } from './fields.ts';
import { form, noticeBox, onwards, type Frame } from './parts.ts';

/** First step of making an account: the address, which is proven before anything comes to be. */
export function joinPage(view: Extract<View, { screen: 'join' }>, frame: Frame): { title: string; body: Html } {
  return {
    title: 'Create an account',
    body: html`<h1>Create an account</h1>
      ${onwards(view)} ${noticeBox(view)}
      ${form(
        frame,
        html`${emailField({ value: view.email, autocomplete: 'email', wrong: view.notice === 'bad_email', autofocus: true })}
          <div class="buttons">
            <button class="primary" name="action" value="continue">Continue</button>
            <button class="plain" name="action" value="password" formnovalidate>I have an account</button>
          </div>`,
      )}`,
  };
}

export function joinCodePage(view: Extract<View, { screen: 'join_code' }>, frame: Frame): { title: string; body: Html } {
  return {
    title: 'Finish your account',
    body: html`<h1>Check your e-mail</h1>
      <p class="lead">
        We have written to <strong><bdi>${view.email}</bdi></strong
        >. Type the code of six digits from that mail, and choose a password.
      </p>
      ${noticeBox(view)}
      ${form(
        frame,
        html`${codeField(view.notice === 'wrong_code')} ${nameField()} ${newPassword()}
          <div class="buttons">
            <button class="primary" name="action" value="continue">Create account</button>
            <button name="action" value="email_code" formnovalidate>Send a new code</button>
            <button class="plain" name="action" value="password" formnovalidate>I have an account</button>
          </div>`,
      )}`,
  };
}
