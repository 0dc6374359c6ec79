import { html } from 'hono/html';
import type { Html } from '../../base/browser/page.ts';
import type { User } from '../../rooms/users/user.ts';
import type { Counts, Names, Seen } from './look.ts';

export type OverviewView = Seen & { user: User; token: string };

/** One page: how much there is, who acts, what happened last, and whether the record is whole. */
export function overviewBody(view: OverviewView): Html {
  const { user, token, counts, agents, events, names, chain } = view;
  return html`<div class="top">
      <h1>Console</h1>
      <form method="post" class="inline">
        <input type="hidden" name="token" value="${token}" />
        <button class="plain" name="action" value="logout">Leave</button>
      </form>
    </div>
    <p class="quiet">
      Signed in as <bdi>${user.name ?? user.email}</bdi>. Changes are made with the <code>writ</code> program or the admin API for now.
    </p>
    ${figures(counts)}
    <section aria-labelledby="agents">
      <h2 id="agents">Agents</h2>
      ${
        agents.length === 0
          ? html`<p class="empty">None yet. The first agent appears here the moment somebody allows it something.</p>`
          : html`<ul class="list">
              ${agents.map((agent) => agentRow(agent, names))}
            </ul>`
      }
      ${counts.agents > agents.length ? html`<p class="quiet">${counts.agents - agents.length} more: <code>writ agent ls</code></p>` : ''}
    </section>
    <section aria-labelledby="events">
      <h2 id="events">What happened last</h2>
      ${chainNotice(chain)}
      <ol class="log">
        ${events.map((event) => eventRow(event, names))}
      </ol>
    </section>`;
}

const FIGURES: readonly [keyof Counts, one: string, many: string][] = [
  ['agents', 'agent', 'agents'],
  ['clients', 'client', 'clients'],
  ['users', 'user', 'users'],
  ['tenants', 'tenant', 'tenants'],
  ['resources', 'resource', 'resources'],
  ['policies', 'policy', 'policies'],
];

function figures(counts: Counts): Html {
  return html`<dl class="figures">
    ${FIGURES.map(
      ([key, one, many]) =>
        html`<div>
          <dt>${counts[key] === 1 ? one : many}</dt>
          <dd>${counts[key].toLocaleString('en')}</dd>
        </div>`,
    )}
  </dl>`;
}

function agentRow({ id, clientId, principal, state, tenantId, lastUsedAt }: Seen['agents'][number], names: Names): Html {
  const client = names.clients.get(clientId);
  const used = lastUsedAt === undefined ? 'not used yet' : html`last used ${moment(new Date(lastUsedAt).toISOString())}`;
  return html`<li>
    <div>
      <p class="what"><bdi>${client?.name ?? clientId}</bdi></p>
      <p class="meta">${actsFor(principal, names)}${within(tenantId, principal, names)} · ${used}</p>
      <p class="meta small"><code>${clientId}</code> · <code>${id}</code></p>
    </div>
    <p class="state ${state}">${state}${client?.verified === false ? html`<span class="state unsure"> · not verified</span>` : ''}</p>
  </li>`;
}

function actsFor({ kind, id }: Seen['agents'][number]['principal'], names: Names): Html {
  if (kind === 'client') return html`for itself`;
  return html`for <bdi>${(kind === 'user' ? names.users : names.tenants).get(id) ?? id}</bdi>`;
}

function within(tenantId: string | undefined, { kind }: Seen['agents'][number]['principal'], names: Names): Html | '' {
  return tenantId === undefined || kind === 'tenant' ? '' : html` in <bdi>${names.tenants.get(tenantId) ?? tenantId}</bdi>`;
}

/** Ids that the hub gave: on a page for eyes they are noise, and `writ audit search` has them all. */
const MADE_UP = /^[a-z]{3}_[0-9a-v]{26}$/;

function eventRow({ type, time, outcome, reason, actor, target }: Seen['events'][number], names: Names): Html {
  const user = actor.user === undefined ? undefined : (names.users.get(actor.user) ?? actor.user);
  const client = actor.client === undefined ? undefined : (names.clients.get(actor.client)?.name ?? actor.client);
  const parts = [
    ...(outcome === 'success' ? [] : [html`<span class="not">${outcome}</span>`]),
    ...[user, client].flatMap((name) => (name === undefined ? [] : [html`<bdi>${name}</bdi>`])),
    ...(target === null ? [] : [html`${target.type}${MADE_UP.test(target.id) ? '' : html` <bdi>${target.id}</bdi>`}`]),
    ...(reason === undefined ? [] : [html`<bdi>${reason}</bdi>`]),
  ];
  return html`<li>
    ${moment(time)}<span class="type">${type}</span>
    <span class="about">${parts.map((part, index) => (index === 0 ? part : html` · ${part}`))}</span>
  </li>`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** "21 Nov 12:41:07" of an RFC 3339 time in UTC: the page cannot know where its reader is, and the record is kept in UTC. */
function moment(time: string): Html {
  const [, month = '', day = ''] = time.slice(0, 10).split('-');
  return html`<time datetime="${time}">${Number(day)} ${MONTHS[Number(month) - 1] ?? month} ${time.slice(11, 19)}</time>`;
}

function chainNotice(chain: Seen['chain']): Html {
  if (chain === undefined)
    return html`<p class="quiet">Times are UTC. The record is long; check it with <code>writ audit verify</code>.</p>`;
  if (chain.ok)
    return html`<p class="evidence" role="status">The record is whole</p>
      <p class="quiet small">${chain.checked.toLocaleString('en')} entries verified just now. Times are UTC.</p>`;
  const { chain: which, seq, fault } = chain.firstBroken;
  return html`<p class="notice bad" role="alert">
    The record was tampered with: chain <bdi>${which === '' ? 'of the hub' : which}</bdi>, entry ${seq}, ${fault}.
  </p>`;
}
