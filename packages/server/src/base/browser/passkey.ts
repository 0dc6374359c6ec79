import { hash } from 'node:crypto';
import { html, raw } from 'hono/html';
import type { Html, PageScript } from './page.ts';

/**
 * The one script of the hosted pages: it shows what needs it, asks the browser for the passkey, and sends the form. Pages that do not carry it
 * let no script in, and the others no other. Byte strings travel as base64url, as in WebAuthn §5.1 (parseRequestOptionsFromJSON, which not
 * every browser has).
 */
const SCRIPT = `
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
const named = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));
for (const box of document.querySelectorAll('[data-passkey]')) {
  if (!window.PublicKeyCredential) continue;
  const form = box.closest('form'), note = box.querySelector('[role=alert]');
  box.hidden = false;
  box.querySelector('button').addEventListener('click', async () => {
    note.hidden = true;
    try {
      const asked = JSON.parse(box.dataset.passkey), make = 'user' in asked;
      const publicKey = { ...asked, challenge: bytes(asked.challenge), allowCredentials: named(asked.allowCredentials), excludeCredentials: named(asked.excludeCredentials) };
      if (make) publicKey.user = { ...asked.user, id: bytes(asked.user.id) };
      const found = await (make ? navigator.credentials.create({ publicKey }) : navigator.credentials.get({ publicKey }));
      const response = { transports: found.response.getTransports ? found.response.getTransports() : undefined };
      for (const name of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'])
        if (found.response[name]) response[name] = text(found.response[name]);
      form.elements.credential.value = JSON.stringify({ id: found.id, rawId: found.id, type: found.type, response });
      const action = document.createElement('input');
      Object.assign(action, { type: 'hidden', name: 'action', value: 'passkey' });
      form.append(action);
      form.submit();
    } catch {
      note.hidden = false;
    }
  });
}
`;

const ELEMENT = raw(`<script type="module">${SCRIPT}</script>`);

/** What the page's CSP has to let in for {@link passkeyBox}. */
export const PASSKEY_SCRIPT: PageScript = { element: ELEMENT, source: `'sha256-${hash('sha256', SCRIPT, 'base64')}'` };

/** A button inside a form, for browsers that can; without script, or where there are no passkeys, it is not there. */
export function passkeyBox(asked: object, label: string, kind: 'primary' | '' = ''): Html {
  return html`<div data-passkey="${JSON.stringify(asked)}" class="passkey" hidden>
    <input type="hidden" name="credential" value="" />
    <button type="button" class="${kind}">${label}</button>
    <p class="notice bad" role="alert" hidden>That did not work: no passkey was used. Try again, or go on in another way.</p>
  </div>`;
}
