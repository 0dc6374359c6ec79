import { html } from 'hono/html';
import type { Html } from '../../base/browser/page.ts';
import type { User } from '../../rooms/users/user.ts';
import type { Seen } from './look.ts';

export type OverviewView = Seen & { user: User; token: string; now: number };

/** One page: how much there is, who acts, what happened last, and whether the record is whole. */
export function overviewBody(view: OverviewView): Html {
  const { user, token, counts, agents, events, chain } = view;
  return html`<div class="top"><h1>Console</h1>
<form method="post" class="inline"><input type="hidden" name="token" value="${token}"><button class="plain" name="action" value="logout">Leave</button></form></div>
<p class="quiet">As <bdi>${user.name ?? user.email}</bdi>. Changes go by the <code>writ</code> program or the admin API for now.</p>
<dl class="facts">${Object.entries(counts)
    .filter(([name]) => name !== 'events')
    .map(([name, count]) => html`<div><dt>${name}</dt><dd>${count}</dd></div>`)}</dl>
<section aria-labelledby="agents"><h2 id="agents">Agents</h2>
${agents.length === 0 ? html`<p class="empty">None yet. The first agent appears here the moment somebody allows it something.</p>` : html`<ul class="list">${agents.map(agentRow)}</ul>`}
</section>
<section aria-labelledby="events"><h2 id="events">What happened last</h2>
${chainNotice(chain)}
<ul class="list">${events.map(eventRow)}</ul>
</section>`;
}

function agentRow({ id, clientId, principal, state, tenantId }: Seen['agents'][number]): Html {
  return html`<li><div><p class="what"><bdi>${clientId}</bdi></p>
<p class="meta"><code>${id}</code> · for ${principal.kind} <bdi>${principal.id}</bdi>${tenantId === undefined ? '' : html` in <bdi>${tenantId}</bdi>`}</p></div><p class="meta">${state}</p></li>`;
}

function eventRow({ type, time, outcome, reason, actor, target }: Seen['events'][number]): Html {
  const who = [actor.user, actor.client, actor.agent].filter((one) => one !== undefined).join(' · ');
  return html`<li><div><p class="what">${type}${outcome === 'success' ? '' : ` (${outcome})`}</p>
<p class="meta"><bdi>${who}</bdi>${target === null ? '' : html` → ${target.type} <bdi>${target.id}</bdi>`}${reason === undefined ? '' : html` · <bdi>${reason}</bdi>`}</p></div>
<p class="meta"><time datetime="${time}">${time.slice(0, 19).replace('T', ' ')}</time></p></li>`;
}

function chainNotice(chain: Seen['chain']): Html {
  if (chain === undefined) return html`<p class="quiet">The record is long; check it with <code>writ audit verify</code>.</p>`;
  if (chain.ok) return html`<p class="notice" role="status">The record is whole: ${chain.checked} entries verified just now.</p>`;
  const { firstBroken } = chain;
  return html`<p class="notice" role="alert">The record was tampered with: chain <bdi>${firstBroken.chain === '' ? 'of the hub' : firstBroken.chain}</bdi>, entry ${firstBroken.seq}, ${firstBroken.fault}.</p>`;
}
