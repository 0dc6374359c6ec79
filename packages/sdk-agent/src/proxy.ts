import type { FetchOutcome, GuardedFetch } from './guarded-fetch.ts';
import { isObject } from './json.ts';
import { readOutcome } from './outcome.ts';

/** For whom a connected service is called. */
export type ProxyWish = {
  /** The access token that came with the request one is serving; without it the agent calls for itself. */
  readonly subjectToken?: string | undefined;
  /** Where the client serves several tenants and calls for itself. */
  readonly tenant?: string | undefined;
  /** Which of several accounts, by its label. */
  readonly account?: string | undefined;
};

/** Calls a path of the service, which begins with a slash. What the hub demands first is a value. */
export type ProxyFetch = (path: string, init?: RequestInit) => Promise<FetchOutcome>;

/** Where the calls of a connection go through the hub; also the audience of the tokens for it. */
export function proxyAddress(issuer: string, connection: string): string {
  return `${issuer}/proxy/${encodeURIComponent(connection)}`;
}

/** What passed through the hub says so; what does not is the hub's own word. */
const PASSED = '1.1 writ';

export function proxyFetch(address: string, call: GuardedFetch, account: string | undefined): ProxyFetch {
  return async (path, init = {}) => {
    if (!path.startsWith('/')) throw new TypeError(`a path of the service begins with a slash: ${path}`);
    const headers = new Headers(init.headers);
    if (account !== undefined) headers.set('writ-account', account);
    const outcome = await call(`${address}${path}`, { ...init, headers });
    if (outcome.kind !== 'response' || outcome.response.ok || outcome.response.headers.get('via') === PASSED) return outcome;
    return (await demanded(outcome.response)) ?? outcome;
  };
}

/** The demand in an answer of the hub. A decision that people have yet to make stays an answer: the call is made again when they have. */
async function demanded(response: Response): Promise<FetchOutcome | undefined> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  if (!isObject(body) || typeof body['error'] !== 'string') return undefined;
  const said = readOutcome(response.status, body, {}, 0);
  return said.kind === 'token' || said.kind === 'approvalRequired' ? undefined : said;
}
