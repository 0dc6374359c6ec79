import { html } from 'hono/html';
import type { Html } from './page.ts';

/** Deeper than this, and further down than this, a person reads no more; what is left out is said. */
const DEEPEST = 4;
const MOST = 60;
const LONGEST = 500;

/** Any plain value as a list of names and values, for a person who decides about it. Nothing of it is markup. */
export function factsOf(value: { readonly [name: string]: unknown }): Html {
  const lines = linesOf(value, '', 0);
  const shown = lines.slice(0, MOST);
  return html`<dl class="facts exact">
    ${shown.map(
      ([name, text]) =>
        html`<div>
          <dt><bdi>${visible(name)}</bdi></dt>
          <dd><bdi>${text}</bdi></dd>
        </div>`,
    )}
    ${
      lines.length > MOST
        ? html`<div>
            <dt>…</dt>
            <dd>and ${lines.length - MOST} more</dd>
          </div>`
        : ''
    }
  </dl>`;
}

function linesOf(value: unknown, path: string, depth: number): [string, string][] {
  if (typeof value !== 'object' || value === null || depth >= DEEPEST) return [[path, textOf(value)]];
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object')) return [[path, textOf(value.map(String).join(', '))]];
  return Object.entries(value).flatMap(([name, member]) => linesOf(member, path === '' ? name : `${path}.${name}`, depth + 1));
}

/** What has no shape of its own, or changes the order in which the rest is read: a text could look like another one (CVE-2021-42574). */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** With what cannot be seen written out. */
function visible(text: string): string {
  return text.replaceAll(UNSEEN, (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`);
}

function textOf(value: unknown): string {
  const text = visible(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} characters)` : text;
}
