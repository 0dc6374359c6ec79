import { html } from 'hono/html';
import { formToken, isFormToken, readForm } from '../../base/browser/form.ts';
import { cookieName, readCookie, setCookie } from '../../base/browser/cookies.ts';
import { messagePage, pageReply } from '../../base/browser/page.ts';
import type { Clock } from '../../base/clock.ts';
import type { Database } from '../../base/db.ts';
import { z } from 'zod';
import { authorOf, notFound } from '../../base/http/admin.ts';
import { json, originOf, redirect, type Inbound, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { newSecret } from '../../base/ids.ts';
import type { Author } from '../../rooms/audit/author.ts';
import type { EventDraft } from '../../rooms/audit/event.ts';
import type { Audit } from '../../rooms/audit/store.ts';
import { sessionSecretIn } from '../../rooms/users/cookie.ts';
import { consumeLink, peekLink } from '../../rooms/users/link.store.ts';
import type { Sessions } from '../../rooms/users/session.store.ts';
import { findUser } from '../../rooms/users/store.ts';
import type { User } from '../../rooms/users/user.ts';
import { overviewBody } from './overview.ts';
import { lookAround } from './look.ts';

export type ConsoleDeps = {
  database: Database;
  audit: Audit;
  clock: Clock;
  issuer: string;
  sessions: Pick<Sessions, 'find' | 'start' | 'end'>;
};

const NOTHING = { none: 'shows a page; what it shows was recorded when it happened' } as const;

/** The console's first form: one page that shows what there is, behind a link that opens it once. Changes go by the `writ` program and the admin API. */
export function consoleRoutes(deps: ConsoleDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/console',
      access: 'public',
      audit: NOTHING,
      summary: 'To the console',
      handle: () => redirect('/console/'),
    }),
    route({
      method: 'GET',
      path: '/console/',
      access: 'user',
      audit: ['admin.read'],
      summary: 'What this hub knows, at a glance',
      handle: (call) => overview(deps, call),
    }),
    route({
      method: 'POST',
      path: '/console/',
      access: 'user',
      audit: ['login.ended'],
      summary: 'Leave the console',
      handle: (call) => leave(deps, call),
    }),
    route({
      method: 'GET',
      path: '/console/enter/:secret',
      access: 'link',
      audit: NOTHING,
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

/** `POST /admin/v1/users/:id/console-link`: for whoever administers from the command line. */
export function consoleLinkRoute(
  link: (user: string, by: Author) => Promise<string>,
  find: (id: string) => Promise<User | undefined>,
): Route {
  return route({
    method: 'POST',
    path: '/admin/v1/users/:id/console-link',
    // Not users: who opens the console reads everything, whichever user it is opened for.
    access: 'admin:console:write',
    audit: ['link.made'],
    summary: 'A link that opens the console for this user, once, within ten minutes',
    output: { 201: z.object({ link: z.string() }), 404: 'No such user' },
    async handle(call) {
      const user = await find(call.params['id'] ?? '');
      return user?.state === 'active'
        ? json(201, { link: await link(user.id, authorOf(call)) })
        : notFound('user', call.params['id'] ?? '');
    },
  });
}

async function administrator(deps: ConsoleDeps, request: Inbound) {
  const secret = sessionSecretIn(request.header('cookie'), deps.issuer, 'admin');
  const found = await deps.sessions.find(secret, 'admin');
  return found === undefined || secret === undefined ? undefined : { ...found, secret };
}

async function overview(deps: ConsoleDeps, call: Call): Promise<Reply> {
  const who = await administrator(deps, call.request);
  if (who === undefined) return locked(call.request);
  const seen = await lookAround(deps.database.db);
  await deps.audit.record(readEntry(who.user, call.request));
  return pageReply({
    title: 'Console · Writ',
    width: 'wide',
    body: overviewBody({ ...seen, user: who.user, token: formToken(who.secret) }),
  });
}

function readEntry(user: User, request: Inbound): EventDraft {
  return {
    type: 'admin.read',
    initiator: 'human',
    actor: { user: user.id },
    target: { type: 'console', id: 'overview' },
    outcome: 'success',
    origin: originOf(request),
  };
}

function locked(request: Inbound): Promise<Reply> {
  return messagePage({
    status: 401,
    title: 'The console is locked',
    sentence: html`Open it with a console link: <code>writ dev</code> prints one at every start, <code>writ user console</code> makes one at
      any time.`,
    code: 'login_required',
    requestId: request.requestId,
  });
}

async function leave(deps: ConsoleDeps, { request }: Call): Promise<Reply> {
  const who = await administrator(deps, request);
  if (who === undefined) return locked(request);
  const fields = readForm(request);
  if (!fields.ok || !isFormToken(fields.value.one('token'), who.secret)) return dead(request, 403);
  await deps.sessions.end(who.session, originOf(request));
  return redirect('/console/');
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
async function door(deps: ConsoleDeps, { request, params, now }: Call): Promise<Reply> {
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

async function enter(deps: ConsoleDeps, { request, params, now }: Call): Promise<Reply> {
  const cookie = readCookie(request.header('cookie'), knock(deps.issuer));
  const fields = readForm(request);
  if (cookie === undefined || !fields.ok || !isFormToken(fields.value.one('token'), cookie)) return dead(request, 403);
  const user = await take(deps, params['secret'] ?? '', request, now);
  if (user === undefined) return dead(request, 404);
  const started = await deps.sessions.start({
    user,
    amr: ['link'],
    acr: 'urn:writ:acr:link',
    purpose: 'admin',
    ip: request.ip,
    userAgent: request.header('user-agent'),
    origin: originOf(request),
  });
  return redirect('/console/', { 'set-cookie': [started.cookie] });
}

/** The gate: of twenty that press the button at once, one gets the user. */
function take(deps: ConsoleDeps, secret: string, request: Inbound, now: number): Promise<User | undefined> {
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
    return { value: user, entries: [entry] };
  });
}
