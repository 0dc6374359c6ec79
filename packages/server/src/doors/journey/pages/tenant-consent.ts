import { html } from 'hono/html';
import type { Html } from '../../../base/browser/page.ts';
import { who } from '../../../base/browser/who.ts';
import type { View } from '../../../rooms/journeys/view.ts';
import { identityOf } from '../visitor.ts';
import { duration } from '../words.ts';
import { calls, evidence, groups, howLong, withheld } from './consent.ts';
import { elsewhereBox } from './elsewhere.ts';
import { enterDoesNothing, form, noticeBox, type Frame } from './parts.ts';

type TenantConsent = Extract<View, { screen: 'tenant_consent' }>;

/** An administrator decides for everybody; or a person sees what was decided, and to whom it lets them go. */
export function tenantConsentPage(view: TenantConsent, frame: Frame): { title: string; body: Html } {
  const { visitor, resource, tenant, mode } = view;
  if (visitor === undefined) throw new Error('consent without a client');
  const identity = identityOf(visitor);
  const forAll = mode === 'decide';
  return {
    title: forAll ? `Allow ${identity.host} for ${tenant.name}?` : `Continue to ${identity.host}?`,
    body: html`<p class="eyebrow">
        ${forAll ? html`For everybody in <bdi>${tenant.name}</bdi>` : html`Allowed by <bdi>${tenant.name}</bdi>`}
      </p>
      <h1 class="host">${visitor.elsewhere === undefined ? identity.host : html`<bdi>${identity.host}</bdi>`}</h1>
      ${evidence(identity)}
      <p class="lead">
        ${calls(identity)} wants to use <strong><bdi>${resource.name}</bdi></strong> for
        ${forAll ? html`everybody in <strong><bdi>${tenant.name}</bdi></strong>` : html`you in <strong><bdi>${tenant.name}</bdi></strong>`}.
      </p>
      ${visitor.elsewhere === undefined ? '' : elsewhereBox(visitor.elsewhere)} ${noticeBox(view)}
      ${form(frame, forAll ? decide(view) : confirm(view))}`,
  };
}

/** What is ticked here is the most that anybody in the tenant can get this way; rules still judge each of them. */
function decide({ user, offer, tenant, lifetimes }: TenantConsent): Html {
  return html`${enterDoesNothing} ${who(user)} ${groups(offer)} ${withheld(offer.withheld)}
    ${howLong(
      offer.until,
      offer.persistent === undefined
        ? ''
        : html`<label class="scope"
            ><input type="checkbox" name="persistent" value="yes" ${offer.persistent.ticked ? html` checked` : ''} /><span class="title"
              >Stay connected while people are away</span
            >
            <span class="more"
              >For up to ${duration(lifetimes.absolute)} each, ending by itself when unused for ${duration(lifetimes.idle)}.</span
            ></label
          >`,
    )}
    <ul class="limits">
      <li>Everybody in <bdi>${tenant.name}</bdi> can let it act for them from now on, without being asked again.</li>
      <li>It acts for each of them only with what they may do themselves.</li>
      <li>Whoever administers the hub can end this for everybody at once.</li>
    </ul>
    <div class="buttons pair">
      <button name="action" value="deny">Deny</button>
      <button class="primary" name="action" value="allow">Allow for all</button>
    </div>`;
}

function confirm({ user, offer }: TenantConsent): Html {
  return html`${who(user)}
    <ul class="tags" aria-label="What it may do">
      ${[...offer.scopes, ...offer.identity].map(({ title, risk }) => html`<li class="${risk}"><bdi>${title}</bdi></li>`)}
    </ul>
    <ul class="limits">
      <li>Your organisation has allowed this. Go on only if you have just started it.</li>
      <li>You can end it for yourself at any time on your account page.</li>
    </ul>
    <div class="buttons pair">
      <button name="action" value="deny">Deny</button>
      <button class="primary" name="action" value="allow">Continue</button>
    </div>`;
}
