import { html } from 'hono/html';
import { passkeyBox } from '../../base/browser/passkey.ts';
import type { Html } from '../../base/browser/page.ts';
import { appSteps, recoveryList } from '../../base/browser/second.ts';
import { hasSecond, type Factors, type Passkey } from '../../rooms/users/factor.ts';
import type { User } from '../../rooms/users/user.ts';
import { ago } from './words.ts';

export type SecurityView = { user: User; factors: Factors; token: string; now: number; done: string | undefined };

/** What somebody has set up to sign in with, and a button for each change. */
export function securityBody(view: SecurityView): Html {
  const { user, factors, token, done } = view;
  return html`<p class="eyebrow"><a href="/account">Your account</a></p>
    <h1>How you sign in</h1>
    <p class="lead"><bdi>${user.email}</bdi></p>
    ${done === undefined ? '' : html`<p class="notice" role="status">${done}</p>`}
    <section aria-labelledby="app">
      <h2 id="app">Authenticator app</h2>
      <ul class="list">
        ${appRow(view)}
      </ul>
    </section>
    <section aria-labelledby="passkeys">
      <h2 id="passkeys">Passkeys</h2>
      <ul class="list">
        ${factors.passkeys.map((passkey) => passkeyRow(passkey, view))}
        ${row(
          factors.passkeys.length === 0 ? 'None' : 'Another',
          'Your fingerprint, face or a key instead of password and code.',
          html`<a class="button short" href="/account/security/passkey">Add</a>`,
        )}
      </ul>
    </section>
    ${hasSecond(factors) ? recoverySection(view) : ''}
    ${
      factors.browsers === 0
        ? ''
        : html`<section aria-labelledby="browsers">
            <h2 id="browsers">Remembered browsers</h2>
            <ul class="list">
              ${row(
                factors.browsers === 1 ? 'One browser' : `${factors.browsers} browsers`,
                'There the second step is not asked for at an ordinary sign-in.',
                button(token, { action: 'forget' }, 'Forget', 'Forget all remembered browsers'),
              )}
            </ul>
          </section>`
    }`;
}

function appRow({ factors: { totp }, token, now }: SecurityView): Html {
  if (totp === undefined)
    return row(
      'None',
      'A code from your phone besides your password. Some apps may only do what they ask for once you have one.',
      html`<a class="button short" href="/account/security/app">Set up</a>`,
    );
  return row(
    'Set up',
    usedWords(totp, now),
    button(token, { action: 'remove_app' }, 'Remove', 'Remove the authenticator app', 'danger short'),
  );
}

function passkeyRow(passkey: Passkey, { token, now }: SecurityView): Html {
  const remove = { action: 'remove_passkey', passkey: passkey.id };
  return row(
    passkey.name,
    usedWords(passkey, now),
    button(token, remove, 'Remove', `Remove the passkey of ${passkey.name}`, 'danger short'),
  );
}

function recoverySection({ factors, token }: SecurityView): Html {
  const left = factors.recovery ?? 0;
  return html`<section aria-labelledby="recovery">
    <h2 id="recovery">Recovery codes</h2>
    <ul class="list">
      ${row(
        left === 1 ? 'One left' : `${left} left`,
        'For the day you have lost your app or key. New codes make the old ones worthless.',
        button(token, { action: 'new_codes' }, 'Make new ones', 'Make new ones: recovery codes'),
      )}
    </ul>
  </section>`;
}

function usedWords({ createdAt, usedAt }: Pick<Passkey, 'createdAt' | 'usedAt'>, now: number): string {
  return `Added ${ago(createdAt, now)} · ${usedAt === undefined ? 'not used since' : `last used ${ago(usedAt, now)}`}`;
}

function row(what: string, meta: string, deed: Html): Html {
  return html`<li>
    <div>
      <p class="what"><bdi>${what}</bdi></p>
      <p class="meta">${meta}</p>
    </div>
    ${deed}
  </li>`;
}

function button(token: string, fields: Readonly<Record<string, string>>, label: string, aloud: string, kind = 'short'): Html {
  const { action = '', ...rest } = fields;
  return html`<form method="post" action="/account/security" class="inline">
    <input type="hidden" name="token" value="${token}" />
    ${Object.entries(rest).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    <button class="${kind}" name="action" value="${action}" aria-label="${aloud}">${label}</button>
  </form>`;
}

export function appBody({ token, wrong, ...offer }: { secret: string; uri: string; token: string; wrong: string | undefined }): Html {
  return html`<h1>Set up an authenticator app</h1>
    <p class="lead">From now on, signing in also takes a code from it.</p>
    ${wrong === undefined ? '' : html`<p class="notice bad" role="alert" id="notice">${wrong}</p>`}
    <form method="post">
      <input type="hidden" name="token" value="${token}" />
      ${appSteps(offer)}
      <div class="field">
        <label for="code">Code from your app</label>
        <input
          class="code"
          id="code"
          name="code"
          type="text"
          inputmode="numeric"
          autocomplete="one-time-code"
          maxlength="12"
          required
          autofocus${wrong === undefined ? '' : html` aria-invalid="true" aria-describedby="notice"`}
        />
      </div>
      <div class="buttons"><button class="primary" name="action" value="continue">Turn on</button></div>
    </form>
    <p class="quiet"><a href="/account/security">Not now</a></p>`;
}

export function codesBody(codes: readonly string[]): Html {
  return html`<h1>Keep these codes</h1>
    ${recoveryList(codes)}
    <p class="quiet"><a href="/account/security">I have put them away</a></p>`;
}

export function passkeyBody({ creation, token, wrong }: { creation: object | undefined; token: string; wrong: string | undefined }): Html {
  return html`<h1>Add a passkey</h1>
    <p class="lead">
      This browser, your phone or a security key keeps it. It works at this address only, so nobody can talk you out of it.
    </p>
    ${wrong === undefined ? '' : html`<p class="notice bad" role="alert">${wrong}</p>`}
    ${
      creation === undefined
        ? html`<p class="notice">This hub is reached by an address without a name, for which browsers make no passkeys.</p>`
        : html`<form method="post">
            <input type="hidden" name="token" value="${token}" />
            ${passkeyBox(creation, 'Make a passkey', 'primary')}
            <noscript><p class="notice">Your browser makes passkeys by script only, and here it runs none.</p></noscript>
          </form>`
    }
    <p class="quiet"><a href="/account/security">Not now</a></p>`;
}
