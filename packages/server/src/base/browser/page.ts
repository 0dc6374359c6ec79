import { hash } from 'node:crypto';
import { html, raw } from 'hono/html';
import type { Reply } from '../http/message.ts';
import { STYLE } from './style.ts';

/** A piece of escaped HTML, as the `html` template makes it. */
export type Html = ReturnType<typeof html>;

export type PageScript = { element: Html; source: string };

export type Page = {
  /** Of the window; plain text. */
  title: string;
  body: Html;
  status?: number;
  /**
   * Where a form of this page may lead beyond the hub: Chromium holds form-action against every redirect that answers a post,
   * so the place that the user is sent to in the end has to be named (`https:`, `http://127.0.0.1:*`, `cursor:`).
   */
  formAction?: readonly string[];
  cookies?: readonly string[];
  /** `wide` for lists. */
  width?: 'narrow' | 'wide';
  /** The one script there is (passkey.ts), on pages that have something for it to do. `source`: as CSP names it. */
  script?: PageScript | undefined;
};

const STYLE_HASH = hash('sha256', STYLE, 'base64');
// Whole, because a formatter that puts a space into the element makes it another style, which the policy then keeps out.
const STYLE_ELEMENT = raw(`<style>${STYLE}</style>`);

/**
 * What every HTML answer of the hub carries: no script (but for the one of passkeys, where there is a button for them), no foreign thing, no frame around it, no address of it told onwards.
 * No Cross-Origin-Opener-Policy: clients open these pages in a popup and wait for it by `window.opener`.
 */
export function pageHeaders(formAction: readonly string[] = [], script?: PageScript): Record<string, string> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': [
      `default-src 'none'`,
      `style-src 'sha256-${STYLE_HASH}'`,
      ...(script === undefined ? [] : [`script-src ${script.source}`]),
      `img-src 'self'`,
      `form-action ${["'self'", ...formAction].join(' ')}`,
      `frame-ancestors 'none'`,
      `base-uri 'none'`,
    ].join('; '),
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
    'x-robots-tag': 'noindex',
    'cache-control': 'no-store',
    pragma: 'no-cache',
  };
}

/** A whole page in the house's frame: one column, a quiet mark on top, room around it. */
export async function pageReply(page: Page): Promise<Reply> {
  const { title, body, status = 200, formAction, cookies = [], width = 'narrow', script } = page;
  const document = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        <title>${title}</title>
        ${STYLE_ELEMENT} ${script === undefined ? '' : script.element}
      </head>
      <body>
        <div class="sheet ${width}">
          <p class="mark" aria-hidden="true">Writ</p>
          <main>${body}</main>
        </div>
      </body>
    </html> `;
  const headers: Reply['headers'] = pageHeaders(formAction, script);
  if (cookies.length > 0) headers['set-cookie'] = cookies;
  return { status, headers, body: String(document) };
}

/** A page that only says something: an error, an end. `code` is the protocol's word, `requestId` what an administrator can look up. */
export function messagePage(of: {
  status: number;
  title: string;
  sentence: string | Html;
  detail?: string | undefined;
  code?: string | undefined;
  requestId: string;
  cookies?: readonly string[];
}): Promise<Reply> {
  return pageReply({
    title: of.title,
    status: of.status,
    ...(of.cookies === undefined ? {} : { cookies: of.cookies }),
    body: html`<h1>${of.title}</h1>
      <p class="lead">${of.sentence}</p>
      ${of.detail === undefined ? '' : html`<p class="quiet">${of.detail}</p>`}
      <dl class="facts small">
        ${
          of.code === undefined
            ? ''
            : html`<div>
                <dt>Error</dt>
                <dd><code>${of.code}</code></dd>
              </div>`
        }
        <div>
          <dt>Request</dt>
          <dd><code>${of.requestId}</code></dd>
        </div>
      </dl>`,
  });
}

/** What was asked for cannot be done, and the sentence says why. */
export function refusedPage({ requestId }: { requestId: string }, status: number, sentence: string): Promise<Reply> {
  return messagePage({ status, title: 'This cannot go on', sentence, requestId });
}
