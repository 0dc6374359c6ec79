import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { header } from './ask.ts';
import type { Params } from './ask.ts';
import { OTHER_RESOURCE, RESOURCE } from './furniture.ts';
import { P, R } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { attacks, checkNothingLeaked, entriesSince, honestWork, inWorld, photograph } from './runner.ts';
import type { Attack } from './runner.ts';
import { authorizePath, challengeOf, VERIFIER } from './requests.ts';

const world = inWorld();

function stays(number: string, title: string, changes: Params, outcome: Outcome, reason: string | RegExp): Attack {
  return { number, title, send: (at) => at.ask(authorizePath(changes)), outcome, entries: [{ type: 'journey.refused', reason }] };
}

/** CVE-2025-4143: the redirect URI is checked here for every client, however it was registered. */
describe('authorize: what fails before the redirect URI is known to be good stays on a page', () => {
  const bad = (number: string, title: string, redirectUri: string, client: Params = {}): Attack =>
    stays(number, title, { redirect_uri: redirectUri, ...client }, P('invalid_redirect_uri'), 'redirect_uri');
  attacks(world, [
    stays('001', 'unknown client_id', { client_id: 'nobody' }, P('invalid_client'), /^unknown_client/),
    stays('001', 'client_id with a NUL', { client_id: 'a\0b' }, P('invalid_client'), /^unknown_client/),
    stays('002', 'no client_id', { client_id: null }, P('invalid_request'), 'no_client_id'),
    bad('003', 'unregistered redirect_uri', 'https://evil.example/cb'),
    bad('003', 'the registered host continued (CVE-2023-6291)', 'https://app.example.evil.com/cb'),
    bad('003', 'a dot that is not a dot (CVE-2024-52289)', 'https://appxexample/cb'),
    bad('004', 'a slash at the end', 'https://app.example/cb/'),
    bad('005', 'host in upper case (CVE-2020-15234)', 'https://APP.example/cb'),
    bad('006', 'a query more (CVE-2020-15233)', 'https://app.example/cb?x=1'),
    bad('006', 'a parameter more behind a registered query', 'https://app.example/cb2?x=1&y=2'),
    bad('007', 'user information (CVE-2024-8883)', 'https://app.example@evil.example/cb'),
    bad('007', 'user information, percent-encoded (CVE-2026-28512)', 'https://app.example%40evil.example/cb'),
    bad('007', 'a backslash', 'https://app.example\\@evil.example/cb'),
    bad('008', 'a fragment', 'https://app.example/cb#f'),
    bad('009', 'another port on https', 'https://app.example:8443/cb'),
    bad('009', 'another path on loopback', 'http://127.0.0.1:5000/other', { client_id: 'cli' }),
    bad('009', 'a query more on loopback (CVE-2020-15233)', 'http://127.0.0.1:5000/callback?x=1', { client_id: 'cli' }),
    bad('009', 'localhost for 127.0.0.1', 'http://localhost:5000/callback', { client_id: 'cli' }),
    bad('010', 'dot segments (CVE-2026-3872)', 'https://app.example/x/..;/cb'),
    bad('010', 'a star (CVE-2026-7504)', 'https://app.example/*'),
    bad('010', 'an encoded letter', 'https://app.example/%63b'),
    stays(
      '011',
      'redirect_uri absent, though one is registered',
      { client_id: 'other', redirect_uri: null },
      P('invalid_request'),
      'no_redirect_uri',
    ),
    stays(
      '012',
      'redirect_uri twice (CVE-2026-9689)',
      { redirect_uri: ['https://app.example/cb', 'https://evil.example/cb'] },
      P('invalid_request'),
      'doubled:redirect_uri',
    ),
    stays('013', 'client_id twice', { client_id: ['web', 'other'] }, P('invalid_request'), 'doubled:client_id'),
  ]);
});

function goes(number: string, title: string, changes: Params, error: string, state?: string | null): Attack {
  const redirectUri = typeof changes['redirect_uri'] === 'string' ? { redirectUri: changes['redirect_uri'] } : {};
  const outcome = R(error, { ...redirectUri, ...(state === undefined ? {} : { state }) });
  return { number, title, send: (at) => at.ask(authorizePath(changes)), outcome, entries: [{ type: 'journey.refused' }] };
}

describe('authorize: what fails afterwards is told to the registered address', () => {
  const confidential = { client_id: 'backend', redirect_uri: 'https://back.example/cb' };
  attacks(world, [
    goes('014', 'state twice: not echoed', { state: ['a', 'b'] }, 'invalid_request', null),
    goes('014', 'scope twice', { scope: ['incidents:read', 'incidents:write'] }, 'invalid_request'),
    goes('014', 'code_challenge twice', { code_challenge: [challengeOf(VERIFIER), challengeOf('x')] }, 'invalid_request'),
    goes('016', 'no response_type', { response_type: null }, 'invalid_request'),
    goes('017', 'response_type token', { response_type: 'token' }, 'unsupported_response_type'),
    goes('017', 'response_type id_token', { response_type: 'id_token' }, 'unsupported_response_type'),
    goes('017', 'response_type code token (CVE-2026-7571)', { response_type: 'code token' }, 'unsupported_response_type'),
    goes('017', 'response_mode fragment', { response_mode: 'fragment' }, 'invalid_request'),
    goes('017', 'response_mode form_post', { response_mode: 'form_post' }, 'invalid_request'),
    goes('018', 'no code_challenge, public (CVE-2024-23647)', { code_challenge: null }, 'invalid_request'),
    goes('018', 'no code_challenge, confidential (CVE-2025-4144)', { ...confidential, code_challenge: null }, 'invalid_request'),
    goes('019', 'method plain (GHSA-9h47-pqcx-hjr4)', { code_challenge_method: 'plain' }, 'invalid_request'),
    goes('019', 'no method', { code_challenge_method: null }, 'invalid_request'),
    goes('019', 'a challenge that is no SHA-256', { code_challenge: 'short' }, 'invalid_request'),
    goes('021', 'scope entirely unknown', { scope: 'nothing:here' }, 'invalid_scope'),
    goes(
      '021',
      'scope beyond the cap of the client',
      { client_id: 'capped', redirect_uri: 'https://capped.example/cb', scope: 'incidents:write' },
      'invalid_scope',
    ),
    goes('022', 'unknown resource', { resource: 'https://nowhere.example/mcp' }, 'invalid_target'),
    goes('022', 'relative resource', { resource: '/mcp' }, 'invalid_target'),
    goes('022', 'resource with fragment', { resource: `${RESOURCE}#f` }, 'invalid_target'),
    goes('022', 'two resources', { resource: [RESOURCE, OTHER_RESOURCE] }, 'invalid_target'),
    goes('024', 'prompt=none without session', { prompt: 'none' }, 'login_required'),
    goes('024', 'prompt=none login', { prompt: 'none login' }, 'invalid_request'),
    goes('027', 'request object with alg none', { request: 'eyJhbGciOiJub25lIn0.e30.' }, 'invalid_request_object'),
    {
      number: '024',
      title: 'prompt=none without consent',
      async arrange(at) {
        const visitor = await at.signedIn('bob');
        return () => visitor.send(authorizePath({ prompt: 'none', client_id: 'other', redirect_uri: 'https://other.example/cb' }));
      },
      outcome: R('consent_required', { redirectUri: 'https://other.example/cb' }),
      entries: [{ type: 'journey.refused' }],
    },
  ]);

  it('021 scope partly unknown goes on, and the token says what was granted', async () => {
    const { code } = await world().code({ scope: 'incidents:read nothing:here', prompt: 'consent' });
    const answer = await world().post('/oauth/token', {
      grant_type: 'authorization_code',
      client_id: 'web',
      redirect_uri: 'https://app.example/cb',
      code,
      code_verifier: VERIFIER,
    });
    expect(JSON.parse(answer.text)).toMatchObject({ scope: 'incidents:read' });
  });

  it('028 request_uri of a stranger is not fetched: R(request_uri_not_supported), no connection (CVE-2020-10770, CVE-2026-4874)', async () => {
    let connections = 0;
    const trap = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => void trap.listen(0, '127.0.0.1', resolve));
    const { port } = trap.address() as AddressInfo; // reason: a TCP server that listens has an address
    const before = await photograph(world());
    for (const uri of [`http://127.0.0.1:${port}/r.jwt`, `https://localhost:${port}/r.jwt`]) {
      R('request_uri_not_supported').check(await world().ask(authorizePath({ request_uri: uri })), world().origin);
    }
    expect((await entriesSince(world(), before)).map(({ type }) => type)).toEqual(['journey.refused', 'journey.refused']);
    await honestWork(world());
    expect(connections).toBe(0);
    trap.close();
  });
});

/** CVE-2026-33758, CVE-2019-8400, CVE-2025-67495: nothing of the request becomes markup, on the first page or behind a redirect. */
describe('authorize: 015 markup', () => {
  const names =
    'client_id redirect_uri response_type scope state nonce code_challenge code_challenge_method resource prompt login_hint max_age';
  it.each(names.split(' '))('015 in %s is escaped on the page, kept out of headers, and blocked by the policy', async (name) => {
    const payload = '"><script>alert(1)</script><img src=x onerror=alert(1)>';
    const shown = await world()
      .visitor()
      .open(authorizePath({ [name]: payload }));
    const direct = await world().ask(authorizePath({ [name]: payload }));
    for (const answer of [shown.answer, direct]) {
      expect(answer.status).toBeLessThan(500);
      expect(answer.text.replace(/<script type="module">[^<]*<\/script>/, '')).not.toMatch(/<script|<img|onerror=alert\(1\)>/);
      for (const value of Object.values(answer.headers)) expect(String(value)).not.toContain('<script');
      if (header(answer, 'content-type').startsWith('text/html'))
        expect(header(answer, 'content-security-policy')).toMatch(/default-src 'none'/);
    }
  });
});

checkNothingLeaked(world);
