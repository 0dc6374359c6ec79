import { html } from 'hono/html';
import type { Html } from './page.ts';
import { qrCode } from './qr.ts';

/** How an authenticator app comes by its key, and how one sees that it did. The same in a journey and on the account page. */
export function appSteps({ secret, uri }: { secret: string; uri: string }): Html {
  const groups = secret.match(/.{1,4}/g) ?? [];
  return html`<ol class="steps">
    <li>
      Scan this square with an authenticator app. ${qrCode(uri, 'Square to scan with an authenticator app')}
      <details class="fold">
        <summary>I cannot scan it</summary>
        <p>Type this key into the app, and choose codes by time.</p>
        <p><code class="key" id="secret">${groups.join(' ')}</code></p>
      </details>
    </li>
    <li>Type the six digits that the app shows.</li>
  </ol>`;
}

export function recoveryList(codes: readonly string[]): Html {
  return html`<p class="lead">
      Each lets you in once when you do not have your app or key. Write them down or print this page; they are not shown again.
    </p>
    <ul class="codes">
      ${codes.map((code) => html`<li><code>${code}</code></li>`)}
    </ul>`;
}
