import { html } from 'hono/html';
import { pageReply } from '../../base/browser/page.ts';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import type { Mailer } from '../../base/mail/mailer.ts';

const NOTHING = { none: 'development only: shows mails that were not sent anywhere' } as const;

/** `/dev/mail`: without an SMTP server, and in dev only, mails are kept and shown here instead of being sent. */
export function devMailRoutes({ mailer }: { mailer: Pick<Mailer, 'kept'> }): Route[] {
  return [
    route({
      method: 'GET',
      path: '/dev/mail.json',
      access: 'public',
      audit: NOTHING,
      summary: 'Mails that would have been sent',
      handle: () => json(200, { items: mailer.kept() }),
    }),
    route({
      method: 'GET',
      path: '/dev/mail',
      access: 'public',
      audit: NOTHING,
      summary: 'Mails that would have been sent, as a page',
      handle: () =>
        pageReply({
          title: 'Mail · Writ dev',
          width: 'wide',
          body: html`<h1>Mail</h1>
            <p class="quiet">No SMTP server is set, so mails stay here.</p>
            ${mailer.kept().length === 0 ? html`<p class="empty">Nothing yet.</p>` : ''}
            <ul class="list">
              ${mailer
                .kept()
                .toReversed()
                .map(
                  (mail) =>
                    html`<li>
                      <div>
                        <p class="what"><bdi>${mail.subject}</bdi></p>
                        <p class="meta">to <bdi>${mail.to}</bdi></p>
                        <pre>${mail.text}</pre>
                      </div>
                    </li>`,
                )}
            </ul>`,
        }),
    }),
  ];
}
