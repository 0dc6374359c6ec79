import { html } from 'hono/html';
import { factsOf } from '../../../base/browser/facts.ts';
import type { Html } from '../../../base/browser/page.ts';
import { who } from '../../../base/browser/who.ts';
import type { Offer, OfferedScope, WithheldScope } from '../../../rooms/journeys/offer.ts';
import type { View } from '../../../rooms/journeys/view.ts';
import type { Risk } from '../../../rooms/resources/resource.ts';
import type { UntilOffer } from '../../../rooms/consent/until.ts';
import type { Lifetimes } from '../../../rooms/tokens/lifetimes.ts';
import { identityOf, type Identity } from '../visitor.ts';
import { duration, withheldBecause } from '../words.ts';
import { elsewhereBox } from './elsewhere.ts';
import { enterDoesNothing, form, noticeBox, type Frame } from './parts.ts';

type Consent = Extract<View, { screen: 'consent' }>;

const GROUPS: readonly { risk: Risk; title: string }[] = [
  { risk: 'low', title: 'Everyday' },
  { risk: 'elevated', title: 'Sensitive' },
  { risk: 'high', title: 'High risk' },
];

/** Who asks, for what, for how long, and what it still will not be able to do. Every box is judged again when the page comes back. */
export function consentPage(view: Consent, frame: Frame): { title: string; body: Html } {
  const { visitor, offer, resource, tenant, lifetimes } = view;
  if (visitor === undefined) throw new Error('consent without a client');
  const identity = identityOf(visitor);
  return {
    title: `Allow ${identity.host}?`,
    body: html`<p class="eyebrow">${offer.again ? 'You allowed this before. It asks again:' : 'Wants to act for you'}</p>
      <h1 class="host">${visitor.elsewhere === undefined ? identity.host : html`<bdi>${identity.host}</bdi>`}</h1>
      ${evidence(identity)}
      <p class="lead">
        ${calls(identity)} wants to use <strong><bdi>${resource.name}</bdi></strong> for
        you${tenant === undefined ? '' : html` in <strong><bdi>${tenant.name}</bdi></strong>`}.
      </p>
      ${visitor.elsewhere === undefined ? '' : elsewhereBox(visitor.elsewhere)} ${noticeBox(view)}
      ${form(
        frame,
        html`${enterDoesNothing} ${who(view.user)} ${offer.details.map(exactly)} ${groups(offer)} ${withheld(offer.withheld)}
          ${howLong(offer.until, offer.persistent === undefined ? '' : persistent(offer.persistent.ticked, lifetimes))}
          ${limits(identity, lifetimes, offer.persistent !== undefined)}
          <div class="buttons pair">
            <button name="action" value="deny">Deny</button>
            <button class="primary" name="action" value="allow">Allow</button>
          </div>`,
      )}`,
  };
}

export function evidence({ evidence: status, because }: Identity): Html {
  const verified = status === 'verified';
  return html`<p class="evidence ${verified ? '' : 'not'}">${verified ? 'Verified' : 'Not verified'}</p>
    <p class="quiet small">${because}</p>`;
}

/** The name a client gives itself, always as something said, never as a fact. */
export function calls({ name, host, goesTo, local }: Identity): Html {
  const said = name === host ? html`It` : html`It calls itself <strong><bdi>${name}</bdi></strong> and`;
  return goesTo === undefined ? said : html`${said} sends you on to <strong>${goesTo}</strong>${local ? ', this computer' : ''}. It`;
}

/** Allowed as it stands or not at all, so there is nothing to tick. */
function exactly({ title, description, facts }: Offer['details'][number]): Html {
  return html`<section class="quoted" aria-label="Exactly this">
    <h2><bdi>${title}</bdi></h2>
    ${description === '' ? '' : html`<p class="more"><bdi>${description}</bdi></p>`} ${factsOf(facts)}
  </section>`;
}

/** Scopes by risk, each with its box, and what it may know of the person. */
export function groups(offer: Offer): Html {
  return html`${GROUPS.map(({ risk, title }) =>
    group(
      risk,
      title,
      offer.scopes.filter((scope) => scope.risk === risk),
    ),
  )}
  ${group('about', 'About you', offer.identity)}`;
}

function group(kind: Risk | 'about', title: string, scopes: readonly OfferedScope[]): Html {
  if (scopes.length === 0) return html``;
  return html`<fieldset class="scopes ${kind}">
    <legend>${title}</legend>
    ${scopes.map(scopeRow)}
  </fieldset>`;
}

/** A required scope is ticked and cannot be unticked; browsers do not send disabled boxes, so the hub adds it itself. */
function scopeRow({ name, title, description, fixed, ticked, approval }: OfferedScope): Html {
  const box = fixed ? html` checked disabled` : ticked ? html` checked` : '';
  return html`<label class="scope"
    ><input type="checkbox" name="scope" value="${name}" ${box} /><span class="title"
      ><bdi>${title}</bdi>${fixed ? html`<span class="always">always included</span>` : ''}</span
    >
    ${description === '' ? '' : html`<span class="more"><bdi>${description}</bdi></span>`}
    ${approval === true ? html`<span class="more">Somebody else has to agree each time it is used.</span>` : ''}
    <code class="name">${name}</code></label
  > `;
}

/** Named, because the app will miss it; nothing to tick, because no tick would help. */
export function withheld(scopes: readonly WithheldScope[]): Html {
  if (scopes.length === 0) return html``;
  return html`<p class="quiet small" id="withheld">
    Not offered now:
    ${scopes.map(({ title, needs }, index) => html`${index === 0 ? '' : '; '}<bdi>${title}</bdi>, ${withheldBecause(needs)}`)}.
  </p>`;
}

/** Until when, and whether it may go on meanwhile without the person. */
export function howLong({ days, open, chosen }: UntilOffer, stay: Html | ''): Html {
  const option = (value: number | 'open'): Html =>
    html`<option value="${value}" ${value === chosen ? html` selected` : ''}>
      ${value === 'open' ? 'Until I end it' : `For ${duration(value * 86_400)}`}
    </option>`;
  return html`<fieldset class="scopes stay">
    <legend>How long</legend>
    <div class="field">
      <label for="until">Allow this</label>
      <select id="until" name="until">
        ${[...days, ...(open ? (['open'] as const) : [])].map(option)}
      </select>
    </div>
    ${stay}
  </fieldset>`;
}

function persistent(ticked: boolean, { accessToken, idle, absolute }: Lifetimes): Html {
  return html`<label class="scope"
    ><input type="checkbox" name="persistent" value="yes" ${ticked ? html` checked` : ''} /><span class="title"
      >Stay connected while you are away</span
    >
    <span class="more"
      >It may go on without asking for up to ${duration(absolute)}, and stops by itself when it is not used for ${duration(idle)}. Otherwise
      it has to ask again after ${duration(accessToken)}.</span
    ></label
  > `;
}

function limits({ local }: Identity, { accessToken }: Lifetimes, renews: boolean): Html {
  return html`<ul class="limits">
    <li>It does not see your password, and can do nothing that is not ticked here.</li>
    <li>Each pass it gets is good for ${duration(accessToken)}${renews ? '' : '; then it has to ask again'}.</li>
    <li>You can end this at any time on your account page.</li>
    ${local ? html`<li>Any program on this computer can claim this name. Go on only if you have just started it.</li>` : ''}
  </ul>`;
}
