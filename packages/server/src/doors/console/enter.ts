import { html } from 'hono/html';
import { formToken, isFormToken, readForm } from '../../base/browser/form.ts';
import { cookieName, readCookie, setCookie } from '../../base/browser/cookies.ts';
import { messagePage, pageReply } from '../../base/browser/page.ts';
import type { Database } from '../../base/db.ts';
import { originOf, redirect, type Inbound, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { newSecret } from '../../base/ids.ts';
import type { EventDraft } from '../../rooms/audit/event.ts';
import type { Audit } from '../../rooms/audit/store.ts';
import { consumeLink, peekLink } from '../../rooms/users/link.store.ts';
import type { Sessions } from '../../rooms/users/session.store.ts';
import { findUser } from '../../rooms/users/store.ts';
import type { SessionScopes, User } from '../../rooms/users/user.ts';
import { makersOfLink, scopesOfLink, wayOfLink } from './link.ts';
import { BY_LINK } from './rights.ts';

export type EnterDeps = { database: Database; audit: Audit; issuer: string; sessions: Pick<Sessions, 'start'> };

/** The first way in, before there is a policy that gives anybody a right: a link that opens the console once. */
export function enterRoutes(deps: EnterDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/console/enter/:secret',
      access: 'link',
      audit: { none: 'shows a page; nothing is used up' },
      summary: 'The page behind a console link',
      handle: (call) => door(deps, call),
    }),
    route({
      method: 'POST',
      path: '/console/enter/:secret',
      access: 'link',
      audit: ['link.used', 'login.succeeded', 'login.failed'],
      summary: 'Use a console link',
      handle: (call) => enter(deps, call),
    }),
  ];
}

function dead(request: Inbound, status: 403 | 404): Promise<Reply> {
  return messagePage({
    status,
    title: 'This link opens nothing',
    sentence: 'It was used, or its ten minutes are over. An administrator makes a new one with “writ user console”.',
    code: status === 403 ? 'access_denied' : 'not_found',
    requestId: request.requestId,
  });
}

function knock(issuer: string): string {
  return cookieName('writ_console_knock', issuer.startsWith('https:'));
}

/** Looking uses nothing: mail scanners and browser previews open links (attack 057). The button does. */
async function door(deps: EnterDeps, { request, params, now }: Call): Promise<Reply> {
  const data = await peekLink(deps.database.db, 'console', params['secret'] ?? '', now);
  const user = data === undefined ? undefined : await findUser(deps.database.db, data.subject);
  if (user === undefined) return dead(request, 404);
  const secret = newSecret();
  return pageReply({
    title: 'Open the console · Writ',
    cookies: [setCookie(knock(deps.issuer), secret, { secure: deps.issuer.startsWith('https:'), maxAge: 600 })],
    body: html`<h1>Open the console</h1>
      <p class="lead">
        As <strong><bdi>${user.name ?? user.email}</bdi></strong
        >, in this browser, for eight hours.
      </p>
      <form method="post">
        <input type="hidden" name="token" value="${formToken(secret)}" />
        <button class="primary" name="action" value="continue">Open the console</button>
      </form>`,
  });
}

async function enter(deps: EnterDeps, { request, params, now }: Call): Promise<Reply> {
  const cookie = readCookie(request.header('cookie'), knock(deps.issuer));
  const fields = readForm(request);
  if (cookie === undefined || !fields.ok || !isFormToken(fields.value.one('token'), cookie)) return dead(request, 403);
  const taken = await take(deps, params['secret'] ?? '', request, now);
  if (taken === undefined) return dead(request, 404);
  const started = await deps.sessions.start({
    user: taken.user,
    amr: [BY_LINK],
    acr: 'urn:writ:acr:link',
    purpose: 'admin',
    scopes: taken.scopes,
    madeBy: taken.makers,
    by: taken.by,
    ip: request.ip,
    userAgent: request.header('user-agent'),
    origin: originOf(request),
  });
  return redirect('/console/', { 'set-cookie': [started.cookie] });
}

type Taken = { user: User; scopes: SessionScopes; makers: readonly string[]; by: readonly string[] };

/** The gate: of twenty that press the button at once, one gets the user. */
function take(deps: EnterDeps, secret: string, request: Inbound, now: number): Promise<Taken | undefined> {
  return deps.audit.commit(async (tx) => {
    const data = await consumeLink(tx, 'console', secret, now);
    const user = data === undefined ? undefined : await findUser(tx, data.subject);
    const entry: EventDraft = {
      type: user === undefined ? 'login.failed' : 'link.used',
      initiator: 'human',
      actor: { user: user?.id },
      target: { type: 'console', id: 'link' },
      outcome: user === undefined ? 'refused' : 'success',
      reason: user === undefined ? 'link_used_or_expired' : 'console_link',
      origin: originOf(request),
    };
    const value =
      user === undefined || data === undefined
        ? undefined
        : { user, scopes: scopesOfLink(data), makers: makersOfLink(data), by: wayOfLink(data) };
    return { value, entries: [entry] };
  });
}
