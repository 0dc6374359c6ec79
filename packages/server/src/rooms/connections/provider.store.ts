import type { Clock } from '../../base/clock.ts';
import type { Outbound } from '../../base/outbound/contract.ts';
import { CLOSED, onAttempt, onFailure, refusedUntil, type Breaker } from './breaker.ts';
import { clientRequest, revocationParams, tokenUrlFor, type OAuthServer } from './oauth-client.ts';
import { readTokenAnswer, type TokenAnswer } from './token-answer.ts';

/** Speaks to providers as their client. Never throws for what a provider does. */
export type Providers = {
  token(server: OAuthServer, params: Readonly<Record<string, string>>): Promise<TokenAnswer>;
  /** RFC 7009. True: the provider took it. */
  revoke(server: OAuthServer, tokens: { accessToken: string; refreshToken?: string | undefined }): Promise<boolean>;
  /** Whether it may be asked now; milliseconds until when not. */
  closedUntil(server: Pick<OAuthServer, 'tokenUrl'>): number | undefined;
};

export type ProviderDeps = {
  outbound: Pick<Outbound, 'request'>;
  clock: Clock;
  /** Counts for the metrics; `result` is one of a handful of words. */
  observe(provider: string, result: TokenAnswer['kind'] | 'breaker'): void;
};

/** Longer than any provider takes that works, shorter than anybody waits. */
export const PROVIDER_MS = 10_000;
const MAX_BYTES = 256 * 1024;
const MOST_BREAKERS = 1_000;

export function createProviders({ outbound, clock, observe }: ProviderDeps): Providers {
  // By token endpoint: two connections to one provider see the same failures.
  const breakers = new Map<string, Breaker>();
  const note = (key: string, breaker: Breaker): void => {
    if (breakers.size >= MOST_BREAKERS) breakers.clear();
    if (breaker === CLOSED) breakers.delete(key);
    else breakers.set(key, breaker);
  };
  const send = async (server: OAuthServer, params: Readonly<Record<string, string>>): Promise<TokenAnswer> => {
    const { headers, body } = clientRequest(server, params, (text) => Buffer.from(text).toString('base64'));
    const answer = await outbound.request({
      method: 'POST',
      url: tokenUrlFor(server, params),
      headers,
      body,
      maxBytes: MAX_BYTES,
      timeoutMs: PROVIDER_MS,
    });
    if (!answer.ok) return { kind: 'unavailable', reason: answer.reason, words: `It could not be reached (${answer.reason}).` };
    const raw = {
      status: answer.status,
      retryAfter: answer.headers.get('retry-after') ?? undefined,
      body: answer.body.toString('utf8'),
    };
    const { refresh_token, code, code_verifier, assertion } = params;
    return withoutEcho(readTokenAnswer(raw, server.quirks, clock.now()), [
      refresh_token,
      code,
      code_verifier,
      assertion,
      server.clientSecret,
    ]);
  };
  return {
    closedUntil: ({ tokenUrl }) => refusedUntil(breakers.get(tokenUrl) ?? CLOSED, clock.now()),
    async token(server, params) {
      const key = server.tokenUrl;
      const before = breakers.get(key) ?? CLOSED;
      const until = refusedUntil(before, clock.now());
      if (until !== undefined) {
        observe(server.name, 'breaker');
        return {
          kind: 'unavailable',
          reason: 'breaker',
          words: 'It failed several times in a row, and is left alone for a while.',
          retryAt: until,
        };
      }
      note(key, onAttempt(before, clock.now(), PROVIDER_MS));
      const answer = await send(server, params);
      // What it refuses it has answered: only silence and nonsense count against it.
      if (answer.kind === 'unavailable') note(key, onFailure(breakers.get(key) ?? CLOSED, clock.now(), answer.retryAt));
      else note(key, CLOSED);
      observe(server.name, answer.kind);
      return answer;
    },
    async revoke(server, tokens) {
      if (server.revocationUrl === undefined) return false;
      const { headers, body } = clientRequest(server, revocationParams(server, tokens), (text) => Buffer.from(text).toString('base64'));
      const asked = { method: 'POST', url: server.revocationUrl, headers, body, maxBytes: MAX_BYTES, timeoutMs: PROVIDER_MS };
      const answer = await outbound.request(asked);
      return answer.ok && answer.status >= 200 && answer.status < 300;
    },
  };
}

/** Some providers repeat what they were sent in the words of their error, and those words are kept and shown: also a short secret is taken out. */
function withoutEcho(answer: TokenAnswer, sent: readonly (string | undefined)[]): TokenAnswer {
  if (answer.kind === 'tokens') return answer;
  const clean = sent.reduce<string>(
    (words, secret) => (secret === undefined || secret === '' ? words : words.replaceAll(secret, '…')),
    answer.words,
  );
  return { ...answer, words: clean };
}
