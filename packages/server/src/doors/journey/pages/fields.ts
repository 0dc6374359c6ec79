import { html } from 'hono/html';
import type { Html } from '../../../base/browser/page.ts';

/** How a field of a flow's own screen is called in the form: `field.<name>`, so that none can be taken for one of ours. */
export const AUTHORED = 'field.';

/** Ties a field to the notice above the form that says what is wrong with it. */
export function marked(wrong: boolean): Html | '' {
  return wrong ? html` aria-invalid="true" aria-describedby="notice"` : '';
}

/** `autocomplete`: what a password manager fills in, the name of an account that there is or an address. */
export function emailField(of: {
  value: string | undefined;
  autocomplete: 'username' | 'email';
  wrong: boolean;
  autofocus: boolean;
}): Html {
  return html`<div class="field">
    <label for="email">E-mail address</label>
    <input
      id="email"
      name="email"
      type="email"
      value="${of.value ?? ''}"
      autocomplete="${of.autocomplete}"
      autocapitalize="none"
      spellcheck="false"
      maxlength="254"
      required${of.autofocus ? html` autofocus` : ''}${marked(of.wrong)}
    />
  </div>`;
}

/** The password of an account that there is. */
export function passwordField(of: { autofocus: boolean; wrong: boolean; required?: boolean }): Html {
  const { autofocus, wrong, required = true } = of;
  return html`<div class="field">
    <label for="password">Password</label>
    <input
      id="password"
      name="password"
      type="password"
      autocomplete="current-password"
      maxlength="1024"
      ${required ? html`required` : ''}${autofocus ? html` autofocus` : ''}${marked(wrong)}
    />
  </div>`;
}

/** A code of six digits, from a mail or an app. Room for spaces, because people type what they see. */
export function codeField(
  wrong: boolean,
  { label = 'Code', required = true, value = '' }: { label?: string; required?: boolean; value?: string | undefined } = {},
): Html {
  return html`<div class="field">
    <label for="code">${label}</label>
    <input
      class="code"
      id="code"
      name="code"
      type="text"
      value="${value}"
      inputmode="numeric"
      autocomplete="one-time-code"
      maxlength="12"
      ${required ? html`required ` : ''}autofocus${marked(wrong)}
    />
  </div>`;
}

export function nameField(value = ''): Html {
  return html`<div class="field">
    <label for="name">Your name <span class="optional">optional</span></label>
    <input id="name" name="name" type="text" value="${value}" autocomplete="name" maxlength="100" />
  </div>`;
}

/** A field for a password of one's own choosing. Length is the only rule said beforehand; the hub says what else is wrong with one. */
export function newPassword(): Html {
  return html`<div class="field">
    <label for="password">Password</label>
    <input
      id="password"
      name="password"
      type="password"
      autocomplete="new-password"
      minlength="12"
      maxlength="1024"
      aria-describedby="password-hint"
      required
    />
    <span class="hint" id="password-hint">At least 12 characters. A few words that belong only to you are best.</span>
  </div>`;
}
