import { describe, expect, it } from 'vitest';
import { basic, header, jsonOf } from './ask.ts';
import type { Params } from './ask.ts';
import { SECRETS } from './furniture.ts';
import { exactly, ok, T, U } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { attacks, checkNothingLeaked, inWorld } from './runner.ts';
import type { Attack } from './runner.ts';
import type { World } from './world.ts';

const world = inWorld();
const SERVER = basic('server', SECRETS.server);
const inactive = exactly({ active: false });

type Tokens = Awaited<ReturnType<World['tokens']>>;

function introspects(
  title: string,
  make: (tokens: Tokens, at: World) => Params | Promise<Params>,
  headers: Record<string, string>,
  outcome: Outcome,
  entries: Attack['entries'],
  number = '155',
): Attack {
  return {
    number,
    title,
    async arrange(at) {
      const form = await make(await at.tokens(), at);
      return () => at.post('/oauth/introspect', form, headers);
    },
    outcome,
    entries,
  };
}

describe('introspection', () => {
  const refused = [{ type: 'token.introspected' }];
  attacks(world, [
    introspects('without authentication', ({ access }) => ({ token: access }), {}, U('invalid_client'), refused),
    introspects('as a public client', ({ access }) => ({ token: access, client_id: 'web' }), {}, U('invalid_client'), refused),
    introspects(
      'with a wrong secret',
      ({ access }) => ({ token: access }),
      basic('server', 'a-wrong-secret-of-the-server'),
      U('invalid_client'),
      refused,
    ),
    introspects('no token', () => ({}), SERVER, T('invalid_request'), refused),
    introspects('garbage', () => ({ token: 'garbage' }), SERVER, inactive, []),
    introspects('an id token (GHSA-7fpj-9hr8-28vh)', ({ id }) => ({ token: id ?? '' }), SERVER, inactive, []),
    introspects('a refresh token of another client', ({ refresh }) => ({ token: refresh }), SERVER, inactive, refused),
    introspects('alg none', ({ access }) => ({ token: unsigned(access) }), SERVER, inactive, []),
    introspects('claims changed', ({ access }) => ({ token: widened(access) }), SERVER, inactive, []),
    introspects(
      'a client that is not the audience',
      ({ access }) => ({ token: access }),
      basic('worker', SECRETS.worker),
      inactive,
      refused,
      '156',
    ),
    introspects(
      'a token of a tenant that the server does not serve (CVE-2026-23552)',
      async (_, at) => ({ token: await ofElsewhere(at) }),
      SERVER,
      inactive,
      refused,
      '155',
    ),
    introspects(
      'a token with a truncated signature (CVE-2026-27840)',
      ({ access }) => ({ token: access.slice(0, -2) }),
      SERVER,
      inactive,
      [],
      '088',
    ),
  ]);

  it('155 after its time it is inactive, and before it the server hears what the token says', async () => {
    const at = world();
    const { access } = await at.tokens();
    const seen = jsonOf(await at.post('/oauth/introspect', { token: access }, SERVER));
    expect(seen).toMatchObject({ active: true, sub: 'ann', client_id: 'web' });
    expect(seen).not.toHaveProperty('ident');
  });
});

async function ofElsewhere(at: World): Promise<string> {
  const answer = jsonOf(
    await at.post('/oauth/token', { grant_type: 'client_credentials', scope: 'incidents:read' }, basic('elsewhere', SECRETS.elsewhere)),
  );
  return String(answer['access_token']);
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const unsigned = (token: string): string => `${part({ alg: 'none', typ: 'at+jwt' })}.${token.split('.')[1]}.`;

function widened(token: string): string {
  const [head = '', claims = '', signature = ''] = token.split('.');
  return `${head}.${part({ ...JSON.parse(Buffer.from(claims, 'base64url').toString()), scope: 'incidents:delete' })}.${signature}`;
}

describe('revocation', () => {
  const revokes = (
    title: string,
    make: (tokens: Tokens) => Params,
    headers: Record<string, string>,
    outcome: Outcome,
    entries: Attack['entries'],
  ): Attack => ({
    number: '158',
    title,
    async arrange(at) {
      const form = make(await at.tokens());
      return () => at.post('/oauth/revoke', form, headers);
    },
    outcome,
    entries,
  });
  const done = exactly('');
  const refused = [{ type: 'token.revoked' }];
  attacks(world, [
    revokes('an unknown token', () => ({ token: 'garbage', client_id: 'web' }), {}, done, []),
    revokes(
      "another client's access token (CVE-2026-45808, CVE-2026-40264)",
      ({ access }) => ({ token: access, client_id: 'other' }),
      {},
      T('invalid_request'),
      refused,
    ),
    revokes("another client's refresh token", ({ refresh }) => ({ token: refresh, client_id: 'other' }), {}, T('invalid_request'), refused),
    revokes(
      'a family by its name with a made-up secret',
      ({ family }) => ({ token: `${family}.${'A'.repeat(43)}`, client_id: 'web' }),
      {},
      done,
      [],
    ),
    revokes('without a client', ({ access }) => ({ token: access }), {}, U('invalid_client'), refused),
    revokes(
      'a confidential client without its secret',
      ({ access }) => ({ token: access, client_id: 'worker' }),
      {},
      U('invalid_client'),
      refused,
    ),
  ]);

  it('157 what a client revokes is dead at once, everywhere; the rest of it too', async () => {
    const at = world();
    const { access, refresh } = await at.tokens();
    done.check(await at.post('/oauth/revoke', { token: refresh, client_id: 'web' }), at.origin);
    expect(jsonOf(await at.post('/oauth/introspect', { token: access }, SERVER))).toEqual({ active: false });
    T('invalid_grant').check(
      await at.post('/oauth/token', { grant_type: 'refresh_token', client_id: 'web', refresh_token: refresh }),
      at.origin,
    );
    expect((await at.ask('/oauth/userinfo', { headers: { authorization: `Bearer ${access}` } })).status).toBe(401);
  });
});

describe('userinfo', () => {
  const asks = (title: string, headerOf: (tokens: Tokens) => string | undefined, outcome: Outcome): Attack => ({
    number: '159',
    title: `userinfo ${title}`,
    async arrange(at) {
      const authorization = headerOf(await at.tokens());
      return () => at.ask('/oauth/userinfo', { headers: authorization === undefined ? {} : { authorization } });
    },
    outcome,
    entries: [],
  });
  const status = (code: number): Outcome =>
    ok(String(code), (answer) => {
      expect(answer.status).toBe(code);
      expect(header(answer, 'www-authenticate')).toMatch(/^Bearer/);
      expect(answer.text).not.toContain('ann@acme.test');
    });
  attacks(world, [
    asks('without a token', () => undefined, status(401)),
    asks('with a malformed header', () => 'Bearer a b', status(400)),
    asks('with an id token', ({ id }) => `Bearer ${id}`, status(401)),
    asks('with a refresh token', ({ refresh }) => `Bearer ${refresh}`, status(401)),
    asks('with an unsigned token', ({ access }) => `Bearer ${unsigned(access)}`, status(401)),
  ]);
});

describe('discovery and keys', () => {
  it.each([
    '//.well-known/oauth-authorization-server',
    '/.well-known/oauth-authorization-server;x',
    '/.well-known%2foauth-authorization-server',
    '/.well-known/../.well-known/oauth-authorization-server',
    '/oauth/token;x',
    '/oauth//token',
    '/admin;/v1/users',
    '/%61dmin/v1/users',
    '/oauth%2ftoken',
  ])('161 %s is nothing (CVE-2026-0976)', async (path) => {
    const answer = await world().ask(path);
    expect({ status: answer.status, error: jsonOf(answer)['error'] }).toEqual({ status: 404, error: 'not_found' });
  });

  it('161 the issuer is exactly the configured one, and only code, S256 and query are offered (GHSA-9h47-pqcx-hjr4)', async () => {
    for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']) {
      expect(jsonOf(await world().ask(path))).toMatchObject({
        issuer: world().origin,
        response_types_supported: ['code'],
        code_challenge_methods_supported: ['S256'],
        authorization_response_iss_parameter_supported: true,
        request_parameter_supported: true,
        request_uri_parameter_supported: false,
      });
    }
  });

  it('162 JWKS holds public halves only, for 15 minutes at most', async () => {
    const answer = await world().ask('/oauth/jwks');
    const { keys } = JSON.parse(answer.text);
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(key).not.toHaveProperty(name);
    expect(Number(/max-age=(\d+)/.exec(header(answer, 'cache-control'))?.[1])).toBeLessThanOrEqual(900);
  });

  it('159 public answers may be read from any origin, never with credentials', async () => {
    for (const path of ['/oauth/jwks', '/.well-known/openid-configuration', '/oauth/token', '/oauth/userinfo']) {
      const answer = await world().ask(path, {
        headers: { origin: 'https://evil.example' },
        method: path === '/oauth/token' ? 'POST' : 'GET',
      });
      expect(['*', '']).toContain(header(answer, 'access-control-allow-origin'));
      expect(header(answer, 'access-control-allow-credentials')).toBe('');
    }
  });
});

checkNothingLeaked(world);
