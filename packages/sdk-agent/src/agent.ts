import { decodeJwt } from 'jose';
import { credentialForm, credentialIn, watchSignals } from '@writ/sdk';
import type { Credential, CredentialWish, Watch } from '@writ/sdk';
import type { Waiting } from './approval.ts';
import { pollApproval } from './approval.ts';
import { createTokenCache } from './cache.ts';
import type { AgentOptions, Settings } from './config.ts';
import { settle } from './config.ts';
import type { ProofKey } from './dpop.ts';
import { createProofKey } from './dpop.ts';
import type { GuardedFetch, TokenSource } from './guarded-fetch.ts';
import { guardedFetch } from './guarded-fetch.ts';
import { keepMetadata } from './hub.ts';
import type { JsonObject } from './json.ts';
import type { Login, LoginWish } from './login.ts';
import { beginLogin, redeemable } from './login.ts';
import type { Approval, Form, NoToken, Outcome, Token } from './outcome.ts';
import { askPerson, askDevice } from './people.ts';
import type { DeviceWish, PersonWish } from './people.ts';
import { proxyAddress, proxyFetch } from './proxy.ts';
import type { ProxyFetch, ProxyWish } from './proxy.ts';
import { createSession } from './session.ts';
import type { SessionOptions } from './session.ts';
import { createTokenDoor } from './token-door.ts';
import type { ExchangeWish, TokenWish } from './wish.ts';
import { cacheKey, credentialsForm, exchangeForm } from './wish.ts';

/** An agent's side of the hub. Every method that asks the hub answers with what it said; only a hub that cannot be reached throws. */
export type Agent = {
  readonly issuer: string;
  readonly clientId: string;
  /** A token of the agent itself for a resource (client credentials). Kept until shortly before it expires. */
  token(wish: TokenWish): Promise<Outcome>;
  /** Another token for what the one in hand came for: another audience, fewer scopes (RFC 8693). Kept by subject token. */
  exchange(wish: ExchangeWish): Promise<Outcome>;
  /**
   * A credential of a connection (a service's token, an API key), for whoever `subjectToken` speaks for: a user, or the agent itself by a token of its
   * own. Asked for at each use and kept nowhere, so that policy is asked each time as well.
   */
  credential(connection: string, wish: AgentCredentialWish): Promise<CredentialAnswer>;
  /**
   * Calls a connected service through the hub, which adds the credential: nothing in this process holds it. Gets the token that opens this proxy and
   * no other, for whoever `subjectToken` speaks for, or for the agent itself.
   */
  proxy(connection: string, wish?: ProxyWish): ProxyFetch;
  /** Asks a person who is not here for a token (CIBA). The answer is `approvalRequired`; `waitForApproval` does the rest. */
  approve(wish: PersonWish): Promise<Outcome>;
  /** Asks whoever sits at another screen for a token (RFC 8628); `show` says what to show them. */
  device(wish: DeviceWish): Promise<Outcome>;
  /** Asks the hub until the person has decided. */
  waitForApproval(approval: Approval, waiting?: Waiting): Promise<Outcome>;
  /** Where to send a user's browser, and what to remember until it comes back. */
  beginLogin(wish: LoginWish): Promise<Login>;
  /** The user came back to the redirect URI at this address. */
  finishLogin(login: Login, callback: string): Promise<Outcome>;
  /** A user's token that renews itself by its refresh token. */
  session(resource: string, token: Token, options?: SessionOptions): TokenSource;
  /** A source of tokens for one purpose: of the agent itself, or exchanged where there is a `subjectToken`. */
  source(wish: TokenWish | ExchangeWish): TokenSource;
  /** A fetch that adds the token, replaces it when it is refused, and gives demands of the resource as values. */
  fetch(source: TokenSource): GuardedFetch;
  /** Forgets a token that a resource refused. */
  drop(accessToken: string): void;
  /** The stream of signals, when `signals` was asked for: kept tokens are dropped as soon as a signal names them. */
  readonly signals: Watch | undefined;
  /** Ends the signal stream. */
  close(): void;
};

export type AgentCredentialWish = CredentialWish & { readonly subjectToken: string };
export type CredentialAnswer = { readonly kind: 'credential'; readonly credential: Credential } | NoToken;

function isOfConnection({ request }: Approval): boolean {
  const { resource } = request;
  return typeof resource === 'string' && resource.startsWith('urn:writ:connection:');
}

/** What the hub answers with 200 and nobody here can use. */
const UNUSABLE: NoToken = {
  kind: 'refused',
  error: 'server_error',
  description: 'The hub handed out a credential of a form that this version does not know.',
  status: 200,
  requestId: undefined,
  decisionId: undefined,
  retryAfter: undefined,
  response: {},
};

function claimsOf({ accessToken }: Token): JsonObject {
  try {
    return decodeJwt(accessToken);
  } catch {
    // No JWT: no signal can name it.
    return {};
  }
}

function watchOf({ issuer, clientId, auth, signals, fetch, clock, allowHttp }: Settings): Watch | undefined {
  if (!signals || auth.kind !== 'secret') return undefined;
  return watchSignals({ issuer, credentials: { clientId, clientSecret: auth.secret }, fetch, clock, allowHttp });
}

/** Makes the key on first use, once. */
function keepProofKey({ dpop }: Settings): () => Promise<ProofKey | undefined> {
  let kept: Promise<ProofKey> | undefined;
  return async () => (dpop === false ? undefined : (kept ??= createProofKey(dpop === true ? undefined : dpop)));
}

/**
 * Nothing is asked of the hub before the first token is needed.
 * @throws AgentConfigError when an option is wrong
 */
export function createAgent(options: AgentOptions): Agent {
  const settings = settle(options);
  const { issuer, clientId, clock } = settings;
  const hub = keepMetadata(settings.fetch, issuer, settings.allowHttp);
  const proofKey = keepProofKey(settings);
  const door = createTokenDoor(settings, hub, proofKey);
  const watch = watchOf(settings);
  const cache = createTokenCache(clock, (token) => watch?.kills(claimsOf(token)) === true, settings.maxTokens);

  const obtain = async (form: Form): Promise<Outcome> => cache.get(await cacheKey(form), () => door.ask(form));
  const formOf = (wish: TokenWish | ExchangeWish): Form => ('subjectToken' in wish ? exchangeForm(wish) : credentialsForm(wish));

  const credential: Agent['credential'] = async (connection, { subjectToken, ...wish }) => {
    const sentAt = clock();
    const outcome = await door.ask(credentialForm(connection, subjectToken, wish));
    if (outcome.kind !== 'token') return outcome;
    const found = credentialIn(outcome.token.response, connection, sentAt);
    return found === undefined ? UNUSABLE : { kind: 'credential', credential: found };
  };

  const waitForApproval: Agent['waitForApproval'] = async (approval, waiting = {}) => {
    const outcome = await pollApproval(door.ask, approval, waiting);
    // A credential of a connection is asked for at each use.
    if (outcome.kind === 'token' && !isOfConnection(approval)) cache.put(await cacheKey(approval.request), outcome.token);
    return outcome;
  };

  const finishLogin: Agent['finishLogin'] = async (login, callback) => {
    const answer = redeemable(login, callback, issuer);
    return 'form' in answer ? door.ask(answer.form) : answer.refused;
  };

  const source: Agent['source'] = (wish) => ({ resource: wish.resource, get: () => obtain(formOf(wish)), drop: cache.drop });
  const fetch: Agent['fetch'] = (from) => guardedFetch(from, { fetch: settings.fetch, clock, proofKey });

  const proxy: Agent['proxy'] = (connection, { subjectToken, tenant, account } = {}) => {
    const resource = proxyAddress(issuer, connection);
    return proxyFetch(resource, fetch(source(subjectToken === undefined ? { resource, tenant } : { resource, subjectToken })), account);
  };

  return {
    issuer,
    clientId,
    token: (wish) => obtain(credentialsForm(wish)),
    exchange: (wish) => obtain(exchangeForm(wish)),
    credential,
    approve: (wish) => askPerson(door, wish),
    device: (wish) => askDevice(door, wish),
    waitForApproval,
    beginLogin: async (wish) => beginLogin(await hub(), clientId, wish, (await proofKey())?.thumbprint),
    finishLogin,
    session: (resource, token, how = {}) => createSession({ resource, token, door, clock }, how),
    proxy,
    source,
    fetch,
    drop: cache.drop,
    signals: watch,
    close: () => watch?.close(),
  };
}
