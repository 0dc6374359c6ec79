import { html } from 'hono/html';
import type { Notice } from '@writ/flow';
import type { Html } from '../../../base/browser/page.ts';
import type { Visitor } from '../../../rooms/journeys/view.ts';
import { identityOf } from '../visitor.ts';
import { NOTICES } from '../words.ts';

/** What every page of a journey is given besides its view. */
/** `code`: from the link of a mail, to be filled in; using it takes a press of the button (mail scanners open links, attack 057). */
/** `turn`: of the page of a journey, so that an older one is known as such when it comes back. */
export type Frame = { token: string; turn?: number | undefined; code?: string | undefined };

/** The one form of a page. It has no action: it goes back to where the page came from. */
export function form(frame: Frame, fields: Html): Html {
  return html`<form method="post" accept-charset="utf-8">
    <input type="hidden" name="token" value="${frame.token}" />
    ${frame.turn === undefined ? '' : html`<input type="hidden" name="turn" value="${frame.turn}" />`} ${fields}
  </form>`;
}

/** Read out at once by screen readers when it says that something went wrong. */
export function noticeBox({ notice, detail }: { notice: Notice | undefined; detail?: string | undefined }): Html {
  if (notice === undefined) return html``;
  const { text, bad } = NOTICES[notice];
  return html`<p class="notice ${bad ? 'bad' : ''}" role="${bad ? 'alert' : 'status'}" id="notice">
    ${text}${detail === undefined ? '' : ` ${detail}`}
  </p>`;
}

/** Where signing in at the hub itself leads, the longest path first. */
const ON_TO: readonly (readonly [path: string, words: string])[] = [
  ['/account/approvals', 'to see what you are asked to approve.'],
  ['/account/connections', 'to see which accounts you have connected.'],
  ['/account/security', 'to change how you sign in.'],
  ['/account', 'to see which agents act for you.'],
  ['/device', 'to let a device in.'],
  ['/connect', 'to connect an account.'],
];

/** "to continue to claude.ai": by address, because a name is only what a client says of itself. */
export function onwards({ visitor, returnTo = '' }: { visitor: Visitor | undefined; returnTo: string | undefined }): Html {
  if (visitor === undefined) return html`<p class="lead">${ON_TO.find(([path]) => returnTo.startsWith(path))?.[1] ?? ''}</p>`;
  const { host, local } = identityOf(visitor);
  if (visitor.elsewhere !== undefined)
    return html`<p class="lead">
      to see what <strong><bdi>${host}</bdi></strong> asks of you from elsewhere.
    </p>`;
  return local
    ? html`<p class="lead">
        to continue to an app on this computer, which calls itself <strong><bdi>${visitor.client.name}</bdi></strong
        >.
      </p>`
    : html`<p class="lead">to continue to <strong>${host}</strong>.</p>`;
}

/**
 * First in a form with boxes to tick: Enter on a box presses the first button of its form, which would be "Not you?". Sending a form that is in
 * no dialog by the dialog method does nothing (HTML, form submission algorithm); a disabled button would be passed over for the next.
 */
export const enterDoesNothing: Html = html`<button
  class="hidden"
  formmethod="dialog"
  formnovalidate
  aria-hidden="true"
  tabindex="-1"
></button>`;

/** First in a form of choices: Enter on one of them goes on with it. */
export const enterContinues: Html = html`<button class="hidden" name="action" value="continue" aria-hidden="true" tabindex="-1">
  Continue
</button>`;
