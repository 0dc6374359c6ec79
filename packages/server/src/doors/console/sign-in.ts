import { hash } from 'node:crypto';
import { readCookie, cookieName, setCookie } from '../../base/browser/cookies.ts';
import { messagePage } from '../../base/browser/page.ts';
import type { Database } from '../../base/db.ts';
import { digest, sameDigest } from '../../base/digest.ts';
import { originOf, redirect, type Inbound, type Reply } from '../../base/http/message.ts';
import type { Call } from '../../base/http/route.ts';
import { newSecret } from '../../base/ids.ts';
import { ok, type Result } from '../../base/result.ts';
import { hubAuthor } from '../../rooms/audit/author.ts';
import { commitDeed } from '../../rooms/audit/deed.store.ts';
import type { Audit } from '../../rooms/audit/store.ts';
import { consoleClient } from '../../rooms/clients/built-in.ts';
import { CONSOLE_CLIENT_ID } from '../../rooms/clients/reserved.ts';
import { findClient, putClient } from '../../rooms/clients/store.ts';
import { adminResource } from '../../rooms/resources/built-in.ts';
import type { AccessToken } from '../../rooms/tokens/access.ts';
import type { Sessions } from '../../rooms/users/session.store.ts';

/** What an access token for the admin API says of whoever signed in, once the admin API itself would take it. */
export type SignedIn = Pick<AccessToken, 'userId' | 'scopes' | 'claims'>;

export type SignInDeps = {
  audit: Audit;
  database: Pick<Database, 'db'>;
  issuer: string;
  sessions: Pick<Sessions, 'start'>;
  /** The token endpoint, as any client reaches it. */
  token(request: Inbound, now: number): Promise<Reply>;
  /** The judgement of the admin API about a token. */
  judge(token: string, now: number): Promise<Result<SignedIn, string>>;
};

/** An administrator proves who they are at least this often, whatever else they were signed in for. */
const MAX_AGE_SECONDS = 4 * 3_600;
const ATTEMPT_SECONDS = 600;
/** An address of the console to come back to: a path below it, and nothing that a browser could take for another host. */
const HOME = '/console/';
const PLACE = /^\/console\/(?!\/)[\w\-./~%?=&:@+,]{0,1000}$/;

/** `GET /console/login`: to the hub's own sign-in, as any application sends its users there (authorization code with PKCE). */
export async function toSignIn(deps: SignInDeps, { request }: Call): Promise<Reply> {
  const asked = new URLSearchParams(request.query).get('to') ?? HOME;
  const to = PLACE.test(asked) ? asked : HOME;
  if (isByAnotherName(deps.issuer, request))
    return redirect(`${deps.issuer}/console/login?${new URLSearchParams({ to, moved: 'yes' }).toString()}`);
  await makeClient(deps);
  const [state, verifier] = [newSecret(), newSecret()];
  const { uri, scopes } = adminResource(deps.issuer);
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: CONSOLE_CLIENT_ID,
    redirect_uri: `${deps.issuer}/console/callback`,
    resource: uri,
    scope: scopes.map(({ name }) => name).join(' '),
    state,
    code_challenge: hash('sha256', verifier, 'base64url'),
    code_challenge_method: 'S256',
    max_age: String(MAX_AGE_SECONDS),
  });
  const attempt = `${state}.${verifier}.${Buffer.from(to).toString('base64url')}`;
  return redirect(`/oauth/authorize?${query.toString()}`, { 'set-cookie': [attemptCookie(deps.issuer, attempt, ATTEMPT_SECONDS)] });
}

/**
 * Somebody came to 127.0.0.1 where the hub calls itself localhost: cookies that are set here would be missing there, where the sign-in ends. Once,
 * because a proxy may rewrite the name for good.
 */
function isByAnotherName(issuer: string, request: Inbound): boolean {
  const { protocol, host } = new URL(issuer);
  const came = request.header('host');
  return protocol === 'http:' && came !== undefined && came !== host && !request.query.includes('moved=yes');
}

/**
 * The console is a client like others from the first sign-in on; it changes only when the hub's address or its scopes do. Looked at first: anybody may
 * begin a sign-in, and nobody should make the hub lock a row by that.
 */
async function makeClient({ audit, database, issuer }: SignInDeps): Promise<void> {
  const wanted = consoleClient(issuer);
  const there = await findClient(database.db, wanted.id);
  if (there?.redirectUris.join() === wanted.redirectUris.join() && there.scopes?.join() === wanted.scopes?.join()) return;
  await commitDeed(audit, async (tx) => ok(await putClient(tx, wanted, hubAuthor('console'))));
}

function attemptName(issuer: string): string {
  return cookieName('writ_console_login', issuer.startsWith('https:'));
}

function attemptCookie(issuer: string, value: string, maxAge: number): string {
  return setCookie(attemptName(issuer), value, { secure: issuer.startsWith('https:'), maxAge });
}

/** `GET /console/callback`: the code becomes a token at the token endpoint, the token's rights those of an administrator's session. */
export async function fromSignIn(deps: SignInDeps, { request, now }: Call): Promise<Reply> {
  const [state = '', verifier = '', place = ''] = (readCookie(request.header('cookie'), attemptName(deps.issuer)) ?? '').split('.');
  const query = new URLSearchParams(request.query);
  if (state === '' || !sameDigest(digest(query.get('state') ?? ''), digest(state))) return ended(deps, request, 'unknown_state');
  if ((query.get('iss') ?? deps.issuer) !== deps.issuer) return ended(deps, request, 'wrong_issuer');
  const code = query.get('code');
  if (code === null) return ended(deps, request, query.get('error') ?? 'no_code');
  const token = await redeem(deps, request, { code, verifier }, now);
  const who = token === undefined ? undefined : await deps.judge(token, now);
  if (who?.ok !== true || who.value.userId === undefined) return ended(deps, request, who?.ok === false ? who.error : 'code_refused');
  const cookie = await start(deps, request, { ...who.value, userId: who.value.userId });
  const to = Buffer.from(place, 'base64url').toString('utf8');
  return redirect(PLACE.test(to) ? to : HOME, { 'set-cookie': [cookie, attemptCookie(deps.issuer, '', 0)] });
}

async function redeem(
  deps: SignInDeps,
  request: Inbound,
  { code, verifier }: { code: string; verifier: string },
  now: number,
): Promise<string | undefined> {
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: CONSOLE_CLIENT_ID,
    redirect_uri: `${deps.issuer}/console/callback`,
    code,
    code_verifier: verifier,
  });
  const reply = await deps.token(formRequest(request, form), now);
  if (reply.status !== 200 || typeof reply.body !== 'string') return undefined;
  const answer: unknown = JSON.parse(reply.body);
  const token = typeof answer === 'object' && answer !== null && 'access_token' in answer ? answer.access_token : undefined;
  return typeof token === 'string' ? token : undefined;
}

/** The browser's request as the token request that it stands for: who asks and from where stays, headers of the browser do not. */
function formRequest(request: Inbound, form: URLSearchParams): Inbound {
  const { ip, requestId, signal } = request;
  const header = (name: string): string | undefined => {
    if (name === 'content-type') return 'application/x-www-form-urlencoded';
    return name === 'user-agent' ? request.header(name) : undefined;
  };
  return { method: 'POST', path: '/oauth/token', query: '', header, body: form.toString(), ip, requestId, signal };
}

async function start({ sessions }: SignInDeps, request: Inbound, of: SignedIn & { userId: string }): Promise<string> {
  const { acr, amr, auth_time: at } = of.claims;
  const started = await sessions.start({
    user: { id: of.userId },
    amr: Array.isArray(amr) ? amr.filter((word) => typeof word === 'string') : [],
    acr: typeof acr === 'string' ? acr : '',
    ...(typeof at === 'number' ? { authTime: at * 1_000 } : {}),
    purpose: 'admin',
    scopes: of.scopes,
    ip: request.ip,
    userAgent: request.header('user-agent'),
    origin: originOf(request),
    client: CONSOLE_CLIENT_ID,
  });
  return started.cookie;
}

const SENTENCES: Readonly<Record<string, string>> = {
  unknown_state: 'This sign-in was begun in another browser, or too long ago.',
  access_denied: 'No policy gives you a right in the administration of this hub, or you did not go on.',
  invalid_scope: 'No policy gives you a right in the administration of this hub.',
};

async function ended({ audit, issuer }: SignInDeps, request: Inbound, reason: string): Promise<Reply> {
  // Without an attempt of this browser anybody may have made up the request: nothing happened that a record would help with.
  if (reason !== 'unknown_state')
    await audit.record({
      type: 'login.failed',
      initiator: 'human',
      actor: { client: CONSOLE_CLIENT_ID },
      target: { type: 'console', id: 'sign-in' },
      outcome: 'refused',
      reason: /^[a-z_]{1,64}$/.test(reason) ? reason : 'other',
      origin: originOf(request),
    });
  return messagePage({
    status: 403,
    title: 'The console stays closed',
    sentence: SENTENCES[reason] ?? 'The sign-in did not come to its end.',
    detail: 'Whoever has the admin token can open it in any case: “writ user console” makes a link that works once.',
    code: /^[a-z_]{1,64}$/.test(reason) ? reason : 'other',
    requestId: request.requestId,
    cookies: [attemptCookie(issuer, '', 0)],
  });
}
