import { html } from 'hono/html';
import { formToken, isFormToken, readForm } from '../../base/browser/form.ts';
import { messagePage, pageReply, type Html } from '../../base/browser/page.ts';
import { originOf, type Inbound, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { newId } from '../../base/ids.ts';
import type { Devices } from '../../rooms/approvals/device.store.ts';
import { rateLimited } from '../../rooms/approvals/events.ts';
import { readUserCode } from '../../rooms/approvals/user-code.ts';
import type { EventDraft } from '../../rooms/audit/event.ts';
import type { Held, Visit } from '../../rooms/journeys/deps.store.ts';
import type { Journeys } from '../../rooms/journeys/dispatch.store.ts';
import { BEGIN_EVENTS } from '../../rooms/journeys/events.ts';
import { decoupledRequest } from '../../rooms/journeys/journey.ts';
import { turnReply, visitOf } from '../../rooms/journeys/reply.http.ts';
import { sessionSecretIn } from '../../rooms/users/cookie.ts';
import type { User } from '../../rooms/users/user.ts';
import { form } from './pages/parts.ts';

export type DeviceDoorDeps = {
  issuer: string;
  devices: Pick<Devices, 'find'>;
  journeys: Pick<Journeys, 'begin'>;
  sessions: { find(secret: string): Promise<Held> };
  audit: { record(draft: EventDraft): Promise<void> };
};

/** `/device` (RFC 8628 §3.3): a signed-in person types the code that a device shows, and is led through consent like anybody else. */
export function deviceDoorRoutes(deps: DeviceDoorDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/device',
      access: 'user',
      audit: BEGIN_EVENTS,
      summary: 'The page on which a device is let in by its code',
      handle: (call) => show(deps, call),
    }),
    route({
      method: 'POST',
      path: '/device',
      access: 'user',
      audit: [...BEGIN_EVENTS, 'consent.denied', 'approval.refused'],
      summary: 'The code of a device, typed in',
      handle: (call) => enter(deps, call),
    }),
  ];
}

async function show(deps: DeviceDoorDeps, { request, now }: Call): Promise<Reply> {
  const visit = await visitOf(deps, request);
  const { held } = visit;
  const query = new URLSearchParams(request.query);
  const typed = readUserCode(query.get('user_code') ?? '');
  const secret = sessionSecretIn(request.header('cookie'), deps.issuer);
  if (held === undefined || secret === undefined) return signIn(deps, request, visit, typed, now);
  const done = DONE.get(query.get('done'));
  return done === undefined ? codePage({ user: held.user, token: formToken(secret), typed }) : donePage(done);
}

function signIn(deps: DeviceDoorDeps, request: Inbound, visit: Visit, typed: string | undefined, now: number): Promise<Reply> {
  const ask = { silent: false, login: false, consent: false, chooseAccount: false };
  const returnTo = typed === undefined ? ('/device' as const) : (`/device?user_code=${typed}` as const);
  return deps.journeys
    .begin({ kind: 'sign-in', returnTo, ask, txn: newId('txn', now) }, visit)
    .then((turn) => turnReply(deps.issuer, request, turn));
}

async function enter(deps: DeviceDoorDeps, { request, now }: Call): Promise<Reply> {
  const visit = await visitOf(deps, request);
  const { held } = visit;
  const secret = sessionSecretIn(request.header('cookie'), deps.issuer);
  if (held === undefined || secret === undefined) return signIn(deps, request, visit, undefined, now);
  const fields = readForm(request);
  const refused = (status: number, sentence: string) =>
    messagePage({ status, title: 'This cannot go on', sentence, requestId: request.requestId });
  if (!fields.ok) return refused(400, 'What was sent is no form of this hub. Load the page again and repeat.');
  if (!isFormToken(fields.value.one('token'), secret))
    return refused(403, 'It was not sent from the page that we showed you. Load the page again and repeat.');
  if (fields.value.one('action') === 'cancel') return donePage(LEFT);
  const typed = (fields.value.one('code') ?? '').slice(0, 64);
  const found = await deps.devices.find({ typed, userId: held.user.id, ip: request.ip, now });
  if (found === 'unknown' || found === 'locked') return refuse(deps, request, { user: held.user, token: formToken(secret), found });
  const turn = await deps.journeys.begin(decoupledRequest(found), visit);
  return turnReply(deps.issuer, request, turn);
}

/** One entry for each wrong code; the code itself is not in it. */
async function refuse(
  deps: DeviceDoorDeps,
  request: Inbound,
  { user, token, found }: { user: User; token: string; found: 'unknown' | 'locked' },
): Promise<Reply> {
  const origin = originOf(request);
  if (found === 'locked') {
    await deps.audit.record(rateLimited({ clientId: undefined, user: user.id, kind: 'user_code', origin }));
    const wrong = 'There were too many codes from you. Wait ten minutes and try again.';
    return codePage({ user, token, typed: undefined, wrong, status: 429 });
  }
  await deps.audit.record({
    type: 'journey.refused',
    initiator: 'human',
    actor: { user: user.id },
    outcome: 'refused',
    reason: 'user_code_unknown',
    origin,
  });
  const wrong = 'That code is not one of ours, or it is too old. Check what the device shows, or have it show a new one.';
  return codePage({ user, token, typed: undefined, wrong, status: 400 });
}

type CodePage = { user: User; token: string; typed: string | undefined; wrong?: string; status?: number };

function codePage({ user, token, typed, wrong, status = 200 }: CodePage): Promise<Reply> {
  const marked = wrong === undefined ? '' : html` aria-invalid="true" aria-describedby="notice"`;
  const body = html`<h1>Let a device in</h1>
    <p class="lead">
      ${
        typed === undefined
          ? 'Type the code that the device, or the program in your terminal, shows you.'
          : 'Compare: the device, or the program in your terminal, must show exactly this code.'
      }
    </p>
    ${wrong === undefined ? '' : html`<p class="notice bad" role="alert" id="notice">${wrong}</p>`}
    ${form(
      { token },
      html`<div class="field">
          <label for="code">Code</label>
          <input
            class="code"
            id="code"
            name="code"
            type="text"
            value="${typed ?? ''}"
            placeholder="XXXX-XXXX"
            autocomplete="off"
            autocapitalize="characters"
            spellcheck="false"
            maxlength="20"
            required${typed === undefined ? html` autofocus` : ''}${marked}
          />
          <span class="hint">You see next who asks, and from where. Type no code that somebody sent or told you.</span>
        </div>
        <p class="quiet">Signed in as <bdi>${user.name ?? user.email}</bdi>.</p>
        <div class="buttons">
          <button class="primary" name="action" value="continue">Continue</button>
          <button class="plain" name="action" value="cancel" formnovalidate>Cancel</button>
        </div>`,
    )}`;
  return pageReply({ title: 'Let a device in', body, status });
}

type Words = { title: string; sentence: Html };

const LEFT: Words = {
  title: 'Nothing was allowed',
  sentence: html`<p class="lead">The device waits until its code is too old, and gets nothing.</p>
    <p class="quiet"><a href="/device">Type a code after all</a></p>`,
};

const DONE: ReadonlyMap<string | null, Words> = new Map(
  Object.entries({
    allowed: {
      title: 'The device is in',
      sentence: html`<p class="lead">Go back to it: within seconds it goes on by itself. You can close this page.</p>
        <p class="quiet">You can stop it at any time on <a href="/account">your account page</a>.</p>`,
    },
    refused: {
      title: 'The device was refused',
      sentence: html`<p class="lead">It got nothing, and its code is worth nothing any more.</p>
        <p class="quiet">If somebody gave you the code, tell your administrator.</p>`,
    },
  }),
);

function donePage({ title, sentence }: Words): Promise<Reply> {
  return pageReply({
    title,
    body: html`<h1>${title}</h1>
      ${sentence}`,
  });
}
