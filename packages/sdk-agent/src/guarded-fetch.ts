import { readChallenge, stepUpIn } from './challenge.ts';
import type { Clock } from './clock.ts';
import type { ProofKey } from './dpop.ts';
import type { NoToken, Outcome, Token } from './outcome.ts';
import { AgentOutcomeError } from './outcome.ts';

/** Where tokens for one purpose come from: what a wrapper or an adapter needs to know of the agent. */
export type TokenSource = {
  /** The resource the tokens are for. They are sent nowhere else. */
  readonly resource: string;
  get(): Promise<Outcome>;
  /** The resource refused this token: the next `get` brings another. */
  drop(accessToken: string): void;
};

export type FetchOutcome = { readonly kind: 'response'; readonly response: Response } | NoToken;

/** Like fetch, but what the hub or the resource demands first is a value. Network failures throw, as they do with fetch. */
export type GuardedFetch = (input: string | URL | Request, init?: RequestInit) => Promise<FetchOutcome>;

type Parts = { readonly fetch: typeof fetch; readonly clock: Clock; readonly proofKey: () => Promise<ProofKey | undefined> };

/** A token sent to another server could be used by that server: whoever builds such a request has made a mistake. */
function checkAddress(url: string, resource: string): void {
  if (!URL.canParse(resource) || new URL(url).origin !== new URL(resource).origin)
    throw new TypeError(`the token is for ${resource} and is not sent to ${new URL(url).origin}`);
}

async function present(request: Request, token: Token, { fetch, clock, proofKey }: Parts): Promise<Response> {
  const bound = token.tokenType === 'DPoP' ? await proofKey() : undefined;
  const headers = new Headers(request.headers);
  headers.set('authorization', `${bound === undefined ? 'Bearer' : 'DPoP'} ${token.accessToken}`);
  if (bound === undefined) return fetch(new Request(request, { headers }));
  const again = request.clone();
  const prove = async (): Promise<void> => {
    const { method, url } = request;
    headers.set('dpop', await bound.proof({ method, url, accessToken: token.accessToken, now: clock() }));
  };
  await prove();
  const response = await fetch(new Request(request, { headers }));
  const isNew = bound.learn(request.url, response.headers);
  if (response.status !== 401 || !isNew) return response;
  // RFC 9449 §9: the server wants its nonce in the proof.
  await response.body?.cancel();
  await prove();
  return fetch(new Request(again, { headers }));
}

/**
 * Adds the token, and when the resource says that it is no longer good, gets another and repeats the request once. A body that is a stream
 * is kept in memory until the first answer, so that it can be sent again.
 */
export function guardedFetch(source: TokenSource, parts: Parts): GuardedFetch {
  return async (input, init) => {
    const request = new Request(input, init);
    checkAddress(request.url, source.resource);
    const again = request.clone();
    const first = await source.get();
    if (first.kind !== 'token') return first;
    const response = await present(request, first.token, parts);
    const challenge = readChallenge(response.headers.get('www-authenticate'));
    const stepUp = stepUpIn(response.status, challenge);
    if (stepUp !== undefined) {
      await response.body?.cancel();
      return stepUp;
    }
    if (response.status !== 401 || challenge['error'] !== 'invalid_token') return { kind: 'response', response };
    source.drop(first.token.accessToken);
    const second = await source.get();
    if (second.kind !== 'token') return second;
    await response.body?.cancel();
    const repeated = await present(again, second.token, parts);
    const demanded = stepUpIn(repeated.status, readChallenge(repeated.headers.get('www-authenticate')));
    return demanded ?? { kind: 'response', response: repeated };
  };
}

/** For libraries that take a `fetch` and know only exceptions. @throws AgentOutcomeError with the outcome */
export function throwingFetch(guarded: GuardedFetch): typeof fetch {
  return async (input, init) => {
    const outcome = await guarded(input, init);
    if (outcome.kind === 'response') return outcome.response;
    throw new AgentOutcomeError(outcome);
  };
}
