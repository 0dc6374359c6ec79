import { html } from 'hono/html';
import type { Html } from '../../../base/browser/page.ts';
import { who } from '../../../base/browser/who.ts';
import type { View } from '../../../rooms/journeys/view.ts';
import { denialSentence } from '../words.ts';
import { identityOf } from '../visitor.ts';
import { logo } from './logo.ts';
import { enterContinues, form, noticeBox, onwards, type Frame } from './parts.ts';

/** The client asked that the person choose: stay, or be somebody else. */
export function accountPage(view: Extract<View, { screen: 'account' }>, frame: Frame): { title: string; body: Html } {
  const { user } = view;
  return {
    title: 'Choose an account',
    body: html`<h1>Continue as <bdi>${user.name ?? user.email}</bdi>?</h1>
      ${onwards(view)}
      ${form(
        frame,
        html`<p class="quiet">You are signed in as <bdi>${user.email}</bdi>.</p>
          <div class="buttons">
            <button class="primary" name="action" value="continue">Continue</button>
            <button name="action" value="switch">Use another account</button>
            <button class="plain" name="action" value="cancel">Cancel</button>
          </div>`,
      )}`,
  };
}

export function tenantPage(view: Extract<View, { screen: 'tenant' }>, frame: Frame): { title: string; body: Html } {
  return {
    title: 'Choose an organisation',
    body: html`<h1>In which organisation?</h1>
      <p class="lead">The app will act for you in the one you choose, and in no other.</p>
      ${noticeBox(view)}
      ${form(
        frame,
        html`${enterContinues} ${who(view.user)}
          <fieldset class="choices">
            <legend class="hidden">Organisation</legend>
            ${view.tenants.map(
              (tenant, index) =>
                html`<label class="choice"
                  ><input
                    type="radio"
                    name="tenant"
                    value="${tenant.id}"
                    ${(view.preferred === undefined ? index === 0 : tenant.id === view.preferred) ? html` checked` : ''}
                  />${logo(tenant.branding, tenant.name, index)}<span><bdi>${tenant.name}</bdi></span></label
                > `,
            )}
          </fieldset>
          <div class="buttons">
            <button class="primary" name="action" value="continue">Continue</button>
            <button class="plain" name="action" value="cancel">Cancel</button>
          </div>`,
      )}`,
  };
}

/** The sentence that a person reads before the client is told no. */
export function deniedPage(view: Extract<View, { screen: 'denied' }>, frame: Frame): { title: string; body: Html } {
  const back =
    view.visitor === undefined
      ? 'Back'
      : identityOf(view.visitor).local
        ? 'Return to the app'
        : `Return to ${identityOf(view.visitor).host}`;
  return {
    title: 'This cannot go on',
    body: html`<h1>This cannot go on</h1>
      <p class="lead">${view.message ?? denialSentence(view.reason)}</p>
      <p class="quiet">Nothing was allowed. Your administrator can see why, and change it.</p>
      ${form(frame, html`<div class="buttons"><button class="primary" name="action" value="continue">${back}</button></div>`)}`,
  };
}
