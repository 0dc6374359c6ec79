import { html } from 'hono/html';
import type { Html } from '../../base/browser/page.ts';
import { who } from '../../base/browser/who.ts';
import type { ConnectLink } from '../../rooms/connections/connect.ts';
import type { Connection } from '../../rooms/connections/connection.ts';
import type { Credential } from '../../rooms/connections/credential.ts';
import type { User } from '../../rooms/users/user.ts';
import { hostOf, nameOf, type Sentence } from './words.ts';

/** What the page of a link shows. `asks`: the client that somebody is asked for, by the name it gives itself. */
export type ConnectView = {
  link: ConnectLink;
  connection: Connection;
  user: User;
  tenant: string | undefined;
  before: Credential | undefined;
  scopes: readonly string[];
  asks: string | undefined;
  token: string;
  wrong?: string | undefined;
};

/** Before anything happens: what is connected, for whom, and where one goes next. */
export function connectPage(view: ConnectView): { title: string; body: Html } {
  const { connection, wrong } = view;
  const title = `Connect ${nameOf(connection)}`;
  const away = connection.type === 'oauth' || connection.type === 'mcp';
  return {
    title,
    body: html`<p class="eyebrow">Connect an account</p>
      <h1><bdi>${nameOf(connection)}</bdi></h1>
      <p class="lead">${away ? goesTo(connection) : typesIn(connection)}</p>
      ${whose(view)} ${wrong === undefined ? '' : html`<p class="notice bad" role="alert" id="notice">${wrong}</p>`}
      <form method="post" accept-charset="utf-8">
        <input type="hidden" name="token" value="${view.token}" />
        ${enterContinues} ${who(view.user)} ${asked(view.scopes)} ${away ? '' : secretFields(connection, wrong !== undefined)}
        ${another(view)}
        <ul class="limits">
          <li>It is kept sealed, and shown to nobody again, not to you either.</li>
          <li>Agents get it only where a policy lets them, and each time is on record.</li>
          <li>You can disconnect it at any time on your account page.</li>
        </ul>
        <div class="buttons pair">
          <button name="action" value="cancel" formnovalidate>Cancel</button>
          <button class="primary" name="action" value="continue">${away ? 'Continue' : 'Connect'}</button>
        </div>
      </form>`,
  };
}

/** First in the form: Enter in a field presses the first button, which would be "Not you?". */
const enterContinues = html`<button class="hidden" name="action" value="continue" aria-hidden="true" tabindex="-1">Continue</button>`;

function goesTo(connection: Connection): Html {
  const host = hostOf(connection);
  return html`You go on to ${host === undefined ? 'the service' : html`<strong>${host}</strong>`} and say there what you allow. Your
  password there stays there.`;
}

function typesIn(connection: Connection): Html {
  const host = hostOf(connection);
  return html`What you enter here is used at ${host === undefined ? 'this service' : html`<strong>${host}</strong>`} and nowhere else.`;
}

/** Whose it will be: what one connects for all of a tenant, all of it can use. */
function whose({ link, tenant, asks }: ConnectView): Html {
  const { owner } = link;
  const name = tenant ?? owner.tenant;
  const line =
    owner.agent !== undefined
      ? html`It will belong to <strong>an agent</strong>, and work for everybody that agent works for.`
      : owner.user === undefined
        ? html`It will belong to <strong><bdi>${name}</bdi></strong
            >, and work for everybody there.`
        : name === undefined
          ? html`It works for you alone.`
          : html`It works for you alone, and only in <strong><bdi>${name}</bdi></strong
              >.`;
  return html`<p class="notice ${owner.user === undefined ? 'care' : ''}">
    ${line}${asks === undefined ? '' : html` An app that calls itself <bdi>${asks}</bdi> needs it.`}
  </p>`;
}

function asked(scopes: readonly string[]): Html {
  if (scopes.length === 0) return html``;
  return html`<div>
    <p class="small"><strong>You will be asked for</strong></p>
    <ul class="tags">
      ${scopes.map((scope) => html`<li><code>${scope}</code></li>`)}
    </ul>
  </div>`;
}

function secretFields({ type }: Connection, isWrong: boolean): Html {
  const mark = isWrong ? html` aria-invalid="true" aria-describedby="notice"` : '';
  if (type === 'basic')
    return html`<div class="field">
        <label for="username">User name</label>
        <input
          id="username"
          name="username"
          type="text"
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
          maxlength="256"
          required${mark}
        />
      </div>
      <div class="field">
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="off" maxlength="4096" required${mark} />
      </div>`;
  if (type === 'certificate')
    return html`<div class="field">
        <label for="certificate">Certificate <span class="optional">PEM</span></label>
        <textarea id="certificate" name="certificate" rows="6" spellcheck="false" maxlength="30000" required${mark}></textarea>
      </div>
      <div class="field">
        <label for="private_key">Private key <span class="optional">PEM, without a passphrase</span></label>
        <textarea id="private_key" name="private_key" rows="6" spellcheck="false" maxlength="30000" required${mark}></textarea>
      </div>`;
  return html`<div class="field">
    <label for="value">API key</label>
    <input id="value" name="value" type="password" autocomplete="off" spellcheck="false" maxlength="8192" required${mark} />
  </div>`;
}

/** Only where something is connected already and the link leaves open which account is meant. */
function another({ link, before }: ConnectView): Html {
  if (before === undefined) return html``;
  const state =
    before.state === 'failed' ? 'What is connected now no longer works; this mends it.' : 'You have connected one before; this renews it.';
  if (link.label !== '') return html`<p class="quiet">${state}</p>`;
  return html`<div class="field">
    <label for="label">A name for another account <span class="optional">optional</span></label>
    <input id="label" name="label" type="text" maxlength="64" autocomplete="off" aria-describedby="label-hint" />
    <span class="hint" id="label-hint">${state} With a name here, such as <em>work</em>, you connect one beside it.</span>
  </div>`;
}

/** The end of a good way. What was not given is said here, or an agent would fail later and nobody would know why. */
export function donePage(of: { name: string; label: string; missing: readonly string[]; returnTo: string | undefined }): {
  title: string;
  body: Html;
} {
  const title = of.missing.length === 0 ? `${of.name} is connected` : `${of.name} is connected, in part`;
  return {
    title,
    body: html`<h1><bdi>${title}</bdi></h1>
      <p class="lead">
        ${
          of.label === ''
            ? ''
            : html`As <strong><bdi>${of.label}</bdi></strong
                >. `
        }You
        can go back to where you came from.
      </p>
      ${
        of.missing.length === 0
          ? ''
          : html`<p class="notice care">
              Asked for and not given: ${of.missing.map((scope, index) => html`${index === 0 ? '' : ', '}<code>${scope}</code>`)}.
            </p>`
      }
      ${back(of.returnTo)}
      <p class="quiet"><a href="/account/connections">All that you have connected</a></p>`,
  };
}

/** Nothing of what the link is about: whoever it is not for learns nothing from it. */
export function strangerPage(of: { user: User; token: string; words: Sentence }): { title: string; status: number; body: Html } {
  const { title, sentence, status } = of.words;
  return {
    title,
    status,
    body: html`<h1>${title}</h1>
      <p class="lead">${sentence}</p>
      <form method="post" accept-charset="utf-8">
        <input type="hidden" name="token" value="${of.token}" />
        ${who(of.user)}
      </form>`,
  };
}

export function cancelledPage(returnTo: string | undefined): { title: string; body: Html } {
  return {
    title: 'Nothing was connected',
    body: html`<h1>Nothing was connected</h1>
      <p class="lead">You can close this page, or open the link again while it is good.</p>
      ${back(returnTo)}`,
  };
}

/** A link with the host in it and never a redirect: whoever made the link chose where it leads. */
function back(returnTo: string | undefined): Html {
  return returnTo === undefined
    ? html``
    : html`<p class="quiet"><a href="${returnTo}" rel="noreferrer">Go back to ${new URL(returnTo).host}</a></p>`;
}
