import { html } from 'hono/html';
import { left } from '../../base/browser/left.ts';
import { factsOf } from '../../base/browser/facts.ts';
import type { Html } from '../../base/browser/page.ts';
import { isRegistration, progressOf, type ApprovalRequest } from '../../rooms/approvals/approval.ts';
import type { Seen } from '../../rooms/approvals/decide.store.ts';
import type { Client } from '../../rooms/clients/client.ts';
import { inWords } from '../../rooms/resources/detail-words.ts';
import type { Resource, Risk } from '../../rooms/resources/resource.ts';
import type { AuthorizationDetail } from '../../rooms/tokens/facts.ts';
import type { User } from '../../rooms/users/user.ts';
import { ago } from './words.ts';

/** Everything that is on the page of one approval. Names are looked up by whoever shows it. */
export type ApprovalPage = {
  seen: Seen;
  client: Client | undefined;
  resource: Resource | undefined;
  tenantName: string | undefined;
  /** For whom the agent acts; undefined: for itself. */
  requester: User | undefined;
  user: User;
  token: string;
  now: number;
  wrong: string | undefined;
};

/** The exact request, who asks and from where, and two buttons. What is not shown here is not in the token either. */
export function approvalBody(page: ApprovalPage): Html {
  const { seen, client, user, token, wrong } = page;
  const { approval, voted } = seen;
  const name = client?.name ?? 'An app that is gone';
  return html`<p class="eyebrow">Wants your approval</p>
    <h1 class="host"><bdi>${name}</bdi></h1>
    <p class="evidence ${client?.status === 'verified' ? '' : 'not'}">${client?.status === 'verified' ? 'Verified' : 'Not verified'}</p>
    ${lead(page)} ${wrong === undefined ? '' : html`<p class="notice bad" role="alert" id="notice">${wrong}</p>`}
    <section class="quoted" aria-labelledby="exactly">
      <h2 id="exactly">Exactly this, once</h2>
      ${
        approval.request.scopes.length === 0
          ? ''
          : html`<ul class="tags">
              ${approval.request.scopes.map((scope) => scopeTag(scope, page.resource, approval.scopes.includes(scope)))}
            </ul>`
      }
      ${isRegistration(approval.request) ? whoRegisters(approval.request) : ''}
      ${(approval.request.authorizationDetails ?? []).map((detail) => exactly(detail, page.resource))} ${circumstances(page)}
    </section>
    ${
      voted
        ? html`<p class="notice" role="status">You have decided. The others are still asked.</p>`
        : html`<form method="post" accept-charset="utf-8">
            <input type="hidden" name="token" value="${token}" />
            ${enterDoesNothing}
            <div class="field">
              <label for="reason">Reason <span class="optional">optional; kept in the record</span></label>
              <input id="reason" name="reason" type="text" maxlength="500" autocomplete="off" />
            </div>
            <p class="quiet">Signed in as <bdi>${user.name ?? user.email}</bdi>. You decide once; a refusal is final.</p>
            <div class="buttons pair">
              <button name="action" value="deny">Refuse</button>
              <button class="primary" name="action" value="allow">Approve</button>
            </div>
          </form>`
    }`;
}

/**
 * Enter in the field for a reason presses the first button of the form, which would refuse for good. Sending a form that is in no dialog by the
 * dialog method does nothing.
 */
const enterDoesNothing: Html = html`<button class="hidden" formmethod="dialog" formnovalidate aria-hidden="true" tabindex="-1"></button>`;

/** The words of the flow's author, around what the client says of itself: the hub's own facts stand below. */
function asked(message: string): Html {
  return html`<p class="lead"><bdi>${message}</bdi></p>`;
}

/** What is known of a client that nobody has let in yet: what it was asked about, whatever it says of itself by now. */
function whoRegisters({ clientId, flow }: ApprovalRequest): Html {
  return html`<dl class="facts">
    <div>
      <dt>Client</dt>
      <dd><code>${clientId}</code></dd>
    </div>
    <div>
      <dt>Sends people to</dt>
      <dd>${(flow?.redirectUris ?? []).map((uri) => html`<div><bdi>${uri}</bdi></div>`)}</dd>
    </div>
  </dl>`;
}

function lead({ seen, resource, tenantName, requester }: ApprovalPage): Html {
  const { request } = seen.approval;
  if (isRegistration(request)) return asked(request.flow?.message ?? '');
  const whom = requester === undefined ? html`for itself` : html`for <strong><bdi>${requester.name ?? requester.email}</bdi></strong>`;
  return html`<p class="lead">
      It wants to use <strong><bdi>${resource?.name ?? request.resourceId}</bdi></strong> ${whom}${
        tenantName === undefined ? '' : html` in <strong><bdi>${tenantName}</bdi></strong>`
      }.
    </p>
    ${request.flow === undefined ? '' : asked(request.flow.message)}`;
}

/** By its words where the resource has them; what hangs on the approval stands out by its risk. */
function scopeTag(name: string, resource: Resource | undefined, hangs: boolean): Html {
  const scope = resource?.scopes.find((one) => one.name === name);
  const risk: Risk | '' = hangs ? (scope?.risk ?? 'high') : '';
  return html`<li class="${risk}"><bdi>${scope?.title ?? name}</bdi> <code>${name}</code></li>`;
}

function exactly(detail: AuthorizationDetail, resource: Resource | undefined): Html {
  const { title, description, facts } = inWords(detail, resource?.detailTypes ?? []);
  return html`<h3><bdi>${title}</bdi></h3>
    ${description === '' ? '' : html`<p class="quiet small"><bdi>${description}</bdi></p>`} ${factsOf(facts)}`;
}

function circumstances({ seen, now }: ApprovalPage): Html {
  const { approval, votes } = seen;
  const { ip, userAgent } = approval.from;
  const progress = progressOf(approval, votes)
    .map(({ given, count }) => `${given} of ${count}`)
    .join(', ');
  return html`<dl class="facts">
    <div>
      <dt>Asked</dt>
      <dd>${ago(approval.createdAt, now)}${ip === undefined ? '' : html` from <bdi>${ip}</bdi>`}</dd>
    </div>
    ${
      userAgent === undefined
        ? ''
        : html`<div>
            <dt>Program</dt>
            <dd><bdi>${userAgent.slice(0, 80)}</bdi></dd>
          </div>`
    }
    ${
      approval.request.actors.length === 0
        ? ''
        : html`<div>
            <dt>Through</dt>
            <dd><bdi>${approval.request.actors.join(' ← ')}</bdi></dd>
          </div>`
    }
    <div>
      <dt>Approved</dt>
      <dd>${progress}</dd>
    </div>
    <div>
      <dt>Open</dt>
      <dd>${left(approval.expiresAt, now)}</dd>
    </div>
    <div>
      <dt>Id</dt>
      <dd><code>${approval.id}</code></dd>
    </div>
  </dl>`;
}
