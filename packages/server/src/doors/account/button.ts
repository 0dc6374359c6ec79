import { html } from 'hono/html';
import type { Html } from '../../base/browser/page.ts';

/** A form of one button. `aloud`: what is read out, where the label alone does not say of what. */
export function button(
  token: string,
  { action, ...rest }: Readonly<Record<string, string>> & { action: string },
  label: string,
  kind: string,
  aloud = label,
): Html {
  return html`<form method="post" class="inline">
    <input type="hidden" name="token" value="${token}" />
    ${Object.entries(rest).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    <button class="${kind}" name="action" value="${action}" aria-label="${aloud}">${label}</button>
  </form>`;
}
