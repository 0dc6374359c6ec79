import { html } from 'hono/html';
import { z } from 'zod';
import { clearedSessionCookie } from '../../rooms/users/cookie.ts';
import { sameDigest } from '../../base/digest.ts';
import { messagePage } from '../../base/browser/page.ts';
import type { Database } from '../../base/db.ts';
import { authorOf, notFound } from '../../base/http/admin.ts';
import { json, originOf, problem, redirect, type Inbound, type Reply } from '../../base/http/message.ts';
import { route, type AdminPrincipal, type Call, type Route } from '../../base/http/route.ts';
import type { Author } from '../../rooms/audit/author.ts';
import type { Sessions } from '../../rooms/users/session.store.ts';
import type { SessionScopes, User } from '../../rooms/users/user.ts';
import { enterRoutes } from './enter.ts';
import { administrator, type SessionDeps } from './session.ts';
import { fromSignIn, toSignIn, type SignInDeps } from './sign-in.ts';
import { assetReply, indexReply, type Site } from './site.ts';

export type ConsoleDeps = Omit<SignInDeps, 'sessions'> & {
  database: Database;
  sessions: Pick<Sessions, 'find' | 'start' | 'end'>;
  desk: SessionDeps['desk'];
  /** Undefined when the console was not built. */
  site: Site | undefined;
};

const NOTHING = { none: 'shows a page that is the same for everybody' } as const;

/** The console: files that are the same for everybody, and the session that the admin API takes from them. */
export function consoleRoutes(deps: ConsoleDeps): Route[] {
  return [...sessionRoutes(deps), ...signInRoutes(deps), ...enterRoutes(deps), ...fileRoutes(deps)];
}

function sessionRoutes(deps: ConsoleDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/console/session',
      access: 'user',
      audit: { none: 'tells the console who is at it' },
      summary: 'Who is at the console, what they may do, and the token of their requests',
      handle: (call) => tellSession(deps, call),
    }),
    route({
      method: 'POST',
      path: '/console/logout',
      access: 'user',
      audit: ['login.ended'],
      summary: 'Leave the console',
      handle: (call) => leave(deps, call),
    }),
  ];
}

function signInRoutes(deps: ConsoleDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/console/login',
      access: 'public',
      audit: ['client.registered', 'client.changed'],
      summary: 'To the sign-in of the hub, for the console',
      handle: (call) => toSignIn(deps, call),
    }),
    route({
      method: 'GET',
      path: '/console/callback',
      access: 'browser',
      audit: ['token.issued', 'token.refused', 'token.replayed', 'agent.created', 'signal.sent', 'login.succeeded', 'login.failed'],
      summary: 'Back from the sign-in: the rights of the token become those of an administrator’s session',
      handle: (call) => fromSignIn(deps, call),
    }),
  ];
}

/** Addresses of the console's own pages, however deep; all are one page, which looks at the address itself. */
const PAGES = ['/console/', '/console/:room', '/console/:room/:id', '/console/:room/:id/:tab', '/console/:room/:id/:tab/:part'];

function fileRoutes({ site }: ConsoleDeps): Route[] {
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
      path: '/console/assets/:file',
      access: 'public',
      audit: NOTHING,
      summary: 'A file of the console',
      handle({ request, params }) {
        const file = site?.asset(params['file'] ?? '');
        return file === undefined ? json(404, { error: 'not_found', error_description: 'No such file.' }) : assetReply(request, file);
      },
    }),
    ...PAGES.map((path) =>
      route({
        method: 'GET',
        path,
        access: 'public',
        audit: NOTHING,
        summary: 'The console',
        handle: ({ request }: Call) => (site === undefined ? notBuilt(request) : indexReply(request, site.index())),
      }),
    ),
  ];
}

function notBuilt(request: Inbound): Promise<Reply> {
  return messagePage({
    status: 503,
    title: 'The console is not built',
    sentence: html`<code>npm start</code> builds it; so does <code>npm run setup</code>. The <code>writ</code> program and the admin API do
      the same work without it.`,
    code: 'not_built',
    requestId: request.requestId,
  });
}

async function tellSession(deps: ConsoleDeps, { request, now }: Call): Promise<Reply> {
  const found = await administrator({ ...deps, db: deps.database.db }, request, now);
  // No refusal: every visit begins with this question, and the answer leads to the sign-in.
  if (found === undefined) return { status: 204, headers: { 'cache-control': 'no-store' } };
  const { user, session, token } = found;
  return json(200, {
    user: { id: user.id, name: user.name ?? null, email: user.email },
    scopes: session.scopes,
    secondFactor: session.amr.length > 1,
    csrf: token,
    expiresAt: session.expiresAt,
    issuer: deps.issuer,
  });
}

async function leave(deps: ConsoleDeps, { request, now }: Call): Promise<Reply> {
  const found = await administrator({ ...deps, db: deps.database.db }, request, now);
  if (found === undefined) return problem({ status: 401, type: 'unauthenticated', title: 'Nobody is signed in to the console' });
  const sent = request.header('x-writ-csrf');
  if (sent === undefined || !sameDigest(sent, found.token))
    return problem({ status: 403, type: 'forbidden', title: 'The request does not come from the console' });
  await deps.sessions.end(found.session, originOf(request));
  return { status: 204, headers: { 'cache-control': 'no-store', 'set-cookie': [clearedSessionCookie(deps.issuer, 'admin')] } };
}

/** `POST /admin/v1/users/:id/console-link`: for whoever administers from the command line. */
export function consoleLinkRoute(
  link: (user: string, scopes: SessionScopes, by: Author, madeBy: readonly string[] | undefined) => Promise<string>,
  find: (id: string) => Promise<User | undefined>,
): Route {
  return route({
    method: 'POST',
    path: '/admin/v1/users/:id/console-link',
    // Not users: whoever opens the console does there what its maker may do, whichever user it is opened for.
    access: 'admin:console:write',
    audit: ['link.made'],
    summary: 'A link that opens the console for this user, once, within ten minutes, with the rights of whoever makes it',
    output: { 201: z.object({ link: z.string() }), 404: 'No such user' },
    async handle(call) {
      const user = await find(call.params['id'] ?? '');
      if (user?.state !== 'active') return notFound('user', call.params['id'] ?? '');
      return json(201, { link: await link(user.id, scopesOf(call.admin), authorOf(call), call.admin?.madeBy) });
    },
  });
}

function scopesOf(admin: AdminPrincipal | undefined): SessionScopes {
  if (admin === undefined) return [];
  return admin.scopes === 'all' ? 'all' : [...admin.scopes];
}
