import { html } from 'hono/html';
import type { Html } from '../../base/browser/page.ts';
import type { Shared } from './holdings.ts';
import { narrowForm } from './scopes-form.ts';
import { ago, day } from './words.ts';

export type ConsentsView = {
  shared: readonly Shared[];
  token: string;
  now: number;
  done: string | undefined;
  wrong: string | undefined;
};

/** What each app was allowed for everybody, and ways to take it back. */
export function consentsBody({ shared, done, wrong, ...view }: ConsentsView): Html {
  return html`<p class="eyebrow"><a href="/account">Your account</a></p>
    <h1>Allowed for everybody</h1>
    <p class="lead">
      Apps that somebody who manages consent has allowed for everybody in an organisation. Nobody there is asked about these.
    </p>
    ${wrong === undefined ? '' : html`<p class="notice bad" role="alert" id="notice">${wrong}</p>`}
    ${done === undefined ? '' : html`<p class="notice" role="status">${done}</p>`}
    ${shared.length === 0 ? html`<p class="empty">Nothing.</p>` : shared.map((one) => sharedSection(one, view))}`;
}

function sharedSection({ name, host, held }: Shared, view: Pick<ConsentsView, 'token' | 'now'>): Html {
  const { grant, resource, tenant } = held;
  const id = `of-${grant.id}`;
  return html`<section aria-labelledby="${id}">
    <h2 id="${id}"><bdi>${name}</bdi> at <bdi>${resource}</bdi> in <bdi>${tenant ?? ''}</bdi></h2>
    <p class="quiet">
      ${host === undefined ? 'On a computer of whoever uses it' : html`<bdi>${host}</bdi>`}. Allowed ${ago(grant.consentedAt, view.now)},
      ${grant.expiresAt === undefined ? 'without an end' : `until ${day(grant.expiresAt)}`}.
      ${grant.state === 'frozen' ? 'An administrator has stopped it.' : ''}
    </p>
    ${narrowForm(held, { ...view, used: undefined })}
    <form method="post">
      <input type="hidden" name="token" value="${view.token}" />
      <input type="hidden" name="grant" value="${grant.id}" />
      <div class="buttons">
        <button class="danger short" name="action" value="end" aria-label="End for everybody: ${name} at ${resource}">
          End for everybody
        </button>
      </div>
    </form>
  </section>`;
}
