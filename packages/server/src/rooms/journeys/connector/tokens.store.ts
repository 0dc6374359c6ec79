import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpAuth } from '@writ/flow';
import type { Clock } from '../../../base/clock.ts';
import { digest } from '../../../base/digest.ts';
import type { Outbound } from '../../../base/outbound/outbound.ts';
import { fail, ok, type Result } from '../../../base/result.ts';
import { clientRequest, serviceParams, type OAuthServer } from '../../connections/oauth-client.ts';
import { readTokenAnswer } from '../../connections/token-answer.ts';

type ClientCredentials = Extract<HttpAuth, { kind: 'clientCredentials' }>;
type TokenFault = 'token_refused' | 'token_unavailable' | 'timeout';

/** Access tokens of flows' own clients (RFC 6749 §4.4), kept by this node until shortly before they end. */
export type ServiceTokens = {
  get(auth: ClientCredentials, secret: string, timeoutMs: number): Promise<Result<string, TokenFault>>;
  /** The service did not take it: the next call has a new one. */
  drop(auth: ClientCredentials, secret: string): void;
};

const FETCH_MS = 10_000;
const MAX_BYTES = 65_536;
const EARLY_MS = 30_000;
/** When the answer does not say how long it lives. */
const UNSAID_MS = 60_000;
const MOST_KEPT = 500;

export function createServiceTokens(deps: { outbound: Pick<Outbound, 'request'>; clock: Clock }): ServiceTokens {
  const kept = new Map<string, { token: string; until: number }>();
  const fetching = new Map<string, Promise<Result<string, TokenFault>>>();

  const fetchOnce = async (key: string, auth: ClientCredentials, secret: string): Promise<Result<string, TokenFault>> => {
    const server: OAuthServer = {
      name: 'flow',
      authorizationUrl: undefined,
      tokenUrl: auth.tokenUrl,
      clientId: auth.clientId,
      clientSecret: secret,
      quirks: {},
    };
    const { headers, body } = clientRequest(server, serviceParams(server, auth.scope === undefined ? [] : [auth.scope]), (text) =>
      Buffer.from(text).toString('base64'),
    );
    const asked = { method: 'POST', url: auth.tokenUrl, headers, body, maxBytes: MAX_BYTES, timeoutMs: FETCH_MS };
    const answer = await deps.outbound.request(asked);
    if (!answer.ok) return fail('token_unavailable');
    const now = deps.clock.now();
    const read = readTokenAnswer({ status: answer.status, body: answer.body.toString('utf8') }, {}, now);
    if (read.kind !== 'tokens') return fail(read.kind === 'unavailable' ? 'token_unavailable' : 'token_refused');
    const { accessToken, expiresAt } = read.tokens;
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(key, { token: accessToken, until: expiresAt === undefined ? now + UNSAID_MS : expiresAt - EARLY_MS });
    return ok(accessToken);
  };

  return {
    async get(auth, secret, timeoutMs) {
      const key = keyOf(auth, secret);
      const known = kept.get(key);
      if (known !== undefined && known.until > deps.clock.now()) return ok(known.token);
      const pending = fetching.get(key) ?? fetchOnce(key, auth, secret).finally(() => fetching.delete(key));
      fetching.set(key, pending);
      return within(timeoutMs, pending);
    },
    drop: (auth, secret) => void kept.delete(keyOf(auth, secret)),
  };
}

/** Everything that tells one token from another, the secret as digest: a rotated secret must not be answered by what the old one got. */
function keyOf({ tokenUrl, clientId, scope = '' }: ClientCredentials, secret: string): string {
  return JSON.stringify([tokenUrl, clientId, scope, digest(secret)]);
}

/** Several calls may wait for one request; each only as long as it may take itself. */
async function within(timeoutMs: number, pending: Promise<Result<string, TokenFault>>): Promise<Result<string, TokenFault>> {
  const enough = new AbortController();
  try {
    const late = sleep(timeoutMs, fail<TokenFault>('timeout'), { signal: enough.signal, ref: false });
    return await Promise.race([pending, late]);
  } finally {
    enough.abort();
  }
}
