import { html } from 'hono/html';
import type { Html } from '../../base/browser/page.ts';
import type { Held, HeldScope } from './holdings.ts';
import { ago } from './words.ts';

/** `used`: when each scope was last used, in milliseconds, by {@link usedKey}; undefined: that is not told here. */
type At = { token: string; now: number; used: ReadonlyMap<string, number> | undefined };

/** The key of a scope of a resource among those that were used. */
export const usedKey = (resourceId: string, scope: string): string => `${resourceId}\n${scope}`;

const GROUPS: readonly { risk: HeldScope['risk']; title: string }[] = [
  { risk: 'high', title: 'High risk' },
  { risk: 'elevated', title: 'Sensitive' },
  { risk: 'low', title: 'Everyday' },
  { risk: 'about', title: 'About you' },
];

/** What a grant holds, each with its box: unticked and sent it is taken. `version`: of the grant as the page shows it. */
export function narrowForm(held: Held, at: At): Html {
  const { grant, scopes, resource } = held;
  const loose = scopes.some(({ fixed }) => !fixed);
  return html`<form method="post">
    <input type="hidden" name="token" value="${at.token}" />
    <input type="hidden" name="grant" value="${grant.id}" />
    <input type="hidden" name="version" value="${grant.version}" />
    ${GROUPS.map((group) => boxes(group, held, at))}
    ${
      loose
        ? html`<div class="buttons">
            <button class="short" name="action" value="narrow" aria-label="Keep only what is ticked at ${resource}">
              Keep only what is ticked
            </button>
          </div>`
        : ''
    }
  </form>`;
}

function boxes({ risk, title }: (typeof GROUPS)[number], held: Held, at: At): Html {
  const scopes = held.scopes.filter((scope) => scope.risk === risk);
  if (scopes.length === 0) return html``;
  return html`<fieldset class="scopes ${risk}">
    <legend>${title}</legend>
    ${scopes.map(
      (scope) =>
        html`<label class="scope"
          ><input
            type="checkbox"
            name="scope"
            value="${scope.name}"
            checked
            ${scope.fixed ? html`disabled` : ''}
          />${words(scope, held, at)}</label
        >`,
    )}
  </fieldset>`;
}

/** The same without boxes: the yes was somebody else's. */
export function plainScopes(held: Held, at: At): Html {
  return html`${GROUPS.map(({ risk, title }) => {
    const scopes = held.scopes.filter((scope) => scope.risk === risk);
    if (scopes.length === 0) return '';
    return html`<div class="scopes ${risk} plain">
      <h3>${title}</h3>
      <ul>
        ${scopes.map((scope) => html`<li>${words(scope, held, at)}</li>`)}
      </ul>
    </div>`;
  })}`;
}

function words({ name, title, description, fixed, risk }: HeldScope, { grant }: Held, { used, now }: At): Html {
  const last = used?.get(usedKey(grant.resourceId, name));
  return html`<span class="title"
      ><bdi>${title}</bdi>${fixed && risk !== 'about' ? html`<span class="always">always included</span>` : ''}</span
    >
    ${description === '' ? '' : html`<span class="more"><bdi>${description}</bdi></span>`}
    ${used === undefined || risk === 'about' ? '' : html`<span class="more">${last === undefined ? 'Not used yet' : `Last used ${ago(last, now)}`}</span>`}`;
}
