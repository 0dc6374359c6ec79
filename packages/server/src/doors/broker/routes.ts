import { html } from 'hono/html';
import { cookieName, readCookie, setCookie } from '../../base/browser/cookies.ts';
import { formToken, isFormToken, readForm, type Fields } from '../../base/browser/form.ts';
import { messagePage, pageReply, refusedPage } from '../../base/browser/page.ts';
import { json, redirect, type Inbound, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { newId, newSecret } from '../../base/ids.ts';
import { ATTEMPT_MS, LINK_MS, scopesToAsk, type ConnectLink } from '../../rooms/connections/connect.ts';
import type { Connected, Connecting, ConnectFault } from '../../rooms/connections/connecting.store.ts';
import type { Connection } from '../../rooms/connections/connection.ts';
import type { ConnectLinks } from '../../rooms/connections/connect.store.ts';
import { clientMetadata } from '../../rooms/connections/mcp-connect.ts';
import { clientDocumentUrl } from '../../rooms/connections/mcp-connect.store.ts';
import { callbackUri } from '../../rooms/connections/oauth-client.ts';
import type { Held, Visit } from '../../rooms/journeys/deps.store.ts';
import type { Journeys } from '../../rooms/journeys/dispatch.store.ts';
import { BEGIN_EVENTS } from '../../rooms/journeys/events.ts';
import { turnReply, visitOf } from '../../rooms/journeys/reply.http.ts';
import type { Tenant } from '../../rooms/tenants/tenant.ts';
import { boundTenant, mayOpen } from '../../rooms/users/bound.ts';
import { sessionSecretIn } from '../../rooms/users/cookie.ts';
import { enterSecret, type EnterDeps } from './enter.ts';
import { cancelledPage, connectPage, donePage, strangerPage } from './pages.ts';
import { faultWords, nameOf } from './words.ts';

export type BrokerDeps = EnterDeps & {
  issuer: string;
  connectLinks: ConnectLinks;
  connecting: Connecting;
  journeys: Pick<Journeys, 'begin'>;
  sessions: { find(secret: string): Promise<Held> };
  tenant(id: string): Promise<Tenant | undefined> | Tenant | undefined;
  clientName(id: string): Promise<string | undefined>;
};

/** The pages on which a person connects an account, and the way back from providers. */
export function brokerRoutes(deps: BrokerDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/connect/:token',
      access: 'link',
      audit: [...BEGIN_EVENTS, 'credential.refused'],
      summary: 'The page of a connect link; looking uses nothing',
      handle: (call) => withPerson(deps, call, (person) => show(deps, person)),
    }),
    route({
      method: 'POST',
      path: '/connect/:token',
      access: 'link',
      audit: [...BEGIN_EVENTS, 'credential.refused'],
      summary: 'Go on to the provider, or hand in a key',
      handle: (call) => withPerson(deps, call, (person) => post(deps, person)),
    }),
    route({
      method: 'GET',
      path: '/connect/go/:id',
      access: 'browser',
      audit: { none: 'leads back to the link that this browser holds' },
      summary: 'From signing in back to the link',
      handle: (call) => goOn(deps, call),
    }),
    route({
      method: 'GET',
      path: '/connect/callback/:connection',
      access: 'user',
      audit: ['credential.stored', 'credential.refused'],
      summary: 'Our redirect URI at the provider of one connection',
      handle: (call) => callback(deps, call),
    }),
    route({
      method: 'GET',
      path: '/connect/client/:connection',
      access: 'public',
      audit: { none: 'says who we are to authorization servers that ask' },
      summary: 'Our client metadata document at the authorization server of an MCP server',
      handle: ({ params }) => clientDocument(deps.issuer, params['connection'] ?? ''),
    }),
  ];
}

type Person = {
  call: Call;
  token: string;
  held: NonNullable<Held>;
  secret: string;
  visit: Visit;
  link: ConnectLink;
  connection: Connection;
};

const isSecure = (issuer: string): boolean => issuer.startsWith('https:');

/** Everything behind a link is for a person who is signed in, and for the right one. */
async function withPerson(deps: BrokerDeps, call: Call, handler: (person: Person) => Promise<Reply>): Promise<Reply> {
  const { request, params } = call;
  const token = params['token'] ?? '';
  const found = /^[\w-]{40,6000}$/.test(token) ? await deps.connectLinks.read(token) : undefined;
  if (found === undefined) return fault(request, { kind: 'over' });
  const visit = await visitOf(deps, request);
  const { held } = visit;
  const secret = sessionSecretIn(request.header('cookie'), deps.issuer);
  if (held === undefined || secret === undefined) return signIn(deps, { call, visit, token, id: found.link.id, again: false });
  // What the provider of one tenant vouches for connects nothing outside it.
  const bound = boundTenant(held.session.by);
  if (bound !== undefined && bound !== found.link.owner.tenant && !mayOpen('own', held.session, held.user))
    return signIn(deps, { call, visit, token, id: found.link.id, again: true });
  const opened = await deps.connecting.open(token, { user: held.user, origin: visit.origin });
  if (opened.ok) return handler({ call, token, held, secret, visit, ...opened.value });
  if (opened.error.kind !== 'stranger') return fault(request, opened.error);
  // The one thing that a stranger can do here is to become somebody else.
  const form = request.method === 'POST' ? readForm(request) : undefined;
  if (form?.ok === true && form.value.one('action') === 'switch' && isFormToken(form.value.one('token'), secret))
    return signIn(deps, { call, visit, token, id: found.link.id, again: true });
  return pageReply(strangerPage({ user: held.user, token: formToken(secret), words: faultWords(opened.error) }));
}

/** The link itself waits in this browser's cookie: the journey is kept in the database and named in entries, where no link may be. */
async function signIn(deps: BrokerDeps, of: { call: Call; visit: Visit; token: string; id: string; again: boolean }): Promise<Reply> {
  const { call, visit, token, id, again } = of;
  const ask = { silent: false, login: again, consent: false, chooseAccount: false };
  const turn = await deps.journeys.begin({ kind: 'sign-in', returnTo: `/connect/go/${id}`, ask, txn: newId('txn', call.now) }, visit);
  const reply = await turnReply(deps.issuer, call.request, turn);
  const secure = isSecure(deps.issuer);
  return withCookie(reply, setCookie(goCookie(id, secure), token, { secure, maxAge: LINK_MS / 1000 }));
}

const goCookie = (id: string, secure: boolean): string => cookieName(`writ_go_${id}`, secure);

function withCookie(reply: Reply, cookie: string): Reply {
  const there = reply.headers['set-cookie'] ?? [];
  return { ...reply, headers: { ...reply.headers, 'set-cookie': [...(typeof there === 'string' ? [there] : there), cookie] } };
}

function goOn(deps: BrokerDeps, { request, params }: Call): Promise<Reply> | Reply {
  const id = params['id'] ?? '';
  const secure = isSecure(deps.issuer);
  const token = /^cns_[0-9a-v]{26}$/.test(id) ? readCookie(request.header('cookie'), goCookie(id, secure)) : undefined;
  if (token === undefined || !/^[\w-]{40,6000}$/.test(token)) return fault(request, { kind: 'over' });
  return redirect(`/connect/${token}`, {
    'set-cookie': setCookie(goCookie(id, secure), '', { secure, maxAge: 0 }),
    'referrer-policy': 'no-referrer',
  });
}

async function show(deps: BrokerDeps, person: Person, wrong?: string): Promise<Reply> {
  const { link, connection, held, secret } = person;
  const [before, tenant, asks] = await Promise.all([
    deps.connecting.before(link),
    link.owner.tenant === undefined ? undefined : deps.tenant(link.owner.tenant),
    link.client === undefined ? undefined : deps.clientName(link.client),
  ]);
  const scopes = scopesToAsk(connection, link, before?.granted ?? []);
  const view = { link, connection, user: held.user, tenant: tenant?.name, before, scopes, asks, token: formToken(secret), wrong };
  return pageReply({ ...connectPage(view), status: wrong === undefined ? 200 : 400, formAction: beyond(deps.issuer) });
}

/** Providers lead on to other hosts of theirs, and Chromium holds the whole way against the page that was posted from. */
function beyond(issuer: string): string[] {
  return ['https:', ...(isSecure(issuer) ? [] : ['http://localhost:*', 'http://127.0.0.1:*'])];
}

async function post(deps: BrokerDeps, person: Person): Promise<Reply> {
  const { call, link, token, secret, visit } = person;
  const form = readForm(call.request);
  if (!form.ok) return refusedPage(call.request, 400, 'What was sent is no form of this hub. Load the page again and repeat.');
  if (!isFormToken(form.value.one('token'), secret))
    return refusedPage(call.request, 403, 'It was not sent from the page that we showed you. Open the link again.');
  switch (form.value.one('action')) {
    case 'cancel':
      return (await back(link, 'Nothing was connected')) ?? pageReply(cancelledPage(link.returnTo));
    case 'switch':
      return signIn(deps, { call, visit, token, id: link.id, again: true });
    case 'continue':
      return person.connection.type === 'oauth' || person.connection.type === 'mcp'
        ? begin(deps, person, form.value)
        : enter(deps, person, form.value);
    default:
      return refusedPage(call.request, 400, 'The page has no such button. Load it again and repeat.');
  }
}

const BROWSER = 'writ_connect';

async function begin(deps: BrokerDeps, person: Person, fields: Fields): Promise<Reply> {
  const { call, token, held, visit } = person;
  const browser = browserSecret(deps, call.request) ?? newSecret();
  const begun = await deps.connecting.begin(token, { user: held.user, browser, origin: visit.origin }, fields.one('label'));
  if (!begun.ok) return begun.error.kind === 'provider' ? show(deps, person, begun.error.words) : fault(call.request, begun.error);
  const secure = isSecure(deps.issuer);
  const cookie = setCookie(cookieName(BROWSER, secure), browser, { secure, maxAge: ATTEMPT_MS / 1000 });
  return redirect(begun.value.location, { 'set-cookie': cookie, 'referrer-policy': 'no-referrer' });
}

function browserSecret({ issuer }: BrokerDeps, request: Inbound): string | undefined {
  const sent = readCookie(request.header('cookie'), cookieName(BROWSER, isSecure(issuer)));
  return sent !== undefined && /^[\w-]{43}$/.test(sent) ? sent : undefined;
}

async function enter(deps: BrokerDeps, person: Person, fields: Fields): Promise<Reply> {
  const { call, link, connection, held, visit } = person;
  const entered = await enterSecret(deps, { link, connection, fields, now: call.now, sitting: { user: held.user, origin: visit.origin } });
  if (entered.ok) return done({ link, connection, credential: entered.value, missing: [] });
  return entered.error === 'over' ? fault(call.request, { kind: 'over' }) : show(deps, person, entered.error);
}

async function callback(deps: BrokerDeps, { request, params }: Call): Promise<Reply> {
  const query = new URLSearchParams(request.query);
  const names = ['state', 'code', 'error', 'error_description', 'iss'];
  // A parameter said twice is two answers in one (RFC 6749 §3.1).
  if (names.some((name) => query.getAll(name).length > 1)) return fault(request, { kind: 'over' });
  const visit = await visitOf(deps, request);
  // A stranger without a session changes nothing and fills no record; a person in another browser is refused by name.
  const browser = browserSecret(deps, request) ?? '';
  if (visit.held === undefined) return fault(request, { kind: 'over' });
  const get = (name: string): string | undefined => query.get(name) ?? undefined;
  const finished = await deps.connecting.finish(
    params['connection'] ?? '',
    { state: get('state'), code: get('code'), error: get('error'), description: get('error_description'), iss: get('iss') },
    { user: visit.held.user, browser, origin: visit.origin },
  );
  return finished.ok ? done(finished.value) : fault(request, finished.error);
}

/**
 * To the journey that waits for the account. An address that the maker of a link chose is never followed (I4); this one the hub made itself.
 * By a page and not a redirect: the journey may lead on to its client at once, and Chromium holds a whole chain of redirects against the page that
 * was posted from.
 */
async function back({ journey }: Pick<ConnectLink, 'journey'>, title: string): Promise<Reply | undefined> {
  if (journey === undefined || !/^jny_[0-9a-v]{26}$/.test(journey)) return undefined;
  const path = `/journey/${journey}`;
  const body = html`<h1>${title}</h1>
    <p class="lead"><a href="${path}">Go on</a>, if that does not happen by itself.</p>`;
  const reply = await pageReply({ title, body });
  return { ...reply, headers: { ...reply.headers, refresh: `0;url=${path}` } };
}

async function done({ link, connection, credential, missing }: Connected): Promise<Reply> {
  const onwards = await back(link, 'Connected');
  return onwards ?? pageReply(donePage({ name: nameOf(connection), label: credential.label, missing, returnTo: link.returnTo }));
}

function fault(request: Inbound, of: ConnectFault): Promise<Reply> {
  const { status, title, sentence } = faultWords(of);
  if (of.kind !== 'provider') return messagePage({ status, title, sentence, requestId: request.requestId });
  const again = of.retry === undefined ? html`` : html` <a href="/connect/${of.retry}">Try again</a>`;
  const detail = of.words === '' || of.reason === 'access_denied' ? undefined : of.words;
  return messagePage({ status, title, sentence: html`${sentence}${again}`, detail, requestId: request.requestId });
}

/** The document is the same whether there is such a connection or not: it says only what we are. */
function clientDocument(issuer: string, connectionId: string): Reply {
  if (!/^[A-Za-z0-9._~-]{1,128}$/.test(connectionId)) return json(404, { error: 'not_found' });
  const about = clientMetadata({ issuer, redirectUri: callbackUri(issuer, connectionId), authMethods: ['none'] });
  return json(200, { client_id: clientDocumentUrl(issuer, connectionId), ...about }, { 'cache-control': 'public, max-age=300' });
}
