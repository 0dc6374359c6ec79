import { describe, expect, it } from 'vitest';
import { CLOSED, onAttempt, onFailure, refusedUntil } from './breaker.ts';
import { authorizationUrl, callbackUri, clientRequest, codeParams, isFrom, type OAuthServer } from './oauth-client.ts';
import { aheadAt, isDue, nextTryAt } from './refresh.ts';
import { grantedOf, readTokenAnswer, safeWords } from './token-answer.ts';

const NOW = 1_800_000_000_000;
const SERVER: OAuthServer & { authorizationUrl: string } = {
  name: 'calendar',
  authorizationUrl: 'https://provider.test/authorize?tenant=common#top',
  tokenUrl: 'https://provider.test/token',
  clientId: 'hub',
  clientSecret: 'a:b%c d',
  quirks: {},
};
const ask = { redirectUri: 'https://hub.test/connect/callback/calendar', state: 's', challenge: 'c', scopes: ['a', 'b'], again: false };
const read = (status: number, body: unknown, quirks = {}, retryAfter?: string) =>
  readTokenAnswer({ status, retryAfter, body: typeof body === 'string' ? body : JSON.stringify(body) }, quirks, NOW);

describe('an answer of a token endpoint', () => {
  it('gives tokens that are what RFC 6749 says', () => {
    const answer = read(200, { access_token: 'at', token_type: 'bearer', refresh_token: 'rt', expires_in: 60, scope: 'a b' });
    expect(answer).toEqual({
      kind: 'tokens',
      tokens: { accessToken: 'at', refreshToken: 'rt', expiresAt: NOW + 60_000, said: ['a', 'b'] },
    });
  });

  it.each<[string, number, unknown, object]>([
    ['HTML with status 200', 200, '<html>Sign in</html>', { kind: 'unavailable', reason: 'not_json' }],
    ['a list', 200, [], { kind: 'unavailable', reason: 'not_json' }],
    ['no token', 200, {}, { kind: 'unavailable', reason: 'no_token' }],
    ['an empty token', 200, { access_token: '' }, { kind: 'unavailable', reason: 'no_token' }],
    ['a token that would end a header', 200, { access_token: 'a\r\nb: c' }, { kind: 'unavailable', reason: 'no_token' }],
    ['a token that is no text', 200, { access_token: { a: 1 } }, { kind: 'unavailable', reason: 'no_token' }],
    ['a token without end', 200, { access_token: 'a'.repeat(20_000) }, { kind: 'unavailable', reason: 'no_token' }],
    ['another kind of token', 200, { access_token: 'a', token_type: 'DPoP' }, { kind: 'unavailable', reason: 'token_type' }],
    ['an error with status 200', 200, { error: 'bad_refresh_token' }, { kind: 'dead', error: 'bad_refresh_token' }],
    ['an error beside a token', 200, { error: 'invalid_grant', access_token: 'a' }, { kind: 'dead' }],
    ['invalid_grant', 400, { error: 'invalid_grant', error_description: 'gone' }, { kind: 'dead', words: 'invalid_grant: gone' }],
    ['invalid_client', 401, { error: 'invalid_client' }, { kind: 'refused', error: 'invalid_client' }],
    ['500', 500, { error: 'invalid_grant' }, { kind: 'unavailable', reason: '500' }],
    ['tokens with status 500', 500, { access_token: 'a' }, { kind: 'unavailable' }],
    ['a 404', 404, {}, { kind: 'unavailable', reason: '404' }],
    ['temporarily_unavailable', 400, { error: 'temporarily_unavailable' }, { kind: 'unavailable' }],
    ['a form', 200, 'access_token=at&scope=&token_type=bearer', { kind: 'tokens' }],
  ])('%s', (_, status, body, expected) => expect(read(status, body)).toMatchObject(expected));

  it('believes no lifetime that is none', () => {
    for (const expires_in of [0, -1, 'soon', null, {}, Number.NaN])
      expect(read(200, { access_token: 'a', expires_in })).toEqual({ kind: 'tokens', tokens: { accessToken: 'a' } });
    expect(read(200, { access_token: 'a', expires_in: '3600' })).toMatchObject({ tokens: { expiresAt: NOW + 3_600_000 } });
    expect(read(200, { access_token: 'a' }, { lifetime: 10 })).toMatchObject({ tokens: { expiresAt: NOW + 10_000 } });
  });

  it('says when to come back, by seconds and by date, and no later than a day', () => {
    expect(read(429, {}, {}, '30')).toMatchObject({ retryAt: NOW + 30_000 });
    expect(read(503, '', {}, new Date(NOW + 60_000).toUTCString())).toMatchObject({ retryAt: NOW + 60_000 });
    expect(read(429, {}, {}, '9999999')).toMatchObject({ retryAt: NOW + 86_400_000 });
    expect(read(429, {}, {}, 'never')).not.toHaveProperty('retryAt');
  });

  it('reads what providers do otherwise, by their quirks', () => {
    const slack = { answerIn: 'authed_user', scopeSeparator: ',' as const, bearerWords: ['user'] };
    const answer = read(200, { ok: true, authed_user: { access_token: 'a', token_type: 'user', scope: 'x,y' } }, slack);
    expect(answer).toMatchObject({ kind: 'tokens', tokens: { accessToken: 'a', said: ['x', 'y'] } });
    expect(read(200, { ok: false, error: 'invalid_refresh_token' }, slack)).toMatchObject({ kind: 'dead' });
  });

  it('counts of the scopes only those that were asked', () => {
    expect(grantedOf(['a', 'b'], ['b', 'admin'], {})).toEqual(['b']);
    expect(grantedOf(['a'], undefined, {})).toEqual(['a']);
    expect(grantedOf(['email'], ['https://p.test/email'], { scopeAliases: { email: 'https://p.test/email' } })).toEqual(['email']);
  });

  it('repeats of a provider nothing that could be a secret or markup', () => {
    const said = safeWords(['invalid_grant', `token 1//0gAbCdEfGhIjKlMnOpQrStUvWxYz0123 <b>is\r\nbad</b> ${'x '.repeat(400)}`]);
    expect(said).toMatch(/^invalid_grant: token … bis bad\/b x x/);
    expect(said.length).toBeLessThanOrEqual(200);
  });
});

describe('a request to a provider', () => {
  it('carries PKCE, state and what the administrator wrote into the address, and no fragment', () => {
    const url = new URL(authorizationUrl(SERVER, ask));
    expect(Object.fromEntries(url.searchParams)).toEqual({
      tenant: 'common',
      response_type: 'code',
      client_id: 'hub',
      redirect_uri: 'https://hub.test/connect/callback/calendar',
      state: 's',
      scope: 'a b',
      code_challenge: 'c',
      code_challenge_method: 'S256',
    });
    expect(url.hash).toBe('');
  });

  it('cannot be changed by parameters of the same name in quirks or address', () => {
    const server = {
      ...SERVER,
      authorizationUrl: 'https://provider.test/authorize?state=theirs&redirect_uri=https://evil.test',
      quirks: { authorizationParams: { state: 'theirs', access_type: 'offline' } },
    };
    const { searchParams } = new URL(authorizationUrl(server, ask));
    expect(searchParams.getAll('state')).toEqual(['s']);
    expect(searchParams.getAll('redirect_uri')).toEqual([ask.redirectUri]);
    expect(searchParams.get('access_type')).toBe('offline');
  });

  it('proves the client by Basic, form-encoded first', () => {
    const { headers, body } = clientRequest(
      SERVER,
      codeParams(SERVER, { code: 'x', redirectUri: 'r', verifier: 'v' }),
      (text) => `(${text})`,
    );
    expect(headers['authorization']).toBe('Basic (hub:a%3Ab%25c+d)');
    expect(body).toBe('grant_type=authorization_code&code=x&redirect_uri=r&code_verifier=v');
  });

  it('proves it in the body or not at all where that is the way', () => {
    const post = clientRequest({ ...SERVER, quirks: { tokenAuth: 'post', tokenBody: 'json' } }, { a: '1' }, String);
    expect(JSON.parse(post.body)).toEqual({ a: '1', client_id: 'hub', client_secret: 'a:b%c d' });
    expect(post.headers['authorization']).toBeUndefined();
    const open = clientRequest({ ...SERVER, clientSecret: undefined }, { a: '1' }, String);
    expect(open.body).toBe('a=1&client_id=hub');
  });

  it('each connection has a redirect URI of its own', () => {
    expect(callbackUri('https://hub.test', 'calendar')).toBe('https://hub.test/connect/callback/calendar');
  });

  it.each<[string | undefined, string | undefined, boolean]>([
    ['https://p.test', 'https://p.test', true],
    ['https://p.test', 'https://evil.test', false],
    ['https://p.test', undefined, false],
    [undefined, undefined, true],
    [undefined, 'https://p.test', true],
  ])('a callback of issuer %s with iss %s: %s', (issuer, iss, expected) => expect(isFrom({ issuer, quirks: {} }, iss)).toBe(expected));
});

describe('when a token is refreshed', () => {
  const age = { refreshedAt: NOW, expiresAt: NOW + 3_600_000 };

  it('a minute before its end, or a tenth of its life for a short one', () => {
    expect(isDue(age, NOW + 3_539_000, false)).toBe(false);
    expect(isDue(age, NOW + 3_540_000, false)).toBe(true);
    expect(isDue({ refreshedAt: NOW, expiresAt: NOW + 60_000 }, NOW + 53_000, false)).toBe(false);
    expect(isDue({ refreshedAt: NOW, expiresAt: undefined }, NOW + 1e12, false)).toBe(false);
  });

  it('by force, but not twice within ten seconds', () => {
    expect(isDue(age, NOW + 9_000, true)).toBe(false);
    expect(isDue(age, NOW + 10_000, true)).toBe(true);
  });

  it('in the background ten to fifteen minutes ahead, by id, and never in the first half of its life', () => {
    const ids = Array.from({ length: 200 }, (_, index) => `crd_${index}`);
    const times = ids.map((id) => age.expiresAt - aheadAt(age, id));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(600_000);
    expect(Math.max(...times)).toBeLessThanOrEqual(900_000);
    expect(new Set(times).size).toBeGreaterThan(150);
    expect(aheadAt({ refreshedAt: NOW, expiresAt: NOW + 600_000 }, 'crd_1')).toBe(NOW + 300_000);
  });

  it('again after a pause that doubles, is no longer than half an hour, and no shorter than the provider said', () => {
    const pause = (attempts: number) => nextTryAt({ attempts, now: NOW, id: 'crd_1' }) - NOW;
    expect(pause(1)).toBeGreaterThanOrEqual(2_500);
    expect(pause(1)).toBeLessThanOrEqual(5_000);
    expect(pause(4)).toBeGreaterThanOrEqual(20_000);
    expect(pause(40)).toBeLessThanOrEqual(1_800_000);
    expect(nextTryAt({ attempts: 1, now: NOW, id: 'crd_1', retryAt: NOW + 99_000 })).toBe(NOW + 99_000);
  });
});

describe('the breaker of a provider', () => {
  it('opens after five failures, lets one through when its time is over, and closes when that one succeeds', () => {
    let breaker = CLOSED;
    for (let times = 0; times < 4; times += 1) breaker = onFailure(breaker, NOW);
    expect(refusedUntil(breaker, NOW)).toBeUndefined();
    breaker = onFailure(breaker, NOW);
    expect(refusedUntil(breaker, NOW)).toBe(NOW + 5_000);
    expect(refusedUntil(breaker, NOW + 5_000)).toBeUndefined();
    const tried = onAttempt(breaker, NOW + 5_000, 10_000);
    expect(refusedUntil(tried, NOW + 5_001)).toBe(NOW + 15_000);
    expect(refusedUntil(onFailure(tried, NOW + 6_000), NOW + 6_000)).toBe(NOW + 16_000);
  });

  it('opens at once for as long as the provider said, and no longer than a minute', () => {
    expect(refusedUntil(onFailure(CLOSED, NOW, NOW + 30_000), NOW)).toBe(NOW + 30_000);
    expect(refusedUntil(onFailure(CLOSED, NOW, NOW + 86_400_000), NOW)).toBe(NOW + 60_000);
  });
});
