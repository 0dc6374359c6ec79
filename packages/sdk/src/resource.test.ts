import { expect, test } from 'vitest';
import { challengeHeader, challengeResponse, isAuthenticatedAs } from './challenge.ts';
import type { ResourceOptions } from './config.ts';
import { ResourceConfigError } from './config.ts';
import { createResource } from './resource.ts';

const base: ResourceOptions = { issuer: 'https://hub.test', resource: 'https://api.test/mcp', scopes: ['a', 'b'], name: 'Ops' };

test('metadata says who issues tokens for the resource', () => {
  expect(createResource(base).metadata()).toEqual({
    resource: 'https://api.test/mcp',
    authorization_servers: ['https://hub.test'],
    scopes_supported: ['a', 'b'],
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256'],
    resource_name: 'Ops',
  });
});

test.each([
  ['https://api.test/mcp', '/.well-known/oauth-protected-resource/mcp'],
  ['https://api.test', '/.well-known/oauth-protected-resource'],
  ['https://api.test/', '/.well-known/oauth-protected-resource'],
  ['https://api.test/a/b', '/.well-known/oauth-protected-resource/a/b'],
])('the metadata of %s is at %s', (resource, path) => {
  expect(createResource({ ...base, resource }).metadataPath).toBe(path);
});

test('the document is served at its own path and at the bare name, to browsers too', async () => {
  const resource = createResource(base);
  for (const path of ['/mcp', '/mcp/', '', '/']) {
    const answer = resource.wellKnown(new Request(`https://api.test/.well-known/oauth-protected-resource${path}`));
    expect(answer?.headers.get('access-control-allow-origin')).toBe('*');
    expect(await answer?.json()).toMatchObject({ resource: 'https://api.test/mcp' });
  }
  expect(resource.wellKnown(new Request('https://api.test/.well-known/oauth-protected-resource/other'))).toBeUndefined();
  expect(resource.wellKnown(new Request('https://api.test/mcp'))).toBeUndefined();
  const preflight = new Request('https://api.test/.well-known/oauth-protected-resource', { method: 'OPTIONS' });
  expect(resource.wellKnown(preflight)?.headers.get('access-control-allow-headers')).toContain('MCP-Protocol-Version');
  expect(resource.wellKnown(new Request('https://api.test/.well-known/oauth-protected-resource', { method: 'POST' }))?.status).toBe(405);
});

test('an alias gets its own document, and a forged host gets the canonical one', () => {
  const resource = createResource({ ...base, aliases: ['http://localhost:9000/mcp'] });
  const path = '/.well-known/oauth-protected-resource/mcp';
  expect(resource.metadata(`http://localhost:9000${path}`).resource).toBe('http://localhost:9000/mcp');
  expect(resource.metadata(`http://evil.test${path}`).resource).toBe('https://api.test/mcp');
});

test('a request without a token is asked for one, without an error code', () => {
  const challenge = createResource(base).refuse({ ok: false, error: 'invalid_token', reason: 'missing' });
  expect(challenge.status).toBe(401);
  expect(challenge.headers['www-authenticate']).toBe(
    'Bearer scope="a b", resource_metadata="https://api.test/.well-known/oauth-protected-resource/mcp"',
  );
});

test('a bad token is named invalid, and reasons that help a forger sound alike', () => {
  const resource = createResource({ ...base, initialScopes: ['a'] });
  const say = (reason: 'signature' | 'issuer' | 'key' | 'expired'): string | undefined =>
    resource.refuse({ ok: false, error: 'invalid_token', reason }).headers['www-authenticate'];
  expect(say('expired')).toContain('error="invalid_token", error_description="The access token expired", scope="a"');
  expect(new Set([say('signature'), say('issuer'), say('key')]).size).toBe(1);
});

test('a missing scope is answered by 403 that names all the operation needs', async () => {
  const response = challengeResponse(createResource(base).insufficientScope(['a', 'b']));
  expect(response.status).toBe(403);
  expect(response.headers.get('www-authenticate')).toMatch(/^Bearer error="insufficient_scope", .*scope="a b", resource_metadata="https:/);
  expect(await response.json()).toMatchObject({ error: 'insufficient_scope' });
});

test('a step-up challenge says how to log in, and a browser may read it (RFC 9470)', () => {
  const challenge = createResource(base).stepUp({ acrValues: ['mfa', 'phr'], maxAge: 300 });
  expect(challenge.status).toBe(401);
  expect(challenge.headers['www-authenticate']).toMatch(
    /^Bearer error="insufficient_user_authentication", .*acr_values="mfa phr", max_age="300", resource_metadata=/,
  );
  expect(challenge.headers['access-control-expose-headers']).toContain('WWW-Authenticate');
});

test('a login satisfies a demand by its class and its age, and what is not said never does', () => {
  const now = 1_000_000_000;
  const login = { acr: 'mfa', authTime: 999_900 };
  expect(isAuthenticatedAs(login, { acrValues: ['mfa'], maxAge: 100 }, now)).toBe(true);
  expect(isAuthenticatedAs(login, { acrValues: ['phr'] }, now)).toBe(false);
  expect(isAuthenticatedAs(login, { maxAge: 99 }, now)).toBe(false);
  expect(isAuthenticatedAs({ acr: undefined, authTime: undefined }, { acrValues: ['mfa'] }, now)).toBe(false);
  expect(isAuthenticatedAs({ acr: undefined, authTime: undefined }, { maxAge: 100 }, now)).toBe(false);
  expect(isAuthenticatedAs({ acr: undefined, authTime: undefined }, {}, now)).toBe(true);
});

test('nothing can break out of a challenge header', () => {
  const header = challengeHeader({ error: 'x"y', description: 'a\r\nset-cookie: b\\', scopes: ['é'] });
  expect(header).toBe('Bearer error="x y", error_description="a  set-cookie: b ", scope=" "');
});

test.each<[string, Partial<ResourceOptions>]>([
  ['issuer', { issuer: 'http://hub.test' }],
  ['issuer', { issuer: 'hub' }],
  ['issuer', { issuer: 'https://hub.test?x=1' }],
  ['issuer', { issuer: 'https://user@hub.test' }],
  ['resource', { resource: 'https://api.test/mcp#x' }],
  ['resource', { resource: 'ftp://api.test' }],
  ['aliases', { aliases: ['nope'] }],
  ['scopes', { scopes: ['two words'] }],
  ['scopes', { scopes: ['a"b'] }],
  ['leeway', { leeway: 61 }],
  ['algorithms', { algorithms: [] }],
  ['failClosedAfter', { failClosedAfter: -1 }],
])('a wrong %s is refused at the start: %j', (option, wrong) => {
  expect(() => createResource({ ...base, ...wrong })).toThrow(ResourceConfigError);
  expect(() => createResource({ ...base, ...wrong })).toThrow(option);
});

test('http is allowed on loopback, and elsewhere only when asked for', () => {
  expect(createResource({ issuer: 'http://localhost:8787', resource: 'http://[::1]:9000/mcp' }).identifier).toBe('http://[::1]:9000/mcp');
  expect(createResource({ ...base, issuer: 'http://hub.internal', allowHttp: true }).issuer).toBe('http://hub.internal');
});
