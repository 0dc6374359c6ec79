import { html } from 'hono/html';
import type { Html } from './page.ts';

/** Who is signed in here, and the way out of that: the form's action `switch`. */
export function who(user: { name?: string | undefined; email: string }): Html {
  const address = user.name === undefined ? '' : html`<bdi class="address">${user.email}</bdi>`;
  return html`<div class="who">
    <span>Signed in as <bdi class="name">${user.name ?? user.email}</bdi> ${address}</span>
    <button class="plain" name="action" value="switch" formnovalidate>Not you?</button>
  </div>`;
}
