import { html } from 'hono/html';
import type { Html } from '../../../base/browser/page.ts';
import type { View } from '../../../rooms/journeys/view.ts';
import { form, noticeBox, type Frame } from './parts.ts';

type Connect = Extract<View, { screen: 'connect' }>;

/** An account elsewhere is needed before it goes on. The page after this one says where one goes; this one says why. */
export function connectPage(view: Connect, frame: Frame): { title: string; body: Html } {
  const { name, optional, user } = view;
  if (name === undefined) return notNow(view, frame);
  return {
    title: `Connect ${name}`,
    body: html`<p class="eyebrow">One thing first</p>
      <h1>Connect <bdi>${name}</bdi></h1>
      <p class="lead">${whose(view)}</p>
      ${noticeBox(view)} ${asked(view.scopes)}
      ${form(
        frame,
        html`<p class="quiet small">Signed in as <bdi>${user.name ?? user.email}</bdi>. You come back here afterwards.</p>
          <div class="buttons">
            <button class="primary" name="action" value="connect">Connect</button>
            ${optional ? html`<button name="action" value="skip">Go on without</button>` : ''}
            <button class="plain" name="action" value="cancel">Cancel</button>
          </div>`,
      )}`,
  };
}

function whose({ owner, tenant, name }: Connect): Html {
  const there = html`<bdi>${name}</bdi>`;
  switch (owner) {
    case 'user':
      return html`To go on, your account at ${there} has to be connected. It works for you alone.`;
    case 'userInTenant':
      return html`To go on, your account at ${there} has to be connected. It works for you alone, and only in
        <strong><bdi>${tenant}</bdi></strong
        >.`;
    case 'tenant':
      return html`To go on, an account at ${there} has to be connected for everybody in <strong><bdi>${tenant}</bdi></strong
        >. Whoever manages its connections can do that.`;
  }
}

function asked(scopes: readonly string[]): Html {
  if (scopes.length === 0) return html``;
  return html`<ul class="tags" aria-label="What it has to allow">
    ${scopes.map((scope) => html`<li><code>${scope}</code></li>`)}
  </ul>`;
}

/** Nothing can be connected: the author's connection is gone, or an administrator has stopped it. */
function notNow({ optional }: Connect, frame: Frame): { title: string; body: Html } {
  return {
    title: 'This cannot be connected now',
    body: html`<h1>This cannot be connected now</h1>
      <p class="lead">${optional ? 'You can go on without it.' : 'Your administrator can see why. Try again later.'}</p>
      ${form(
        frame,
        html`<div class="buttons">
          ${optional ? html`<button class="primary" name="action" value="skip">Go on without</button>` : ''}
          <button class="plain" name="action" value="cancel">Cancel</button>
        </div>`,
      )}`,
  };
}
