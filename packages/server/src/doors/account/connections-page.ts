import { html } from 'hono/html';
import type { Html } from '../../base/browser/page.ts';
import { isServiceAccount } from '../../rooms/connections/connect.ts';
import type { Connection } from '../../rooms/connections/connection.ts';
import type { Credential, Owner } from '../../rooms/connections/credential.ts';
import type { Place } from '../../rooms/connections/held.ts';
import { button } from './button.ts';
import { ago } from './words.ts';

/** `tenants`: names of tenants by id. `places`: what could be connected. */
export type ConnectionsView = {
  held: readonly { credential: Credential; connection: Connection | undefined }[];
  places: readonly (Place & { isAnother: boolean })[];
  tenants: ReadonlyMap<string, string>;
  token: string;
  now: number;
  done: string | undefined;
};

/** Which accounts at other services this person has connected, and a button to let go of each. */
export function connectionsBody(view: ConnectionsView): Html {
  const { held, places, done } = view;
  return html`<p class="eyebrow"><a href="/account">Your account</a></p>
    <h1>Connected accounts</h1>
    <p class="lead">Agents use them for you where a policy lets them. What was connected is sealed, and nobody can look at it.</p>
    ${done === undefined ? '' : html`<p class="notice" role="status">${done}</p>`}
    <section aria-labelledby="held">
      <h2 id="held">What you have connected</h2>
      ${
        held.length === 0
          ? html`<p class="empty">Nothing yet.</p>`
          : html`<ul class="list">
              ${held.map((one) => heldRow(one, view))}
            </ul>`
      }
    </section>
    ${
      places.length === 0
        ? ''
        : html`<section aria-labelledby="places">
            <h2 id="places">What you could connect</h2>
            <ul class="list">
              ${places.map((place) => placeRow(place, view))}
            </ul>
          </section>`
    }`;
}

function heldRow({ credential, connection }: ConnectionsView['held'][number], view: ConnectionsView): Html {
  const { id, label, owner, state, granted, connectedAt } = credential;
  const name = connection?.name ?? credential.connection;
  const aloud = label === '' ? name : `${name}, ${label}`;
  return html`<li>
    <div>
      <p class="what">
        <bdi>${name}</bdi>${label === '' ? '' : html` · <bdi>${label}</bdi>`}
        ${state === 'active' ? '' : html`<span class="state ${state === 'failed' ? 'revoked' : 'frozen'}">${STATES[state]}</span>`}
      </p>
      <p class="meta">${whose(owner, view)} · connected ${ago(connectedAt, view.now)}</p>
      ${state === 'failed' && credential.failure !== undefined ? html`<p class="meta"><bdi>${credential.failure}</bdi></p>` : ''}
      ${
        granted.length === 0
          ? ''
          : html`<ul class="tags">
              ${granted.map((scope) => html`<li><code>${scope}</code></li>`)}
            </ul>`
      }
    </div>
    <div class="deeds">
      ${connection === undefined || state === 'locked' || isServiceAccount(connection) ? '' : button(view.token, { action: 'again', credential: id }, 'Connect again', 'short', `Connect again: ${aloud}`)}
      ${button(view.token, { action: 'disconnect', credential: id }, 'Disconnect', 'danger short', `Disconnect ${aloud}`)}
    </div>
  </li>`;
}

const STATES: Readonly<Record<Credential['state'], string>> = {
  active: '',
  failed: 'no longer works',
  locked: 'held back by an administrator',
  revoked: 'given up',
};

function whose({ user, tenant }: Owner, { tenants }: ConnectionsView): Html {
  const name = tenant === undefined ? '' : (tenants.get(tenant) ?? tenant);
  if (user === undefined) return html`for everybody in <bdi>${name}</bdi>`;
  return tenant === undefined ? html`for you alone` : html`for you, in <bdi>${name}</bdi>`;
}

/** As the form names a place. */
function fieldsOf({ connection, owner }: Place): Record<string, string> {
  return {
    connection: connection.id,
    ...(owner.tenant === undefined ? {} : { tenant: owner.tenant }),
    ...(owner.user === undefined ? { shared: 'yes' } : {}),
  };
}

function placeRow({ connection, owner, isAnother }: ConnectionsView['places'][number], view: ConnectionsView): Html {
  const name = connection.name ?? connection.id;
  const deed = isAnother ? 'Connect another account:' : 'Connect';
  const aloud =
    owner.tenant === undefined
      ? `${deed} ${name}`
      : `${deed} ${name} ${owner.user === undefined ? 'for' : 'in'} ${view.tenants.get(owner.tenant) ?? owner.tenant}`;
  return html`<li>
    <div>
      <p class="what"><bdi>${name}</bdi></p>
      <p class="meta">${whose(owner, view)}${isAnother ? ', beside the one that you have' : ''}</p>
    </div>
    ${button(view.token, { action: 'connect', ...fieldsOf({ connection, owner }) }, isAnother ? 'Connect another' : 'Connect', 'short', aloud)}
  </li>`;
}
