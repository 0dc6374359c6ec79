import { html } from 'hono/html';
import type { Html } from '../../../base/browser/page.ts';
import type { View } from '../../../rooms/flows/view.ts';
import { form, newPassword, noticeBox, onwards, type Frame } from './parts.ts';

/** First step of making an account: the address, which is proven before anything comes to be. */
export function joinPage(view: Extract<View, { screen: 'join' }>, frame: Frame): { title: string; body: Html } {
  return {
    title: 'Create an account',
    body: html`<h1>Create an account</h1>
      ${onwards(view.visitor)} ${noticeBox(view)}
      ${form(
        frame,
        html`<div class="field">
            <label for="email">E-mail address</label>
            <input
              id="email"
              name="email"
              type="email"
              value="${view.email ?? ''}"
              autocomplete="email"
              autocapitalize="none"
              spellcheck="false"
              maxlength="254"
              required
              autofocus
            />
          </div>
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
        html`<div class="field">
            <label for="code">Code</label>
            <input
              class="code"
              id="code"
              name="code"
              type="text"
              inputmode="numeric"
              autocomplete="one-time-code"
              maxlength="12"
              required
              autofocus
            />
          </div>
          <div class="field">
            <label for="name">Your name <span class="optional">optional</span></label>
            <input id="name" name="name" type="text" autocomplete="name" maxlength="100" />
          </div>
          ${newPassword()}
          <div class="buttons">
            <button class="primary" name="action" value="continue">Create account</button>
            <button name="action" value="email_code" formnovalidate>Send a new code</button>
            <button class="plain" name="action" value="password" formnovalidate>I have an account</button>
          </div>`,
      )}`,
  };
}
