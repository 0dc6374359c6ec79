import { html } from 'hono/html';
import type { Html } from '../../base/browser/page.ts';
import type { User } from '../../rooms/users/user.ts';
import { waitingSection, type Waiting } from './approvals-list.ts';
import type { ActingAgent, Holdings } from './holdings.ts';
import { button } from './button.ts';
import { ago, day, deviceOf } from './words.ts';

export type AccountView = {
  user: User;
  holdings: Holdings;
  waiting: readonly Waiting[];
  sessionId: string;
  token: string;
  now: number;
  done: string | undefined;
  /** Somebody's consent for everybody in an organisation is theirs to take back. */
  manages: boolean;
};

/** One page: which agents act for me, where am I signed in, and a button to end each. */
export function accountBody(view: AccountView): Html {
  const { user, holdings, token, done } = view;
  const { agents, sessions } = holdings;
  return html`<div class="top">
      <h1><bdi>${user.name ?? user.email}</bdi></h1>
      ${button(token, { action: 'logout' }, 'Sign out', 'plain')}
    </div>
    ${user.name === undefined ? '' : html`<p class="quiet"><bdi>${user.email}</bdi></p>`}
    ${done === undefined ? '' : html`<p class="notice" role="status">${done}</p>`} ${waitingSection(view.waiting, view.now)}
    <section aria-labelledby="agents">
      <h2 id="agents">Agents that act for you</h2>
      ${
        agents.length === 0
          ? html`<p class="empty">None yet. When you allow an app to act for you, it is listed here, and here you can stop it.</p>`
          : html`<ul class="list">
              ${agents.map((agent) => agentRow(agent, view))}
            </ul>`
      }
    </section>
    <p class="quiet"><a href="/account/connections">Accounts at other services that you have connected</a></p>
    ${view.manages ? html`<p class="quiet"><a href="/account/organisations">Apps that are allowed for everybody in your organisation</a></p>` : ''}
    <section aria-labelledby="sessions">
      <h2 id="sessions">Where you are signed in</h2>
      <ul class="list">
        ${sessions.map((session) => sessionRow(session, view))}
      </ul>
      ${sessions.length > 1 ? html`<p class="quiet">${button(token, { action: 'end_others' }, 'Sign out everywhere else', 'short')}</p>` : ''}
      <p class="quiet"><a href="/account/security">How you sign in</a></p>
    </section>`;
}

function agentRow(agent: ActingAgent, { token, now }: AccountView): Html {
  return html`<li>
    <div>
      <p class="what">
        <a href="/account/agents/${agent.id}"><bdi>${agent.name}</bdi></a>
      </p>
      <p class="meta">
        ${agent.host === undefined ? 'on a computer of yours' : html`<bdi>${agent.host}</bdi>`} ·
        ${agent.verified ? 'verified' : 'not verified'} ·
        ${agent.lastUsedAt === undefined ? 'not used yet' : `last used ${ago(agent.lastUsedAt, now)}`}
      </p>
      ${agent.stopped === undefined ? '' : html`<p class="meta"><span class="state frozen">${agent.stopped === 'paused' ? 'Paused by you' : 'Stopped by an administrator'}</span></p>`}
      ${agent.held.map(
        (held) =>
          html`<p class="meta">
              <bdi>${held.resource}</bdi
              >${held.tenant === undefined ? '' : html` in <bdi>${held.tenant}</bdi>`}${held.grant.persistent ? ', also while you are away' : ''}${
                held.grant.expiresAt === undefined ? '' : `, until ${day(held.grant.expiresAt)}`
              }
            </p>
            <ul class="tags">
              ${held.scopes.map((scope) => html`<li class="${scope.risk}"><bdi>${scope.title}</bdi></li>`)}
            </ul>`,
      )}
    </div>
    <div class="deeds">
      ${hold(agent, token)} ${button(token, { action: 'revoke', agent: agent.id }, 'Stop', 'danger short', `Stop ${agent.name}`)}
    </div>
  </li>`;
}

function hold({ id, name, stopped }: ActingAgent, token: string): Html {
  if (stopped === 'frozen') return html``;
  return stopped === 'paused'
    ? button(token, { action: 'resume', agent: id }, 'Go on', 'short', `Let ${name} go on`)
    : button(token, { action: 'pause', agent: id }, 'Pause', 'short', `Pause ${name}`);
}

function sessionRow(session: Holdings['sessions'][number], { token, now, sessionId }: AccountView): Html {
  const here = session.id === sessionId;
  return html`<li>
    <div>
      <p class="what">${deviceOf(session.userAgent)}</p>
      <p class="meta">
        ${here ? 'This browser' : `Last seen ${ago(session.seenAt, now)}`}${session.ip === undefined ? '' : ` · ${session.ip}`} · signed in
        ${ago(session.authTime, now)}
      </p>
    </div>
    ${here ? '' : button(token, { action: 'end', session: session.id }, 'End', 'short', `End ${deviceOf(session.userAgent)}`)}
  </li>`;
}
