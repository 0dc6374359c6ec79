import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { challenge, documentAt, openDocumentRig, type DocumentRig } from '../../rooms/clients/documents.suite.ts';
import { sweepRegistrations } from '../../rooms/clients/jobs.ts';
import { matchRedirect } from '../../rooms/clients/redirect.ts';
import { jsonAnswer } from '../../rooms/clients/world.suite.ts';
import { authorizeParams, authorizePath, ISSUER } from '../journey/hub.suite.ts';
import { ANN, claimsOf, openBench, OPS, type Answer, type Bench } from './quirks.suite.ts';

// What breaks self-made authorization servers in practice, in the order of how often it does (docs/specs/quirks.md).
let bench: Bench;
let documents: DocumentRig;
beforeAll(async () => {
  [bench, documents] = await Promise.all([openBench(), openDocumentRig()]);
});
afterAll(() => Promise.all([bench.close(), documents.room.close()]));

const NATIVE = { response_types: ['code'], grant_types: ['authorization_code', 'refresh_token'], token_endpoint_auth_method: 'none' };
const WEB = 'https://app.example/cb';
const idOf = ({ body }: Answer): string => String(body['client_id']);
const look = (path: string) => bench.browser().open(path);

/** A public client on loopback with tokens for `ops`. */
async function loggedIn(scope = 'incidents:read incidents:write'): Promise<{ clientId: string; tokens: Answer['body'] }> {
  const redirectUri = 'http://127.0.0.1:37169/callback';
  const clientId = idOf(
    await bench.register({ ...NATIVE, client_name: 'Codex', redirect_uris: [redirectUri], application_type: 'native' }),
  );
  const back = await bench.allow(authorizePath({ client_id: clientId, redirect_uri: redirectUri, scope }));
  const answer = await bench.redeem({ code: back.searchParams.get('code') ?? '', clientId, redirectUri, more: { resource: OPS } });
  expect(answer.status).toBe(200);
  return { clientId, tokens: answer.body };
}

describe('quirks of real clients', () => {
  it('quirk 1: a loopback redirect may take another port, and nothing else about it may differ', async () => {
    const registered = ['http://127.0.0.1:37169/callback', 'http://localhost/callback', 'http://[::1]:1/callback?x=1', WEB];
    const clientId = idOf(await bench.register({ ...NATIVE, client_name: 'Loop', redirect_uris: registered }));
    const ask = async (uri: string) => (await look(authorizePath({ client_id: clientId, redirect_uri: uri }))).status;
    for (const uri of ['http://127.0.0.1:50001/callback', 'http://localhost:50001/callback', 'http://[::1]:50001/callback?x=1', WEB])
      expect([uri, await ask(uri)]).toEqual([uri, 200]);
    for (const uri of [
      'http://127.0.0.1:50001/callback?invalid=1',
      'http://127.0.0.1:50001/other',
      'http://localhost:50001/callback?x=1',
      'http://[::1]:50001/callback',
      'http://127.0.0.2:37169/callback',
      'https://127.0.0.1:37169/callback',
      'https://app.example:444/cb',
      `${WEB}?invalid=1`,
    ])
      expect([uri, await ask(uri)]).toEqual([uri, 400]);
    const oneHost = idOf(await bench.register({ ...NATIVE, client_name: 'One', redirect_uris: ['http://127.0.0.1/callback'] }));
    const crossed = await look(authorizePath({ client_id: oneHost, redirect_uri: 'http://localhost/callback' }));
    expect([crossed.status, crossed.location]).toEqual([400, undefined]);
  });

  it('quirk 2: issuer, iss and every address are one configured string, whatever a proxy or a Host header says', async () => {
    const forged = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '444',
      forwarded: 'host=evil.example;proto=https',
    };
    const metadata = await bench.call('GET', '/.well-known/oauth-authorization-server', undefined, forged);
    expect(metadata.body['issuer']).toBe(ISSUER);
    for (const [name, value] of Object.entries(metadata.body))
      if (/_endpoint$|_uri$/.test(name)) expect([name, String(value).startsWith(`${ISSUER}/`)]).toEqual([name, true]);
    const made = await bench.call('POST', '/oauth/register', JSON.stringify({ redirect_uris: [WEB] }), {
      'content-type': 'application/json',
      ...forged,
    });
    expect(made.body['registration_client_uri']).toBe(`${ISSUER}/oauth/register/${idOf(made)}`);
    const refused = await bench.browser().send('GET', authorizePath({ response_type: 'token' }), undefined, forged);
    expect(new URL(refused.location ?? '').searchParams.get('iss')).toBe(ISSUER);
    const { tokens } = await loggedIn('incidents:read openid');
    expect([claimsOf(tokens['access_token'])['iss'], claimsOf(tokens['id_token'])['iss']]).toEqual([ISSUER, ISSUER]);
  });

  it('quirk 3: unknown members do not hurt a registration, and /register and /token answer JSON, no-store, readable from any origin', async () => {
    const made = await bench.register({
      ...NATIVE,
      client_name: 'Odd',
      redirect_uris: ['cursor://a.b/cb', WEB],
      application_type: 'web',
      x_new: { a: 1 },
    });
    expect([made.status, 'x_new' in made.body]).toEqual([201, false]);
    const refusals = [
      await bench.register({ redirect_uris: ['http://evil.example/cb'] }),
      await bench.call('POST', '/oauth/register', '{', { 'content-type': 'application/json', accept: 'text/html' }),
      await bench.call('GET', '/oauth/register'),
      await bench.token({}, { accept: 'text/html' }),
      await bench.token({
        grant_type: 'authorization_code',
        client_id: 'web',
        code: 'x',
        redirect_uri: WEB,
        code_verifier: 'a'.repeat(43),
      }),
      await bench.token({ grant_type: 'refresh_token', client_id: 'nobody', refresh_token: 'x' }),
      await bench.call('GET', '/oauth/token'),
    ];
    for (const { status, headers, body } of refusals) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect([headers.get('content-type'), headers.get('cache-control'), headers.get('location')]).toEqual([
        'application/json',
        'no-store',
        null,
      ]);
      expect(body['error']).toEqual(expect.any(String));
    }
    for (const [method, path] of [
      ['GET', '/.well-known/oauth-authorization-server'],
      ['POST', '/oauth/register'],
      ['POST', '/oauth/token'],
    ] as const) {
      const asked = {
        origin: 'https://inspector.test',
        'access-control-request-method': method,
        'access-control-request-headers': 'content-type, mcp-protocol-version',
      };
      const { headers } = await bench.call('OPTIONS', path, undefined, asked);
      expect([path, headers.get('access-control-allow-origin')]).toEqual([path, '*']);
      expect(headers.get('access-control-allow-headers')).toMatch(/mcp-protocol-version/i);
    }
  });

  it('quirk 4: aud is the address of the MCP server to the byte, however the client spelled resource', async () => {
    await bench.resource({ id: 'bare', type: 'mcp', uri: 'https://bare.example', scopes: [{ name: 'bare:read' }] });
    for (const [resource, aud] of [
      [OPS, OPS],
      ['HTTP://LOCALHOST:9000/mcp', OPS],
      ['https://bare.example/', 'https://bare.example'],
    ] as const) {
      const back = await bench.allow(authorizePath({ resource, scope: null }));
      const { body } = await bench.redeem({
        code: back.searchParams.get('code') ?? '',
        clientId: 'web',
        redirectUri: WEB,
        more: { resource },
      });
      expect([resource, claimsOf(body['access_token'])['aud']]).toEqual([resource, aud]);
    }
    for (const resource of [`${OPS}/`, `${OPS}?x=1`, 'http://localhost:9000', 'http://127.0.0.1:9000/mcp']) {
      const { location } = await bench.browser().send('GET', authorizePath({ resource }));
      expect([resource, new URL(location ?? '').searchParams.get('error')]).toEqual([resource, 'invalid_target']);
    }
  });

  it('quirk 5: a metadata document without ports, with extra grants, with none beside private_key_jwt, or behind a challenge is a client', async () => {
    const odd = documents.newUrl();
    documents.publish(
      odd,
      jsonAnswer(
        documentAt(odd, {
          redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
          grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
          token_endpoint_auth_method: 'private_key_jwt',
          token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
          jwks_uri: 'https://keys.example/jwks.json',
        }),
      ),
    );
    const client = await documents.found(odd);
    expect(client).toMatchObject({
      public: true,
      grants: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
    });
    expect(matchRedirect(client.redirectUris, 'http://localhost:54088/callback')).toBe(true);
    const moved = documents.newUrl();
    documents.publish(moved, { ok: true, status: 302, headers: new Headers({ location: odd }), body: Buffer.from('') });
    expect(await documents.find(moved)).toMatchObject({ ok: false });
    expect(await documents.find('https://169.254.169.254/client.json')).toMatchObject({ ok: false });
    const claude = 'https://claude.ai/oauth/mcp-oauth-client-metadata';
    documents.publish(claude, challenge());
    expect(await documents.found(claude)).toMatchObject({ name: 'Claude', status: 'verified' });
  });

  it('quirk 6: refresh needs neither scope nor resource nor offline_access, returns the next token, and forgives a lost answer', async () => {
    const { clientId, tokens } = await loggedIn('incidents:read');
    const refresh = (token: unknown) => bench.token({ grant_type: 'refresh_token', client_id: clientId, refresh_token: String(token) });
    const first = await refresh(tokens['refresh_token']);
    expect(first.status).toBe(200);
    expect(first.body['refresh_token']).not.toBe(tokens['refresh_token']);
    expect(claimsOf(first.body['access_token'])).toMatchObject({ aud: OPS, scope: expect.stringContaining('incidents:read') });
    expect((await refresh(tokens['refresh_token'])).body['refresh_token']).toBe(first.body['refresh_token']);
    expect((await refresh(first.body['refresh_token'])).status).toBe(200);
  });

  it('quirk 7: iss is advertised, and sent with a code, with a refusal by the hub and with a refusal by the person', async () => {
    const { body } = await bench.call('GET', '/.well-known/oauth-authorization-server');
    expect(body['authorization_response_iss_parameter_supported']).toBe(true);
    const issOf = (url: string | URL | undefined) => new URL(url ?? '').searchParams.get('iss');
    expect(issOf(await bench.allow(authorizePath({ prompt: 'consent' })))).toBe(body['issuer']);
    expect(issOf((await bench.browser().send('GET', authorizePath({ prompt: 'none' }))).location)).toBe(body['issuer']);
    const browser = bench.browser();
    const page = await browser.submit(await browser.open(authorizePath({ prompt: 'consent' })), 'continue', ANN);
    const denied = await browser.submit(page, 'deny');
    expect(denied.location).toContain('error=access_denied');
    expect(issOf(denied.location)).toBe(body['issuer']);
  });

  it('quirk 8: places where clients look for other issuers are 404, never 5xx, and neither metadata nor tokens are behind a redirect', async () => {
    for (const path of [
      '/.well-known/oauth-authorization-server/mcp',
      '/.well-known/openid-configuration/mcp',
      '/mcp/.well-known/openid-configuration',
      '/.well-known/oauth-protected-resource',
      '/.well-known/oauth-protected-resource/mcp',
    ])
      expect([path, (await bench.call('GET', path)).status]).toEqual([path, 404]);
    for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration', '/oauth/jwks'])
      expect([path, (await bench.call('GET', path)).status]).toEqual([path, 200]);
    expect((await bench.token({ grant_type: 'client_credentials' })).status).toBe(401);
  });

  it('quirk 9: an unused registration is swept and is then 401 invalid_client, a used one stays, and one address cannot register for ever', async () => {
    const unused = idOf(await bench.register({ ...NATIVE, client_name: 'Once', redirect_uris: ['http://localhost:1/callback'] }));
    const { clientId, tokens } = await loggedIn();
    bench.clock.advance(8 * 86_400_000);
    expect(await sweepRegistrations({ audit: bench.house.rooms.audit, clock: bench.clock })).toBeGreaterThan(0);
    expect(await bench.token({ grant_type: 'refresh_token', client_id: unused, refresh_token: 'x' })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
    expect(
      (await bench.token({ grant_type: 'refresh_token', client_id: clientId, refresh_token: String(tokens['refresh_token']) })).status,
    ).toBe(200);
    const answers: Answer[] = [];
    for (let n = 0; n < 60; n += 1)
      answers.push(await bench.register({ ...NATIVE, client_name: 'Flood', redirect_uris: ['http://localhost:1/callback'] }));
    const last = answers.at(-1);
    expect([last?.status, last?.headers.get('retry-after')]).toEqual([429, expect.stringMatching(/^\d+$/)]);
    bench.clock.advance(7_200_000);
  });

  it('quirk 10: the page shows the host of the client and of the redirect, warns of loopback, asks it every time, and takes no foreign post', async () => {
    await sql`INSERT INTO clients (id, name, registration_type, public, grants, auth_method, redirect_uris, created_at)
      VALUES ('https://vendor.example/c.json', 'Vendor', 'cimd', true, ${['authorization_code']}, 'none', ${['http://localhost/callback', 'https://cb.other.example/x']},
        ${new Date(bench.clock.now())})`.execute(bench.house.rooms.database.db);
    await sql`INSERT INTO cimd_documents (url, source, fetched_at, fresh_until)
      VALUES ('https://vendor.example/c.json', 'live', ${new Date(bench.clock.now())}, ${new Date(bench.clock.now() + 86_400_000)})`.execute(
      bench.house.rooms.database.db,
    );
    const browser = bench.browser();
    const ask = (redirectUri: string) =>
      browser.open(authorizePath({ client_id: 'https://vendor.example/c.json', redirect_uri: redirectUri }));
    const local = await browser.submit(await ask('http://localhost:4711/callback'), 'continue', ANN);
    expect(local.html).toMatch(/<h1 class="host">vendor\.example<\/h1>/);
    expect(local.html).toContain('sends you on to <strong>localhost</strong>, this computer');
    expect(local.html).toContain('Any program on this computer can claim this name');
    expect((await ask('https://cb.other.example/x')).html).toContain('sends you on to <strong>cb.other.example</strong>');
    expect((await browser.submit(local, 'allow')).location).toContain('code=');
    const again = await ask('http://localhost:4711/callback');
    expect(again.buttons).toContain('allow');
    const foreign = await browser.send('POST', again.url, new URLSearchParams({ action: 'allow', scope: 'incidents:read' }), {
      origin: 'https://evil.example',
    });
    expect([foreign.status, foreign.location]).toEqual([403, undefined]);
  });

  it('quirk 11: looking at /authorize, once or often, with cookies or without, uses nothing up, also of a pushed request', async () => {
    const body = authorizeParams({ client_id: 'backend', redirect_uri: 'https://back.example/cb' }).toString();
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${btoa('backend:a-long-secret-of-the-backend')}`,
    };
    const pushed = await bench.call('POST', '/oauth/par', body, headers);
    const path = `/oauth/authorize?${new URLSearchParams({ client_id: 'backend', request_uri: String(pushed.body['request_uri']) }).toString()}`;
    for (const looked of [path, path, path]) expect((await bench.browser().send('GET', looked)).status).toBe(303);
    const person = bench.browser();
    await person.open(path);
    expect((await bench.allow(path, person)).searchParams.get('code')).toMatch(/^[\w-]{43}$/);
  });

  it('quirk 12: neither state nor scope is needed, and no state is made up', async () => {
    const back = await bench.allow(authorizePath({ state: null, scope: null, prompt: 'consent' }));
    expect([...back.searchParams.keys()].toSorted()).toEqual(['code', 'iss']);
    const { status, body } = await bench.redeem({ code: back.searchParams.get('code') ?? '', clientId: 'web', redirectUri: WEB });
    expect([status, body['scope']]).toEqual([200, expect.stringContaining('incidents:')]);
  });
});
