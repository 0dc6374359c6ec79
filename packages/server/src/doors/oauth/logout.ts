import { html } from 'hono/html';
import { formToken, isFormToken, readForm } from '../../base/browser/form.ts';
import { messagePage, pageReply } from '../../base/browser/page.ts';
import { originOf, redirect, type Inbound, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { clearedSessionCookie, sessionSecretIn } from '../../rooms/users/cookie.ts';
import type { FoundSession, Sessions } from '../../rooms/users/session.store.ts';
import { readEndSession, type EndSession, type EndSessionDeps } from './end-session.ts';

export type LogoutDeps = EndSessionDeps & { issuer: string; sessions: Pick<Sessions, 'find' | 'end'> };

const PATH = '/oauth/logout';

/**
 * OpenID Connect RP-Initiated Logout. An id_token of the very user who is signed in ends the session at once; without one the person is asked,
 * because any page can send a browser here. Agents that were allowed to act while the user is away go on: this ends a login, not a grant.
 */
export function logoutRoutes(deps: LogoutDeps): Route[] {
  const common = { path: PATH, access: 'browser', audit: ['login.ended'] } as const;
  return [
    route({
      ...common,
      method: 'GET',
      summary: 'End the session of this browser (RP-initiated logout)',
      handle: (call) => ask(deps, call),
    }),
    route({
      ...common,
      method: 'POST',
      summary: 'The same by post, and the answer of the page that asks',
      handle: (call) => post(deps, call),
    }),
  ];
}

async function ask(deps: LogoutDeps, { request, now }: Call): Promise<Reply> {
  const read = await readEndSession(deps, request.query, now);
  if (!read.ok) return refused(request, 400, read.error);
  const wish = read.value;
  const secret = sessionSecretIn(request.header('cookie'), deps.issuer);
  const held = await deps.sessions.find(secret);
  if (held === undefined || secret === undefined) return left(deps, wish);
  return wish.hintedUser === held.user.id ? end(deps, request, held, wish) : confirm(wish, held, formToken(secret));
}

async function post(deps: LogoutDeps, { request, now }: Call): Promise<Reply> {
  const form = readForm(request);
  if (!form.ok) return refused(request, 400, 'What was sent cannot be read.');
  const fields = form.value;
  if (fields.one('token') === undefined) {
    // From the app: the browser keeps our cookie from a post of another site, but sends it when it comes by GET.
    const read = await readEndSession(deps, request.body, now);
    return read.ok ? redirect(`${PATH}?${new URLSearchParams({ ...read.value.sent }).toString()}`) : refused(request, 400, read.error);
  }
  const secret = sessionSecretIn(request.header('cookie'), deps.issuer);
  const held = await deps.sessions.find(secret);
  const read = await readEndSession(deps, request.body, now);
  if (!read.ok) return refused(request, 400, read.error);
  if (held === undefined || secret === undefined) return left(deps, read.value);
  if (!isFormToken(fields.one('token'), secret))
    return refused(request, 403, 'It was not sent from the page that we showed you. Load the page again and repeat.');
  return fields.one('action') === 'continue' ? end(deps, request, held, read.value) : stayed();
}

async function end(deps: LogoutDeps, request: Inbound, { session }: FoundSession, wish: EndSession): Promise<Reply> {
  await deps.sessions.end(session, originOf(request));
  return left(deps, wish);
}

/** Nobody is signed in (any more). */
function left({ issuer }: LogoutDeps, { goTo }: EndSession): Promise<Reply> | Reply {
  const cookie = clearedSessionCookie(issuer);
  if (goTo !== undefined) return redirect(goTo, { 'set-cookie': cookie, 'referrer-policy': 'no-referrer' });
  return pageReply({
    title: 'Signed out',
    cookies: [cookie],
    body: html`<h1>You are signed out</h1>
      <p class="lead">Agents that you allowed to act while you are away go on.</p>
      <p class="quiet"><a href="/account">Sign in again</a></p>`,
  });
}

function stayed(): Promise<Reply> {
  return pageReply({
    title: 'Still signed in',
    body: html`<h1>You are still signed in</h1>
      <p class="quiet"><a href="/account">Go to your account</a></p>`,
  });
}

function confirm(wish: EndSession, { user }: FoundSession, token: string): Promise<Reply> {
  const { client, goTo, sent } = wish;
  return pageReply({
    title: 'Sign out?',
    ...(goTo === undefined ? {} : { formAction: targetsOf(goTo) }),
    body: html`<h1>Sign out?</h1>
      <p class="lead">
        ${client === undefined ? 'An app' : html`<b><bdi>${client.name}</bdi></b>`} asks to end the session of this browser.
      </p>
      <div class="who">
        <span class="name"><bdi>${user.email}</bdi></span>
      </div>
      <form method="post" action="${PATH}">
        <input type="hidden" name="token" value="${token}" />
        ${Object.entries(sent).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
        <div class="buttons pair">
          <button name="action" value="cancel">Stay signed in</button>
          <button class="primary" name="action" value="continue">Sign out</button>
        </div>
      </form>`,
  });
}

/** Where the form may lead in the end (CSP form-action): Chromium holds the redirect after a post against it. */
function targetsOf(uri: string): readonly string[] {
  if (uri.startsWith('https://')) return ['https:'];
  return [uri.startsWith('http://') ? new URL(uri).origin : `${uri.slice(0, uri.indexOf(':'))}:`];
}

function refused(request: Inbound, status: number, sentence: string): Promise<Reply> {
  return messagePage({ status, title: 'This cannot go on', sentence, detail: 'Nobody was signed out.', requestId: request.requestId });
}
