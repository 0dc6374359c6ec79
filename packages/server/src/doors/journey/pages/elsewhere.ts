import { html } from 'hono/html';
import type { Html } from '../../../base/browser/page.ts';
import type { Elsewhere } from '../../../rooms/journeys/view.ts';
import { since } from '../words.ts';

/**
 * Where a request came from that this browser did not make. A code that somebody reads out on the phone, or sends in a message, looks like
 * one's own (RFC 8628 §5.4): the place and the time are what a person can tell it by.
 */
export function elsewhereBox({ by, ip, userAgent, at, now, bindingMessage }: Elsewhere): Html {
  return html`<section class="notice care" aria-label="Where this was asked">
      <p>
        <strong>${by === 'device_code' ? 'Asked by another device' : 'Asked without a browser'}</strong>,
        ${since(at, now)}${ip === undefined ? '' : html`, from the address <strong><bdi>${ip}</bdi></strong>`}.
        ${userAgent === undefined ? '' : html`The program calls itself <bdi>${userAgent.slice(0, 80)}</bdi>.`}
      </p>
      <p>${WARNING[by]}</p>
    </section>
    ${bindingMessage === undefined ? '' : message(bindingMessage)}`;
}

const WARNING: Readonly<Record<Elsewhere['by'], string>> = {
  device_code:
    'Go on only if you started this yourself, just now, and the device is in front of you. Did somebody send you the code, or tell it to you? Then press Deny: they would get in as you.',
  ciba: 'Go on only if you know what this is about. If you did not start it and nobody told you of it, press Deny.',
};

function message(text: string): Html {
  return html`<section class="quoted" aria-labelledby="message">
    <h2 id="message">Its message</h2>
    <p><bdi>${text}</bdi></p>
    <p class="quiet small">It should be the same as where this was started.</p>
  </section>`;
}
