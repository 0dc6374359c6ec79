import { html } from 'hono/html';
import type { Html } from '../../base/browser/page.ts';
import type { Did } from './activity.ts';
import { bounds } from './bounds.ts';
import type { ActingAgent, Held } from './holdings.ts';
import { narrowForm, plainScopes } from './scopes-form.ts';
import { ago, day, machineTime } from './words.ts';

/** `used`: when a scope of a resource was last used, by both; milliseconds. */
export type AgentView = {
  agent: ActingAgent;
  used: ReadonlyMap<string, number>;
  did: readonly Did[];
  token: string;
  now: number;
  done: string | undefined;
  wrong: string | undefined;
  /** What this person took from it, by grant, and may give back. */
  taken: readonly { id: string; grantId: string; titles: readonly string[]; at: number }[];
};

/** One agent: what it may do and did, and every way to have it do less. */
export function agentBody(view: AgentView): Html {
  const { agent, done, wrong, now } = view;
  return html`<p class="eyebrow"><a href="/account">Your account</a></p>
    <h1 class="host"><bdi>${agent.name}</bdi></h1>
    <p class="evidence ${agent.verified ? '' : 'not'}">${agent.verified ? 'Verified' : 'Not verified'}</p>
    <p class="lead">
      It lives ${agent.host === undefined ? 'on a computer of yours' : html`at <bdi>${agent.host}</bdi>`}. It has acted for you since
      <time datetime="${machineTime(agent.since)}">${day(agent.since)}</time>,
      ${agent.lastUsedAt === undefined ? 'and has not been used yet' : `and was last used ${ago(agent.lastUsedAt, now)}`}.
    </p>
    ${wrong === undefined ? '' : html`<p class="notice bad" role="alert" id="notice">${wrong}</p>`}
    ${done === undefined ? '' : html`<p class="notice" role="status">${done}</p>`} ${holdSection(view)}
    ${agent.held.map((held) => heldSection(held, view))} ${didSection(view)}
    <section aria-labelledby="stop">
      <h2 id="stop">Stop it</h2>
      <p class="quiet">All that you allowed it is taken back, at once. When you want it again, it asks you again.</p>
      <p class="quiet">${deed(view, 'revoke', 'Stop it', 'danger short')}</p>
    </section>`;
}

/** A pause is one's own; what an administrator froze stays so whatever one does here. */
function holdSection(view: AgentView): Html {
  const { stopped } = view.agent;
  if (stopped === 'frozen')
    return html`<section aria-labelledby="hold">
      <h2 id="hold">Stopped by an administrator</h2>
      <p class="quiet">It gets nothing for now. Only they can let it go on; you can still take back what you allowed it.</p>
    </section>`;
  if (stopped === 'paused')
    return html`<section aria-labelledby="hold">
      <h2 id="hold">Paused by you</h2>
      <p class="quiet">It gets nothing, and what it held is worth nothing, until you let it go on.</p>
      <p class="quiet">${deed(view, 'resume', 'Let it go on', 'primary short')}</p>
    </section>`;
  return html`<section aria-labelledby="hold">
    <h2 id="hold">For a while</h2>
    <p class="quiet">Paused, it gets nothing, and what it holds stops working within seconds. You let it go on when you like.</p>
    <p class="quiet">${deed(view, 'pause', 'Pause it', 'short')}</p>
  </section>`;
}

function heldSection(held: Held, view: AgentView): Html {
  const { grant, resource, tenant } = held;
  const id = `at-${grant.id}`;
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}">What it may do at <bdi>${resource}</bdi>${tenant === undefined ? '' : html` in <bdi>${tenant}</bdi>`}</h2>
    <p class="quiet">${termsOf(held, view)}</p>
    ${grant.under === undefined ? narrowForm(held, view) : plainScopes(held, view)} ${takenList(held, view)}
    ${grant.under === undefined && grant.state === 'active' ? endForm(held, view) : ''}
  </section>`;
}

/** Since when, until when, and by whose word. */
function termsOf({ grant, tenant }: Held, { now }: AgentView): Html {
  const given = html`<time datetime="${machineTime(grant.consentedAt)}">${ago(grant.consentedAt, now)}</time>`;
  const whose =
    grant.under === undefined
      ? html`You allowed it ${given}`
      : html`An administrator of <bdi>${tenant ?? ''}</bdi> allowed it ${given}, for everybody there`;
  const end =
    grant.expiresAt === undefined
      ? 'without an end'
      : html`until <time datetime="${machineTime(grant.expiresAt)}">${day(grant.expiresAt)}</time>`;
  return html`${whose},
  ${end}${grant.persistent ? ', also while you are away' : ''}.${grant.state === 'frozen' ? ' An administrator has stopped it here.' : ''}`;
}

/** What was taken lately, and a way back: it was in one's own yes, so nobody has to be asked. */
function takenList({ grant }: Held, view: AgentView): Html {
  const taken = view.taken.filter(({ grantId }) => grantId === grant.id);
  if (taken.length === 0) return html``;
  return html`<ul class="list">
    ${taken.map(
      ({ id, titles, at }) =>
        html`<li>
          <div>
            <p class="meta">You took from it ${ago(at, view.now)}: <bdi>${titles.join(', ')}</bdi></p>
          </div>
          ${deed(view, 'undo', 'Give back', 'short', { grant: grant.id, narrowing: id })}
        </li>`,
    )}
  </ul>`;
}

/** Earlier ends only: more time than the person had said yes to is a matter of a new yes. */
function endForm({ grant, resource }: Held, { token, now }: AgentView): Html {
  const choices = bounds(now, grant.expiresAt);
  if (choices.length === 0) return html``;
  const id = `end-${grant.id}`;
  return html`<form method="post">
    <input type="hidden" name="token" value="${token}" />
    <input type="hidden" name="grant" value="${grant.id}" />
    <input type="hidden" name="version" value="${grant.version}" />
    <div class="field">
      <label for="${id}">Let it end earlier <span class="hidden">at ${resource}</span></label>
      <select id="${id}" name="until">
        ${choices.map(({ days, words }) => html`<option value="${days}">${words}</option>`)}
      </select>
    </div>
    <div class="buttons">
      <button class="short" name="action" value="bound" aria-label="Set the end at ${resource}">Set the end</button>
    </div>
  </form>`;
}

function didSection({ did, now }: AgentView): Html {
  return html`<section aria-labelledby="did">
    <h2 id="did">What it did lately</h2>
    ${
      did.length === 0
        ? html`<p class="empty">Nothing that is on the record.</p>`
        : html`<ol class="log did">
            ${did.map((one) => didRow(one, now))}
          </ol>`
    }
  </section>`;
}

function didRow({ words, what, scopes, because, refused, at, times }: Did, now: number): Html {
  return html`<li>
    <time datetime="${machineTime(at)}">${ago(at, now)}</time>
    <span
      ><span class="${refused ? 'not' : ''}">${words}</span>${what === undefined ? '' : html` <strong class="name">${what}</strong>`}${
        because === undefined ? '' : `: ${because}`
      }${times === 1 ? '' : html` <span class="about">${times} times</span>`}
      ${scopes.length === 0 ? '' : html`<span class="about">(<bdi>${scopes.join(', ')}</bdi>)</span>`}</span
    >
  </li>`;
}

/** A form of one button. */
function deed({ token }: AgentView, action: string, label: string, kind: string, fields: Readonly<Record<string, string>> = {}): Html {
  return html`<form method="post" class="inline">
    <input type="hidden" name="token" value="${token}" />
    ${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    <button class="${kind}" name="action" value="${action}">${label}</button>
  </form>`;
}
