import { describe, expect, it } from 'vitest';
import { jsonOf, textIn } from './ask.ts';
import type { Answer } from './ask.ts';
import { J, mustBe, U } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { attacks, checkNothingLeaked, entriesSince, inWorld, photograph } from './runner.ts';
import type { Attack } from './runner.ts';
import type { World } from './world.ts';

const world = inWorld({ env: { WRIT_ALLOW_LOOPBACK: '0' } });
const SETTING = 'registration';
const JSON_TYPE = { 'content-type': 'application/json' };
const GOOD = { client_name: 'Honest', redirect_uris: ['https://honest.example/cb'] };
const REFUSED = [{ type: 'client.refused' }];
const RSA_1024 = {
  kty: 'RSA',
  e: 'AQAB',
  n: 'v'.repeat(171),
};

const register = (at: World, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  at.ask('/oauth/register', {
    method: 'POST',
    headers: { ...JSON_TYPE, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

function registers(number: string, title: string, body: unknown, outcome: Outcome, headers: Record<string, string> = {}): Attack {
  return { number, title, send: (at) => register(at, body, headers), outcome, entries: REFUSED };
}

const badUri = J(400, 'invalid_redirect_uri');
const badData = J(400, 'invalid_client_metadata');

/** CVE-2026-59354: everything that a stranger says of itself is judged before it is kept. */
describe('registration: 135 to 144', () => {
  const redirect = (title: string, uri: unknown): Attack => registers('136', title, { ...GOOD, redirect_uris: [uri] }, badUri);
  const data = (number: string, title: string, members: object): Attack => registers(number, title, { ...GOOD, ...members }, badData);
  attacks(world, [
    registers('135', 'no redirect_uris', { client_name: 'X' }, badUri),
    registers('135', 'an empty list', { ...GOOD, redirect_uris: [] }, badUri),
    registers('135', 'a text instead of a list', { ...GOOD, redirect_uris: 'https://honest.example/cb' }, badUri),
    registers('135', 'a list of numbers', { ...GOOD, redirect_uris: [1] }, badUri),
    redirect('http to another computer', 'http://evil.example/cb'),
    redirect('a fragment', 'https://evil.example/cb#x'),
    redirect('user information (CVE-2024-8883)', 'https://app.example@evil.example/cb'),
    redirect('a star (CVE-2026-7504)', 'https://*.evil.example/cb'),
    redirect('javascript: (CVE-2026-29192, CVE-2024-21637)', 'javascript:alert(1)//x'),
    redirect('data:', 'data:text/html,x'),
    redirect('a bare scheme', 'myapp:/cb'),
    redirect('a relative path', '/cb'),
    redirect('a newline', 'https://evil.example/\ncb'),
    redirect('an IDN that looks like another', 'https://аpp.example/cb'),
    redirect('an address in octal', 'https://0177.0.0.1/cb'),
    ...['logo_uri', 'client_uri', 'tos_uri', 'policy_uri'].flatMap((name) => [
      data('137', `${name} by http`, { [name]: 'http://evil.example/x' }),
      data('137', `${name} that is javascript:`, { [name]: 'javascript:alert(1)' }),
    ]),
    data('138', 'client_name with control characters', { client_name: 'a\u0007b' }),
    data('138', 'client_name with bidi marks', { client_name: 'a\u202eb' }),
    data('138', 'client_name of 65 letters', { client_name: 'a'.repeat(65) }),
    data('138', 'client_name of the hub', { client_name: 'Writ' }),
    data('139', 'jwks and jwks_uri', { jwks: { keys: [] }, jwks_uri: 'https://honest.example/jwks' }),
    data('139', 'a private key in jwks', {
      jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'a'.repeat(43), y: 'b'.repeat(43), d: 'c'.repeat(43) }] },
    }),
    data('139', 'RSA of 1024 bits', { jwks: { keys: [RSA_1024] } }),
    data('139', 'alg none', { token_endpoint_auth_signing_alg: 'none' }),
    data('139', 'id_token alg none', { id_token_signed_response_alg: 'none' }),
    ...[
      'http://169.254.169.254/latest/meta-data',
      'https://127.0.0.1/jwks',
      'https://[::1]/jwks',
      'https://[::ffff:10.0.0.1]/jwks',
      'https://metadata.internal/jwks',
      'https://honest.example:25/jwks',
      'https://2130706433/jwks',
    ].map((uri) => data('140', `jwks_uri ${uri} (CVE-2026-1180)`, { jwks_uri: uri })),
    data('140', 'logo_uri to the metadata service', { logo_uri: 'https://169.254.169.254/logo' }),
    data('141', 'the grant client_credentials', { grant_types: ['client_credentials'] }),
    data('141', 'the grant token-exchange', { grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:token-exchange'] }),
    registers('142', 'a wrong initial access token', GOOD, J(401, 'invalid_token'), { authorization: `Bearer ${'x'.repeat(43)}` }),
    ...['Bearer', 'Bearer  ', 'Bearer a b', 'Basic abc'].map((authorization) =>
      registers('144', `Authorization: "${authorization}" (CVE-2026-9803)`, GOOD, J(401, 'invalid_token'), { authorization }),
    ),
    registers('143', 'half an object', '{', badData),
    registers('143', 'a list', '[]', badData),
    registers('143', 'null', 'null', badData),
    registers('143', '__proto__', '{"__proto__":{"redirect_uris":["https://evil.example/cb"]}}', badData),
    registers('143', '2,000 deep (CVE-2025-6203)', `${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`, badData),
    registers(
      '143',
      'a name twice (CVE-2026-27896)',
      '{"redirect_uris":["https://a.example/cb"],"redirect_uris":["https://evil.example/cb"]}',
      badData,
    ),
    registers(
      '143',
      'a NUL in a value (GHSA-q382-vc8q-7jhj)',
      '{"client_name":"a\\u0000b","redirect_uris":["https://a.example/cb"]}',
      badData,
    ),
    registers('143', 'half a surrogate pair', '{"client_name":"a\\ud800b","redirect_uris":["https://a.example/cb"]}', badData),
    { ...registers('143', 'a form', 'a=b', badData, { 'content-type': 'application/x-www-form-urlencoded' }), entries: [] },
    { ...registers('143', '1 MB', `{"client_name":"${'a'.repeat(1_000_000)}"}`, J(413, 'invalid_request')), entries: [] },
  ]);

  it('143 members nobody knows do not reach the client: what is echoed is what is stored', async () => {
    const answer = await register(world(), {
      ...GOOD,
      status: 'verified',
      first_party: true,
      tenants: ['acme'],
      scopes: ['all'],
      id: 'web',
      registrationType: 'manual',
    });
    const body = jsonOf(answer);
    expect(answer.status).toBe(201);
    world().secrets.add(textIn(body, 'registration_access_token'));
    for (const name of ['status', 'first_party', 'tenants', 'scopes', 'id', 'registrationType']) expect(body).not.toHaveProperty(name);
    const stored = jsonOf({ ...answer, text: await (await world().hub.admin('GET', `clients/${textIn(body, 'client_id')}`)).text() });
    expect(stored).toMatchObject({ status: 'unverified', registrationType: 'dcr', firstParty: false, tenants: [] });
  });
});

async function registered(at: World, more: object = {}): Promise<{ path: string; token: string; id: string }> {
  const body = jsonOf(await register(at, { ...GOOD, ...more }));
  const token = textIn(body, 'registration_access_token');
  at.secrets.add(token);
  const id = textIn(body, 'client_id');
  return { path: `/oauth/register/${id}`, token, id };
}

/** RFC 7592; GHSA-jmcv-4jfc-6qqj, CVE-2026-41427: whoever is not the client itself is nobody. */
describe('registration: 146 management', () => {
  const methods = ['GET', 'PUT', 'DELETE'];
  const send = (at: World, method: string, path: string, token: string | undefined, body?: object): Promise<Answer> =>
    at.ask(path, {
      method,
      headers: { ...JSON_TYPE, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const with_ = (title: string, method: string, tokenOf: (at: World) => Promise<string | undefined>): Attack => ({
    number: '146',
    title: `${method} ${title}`,
    async arrange(at) {
      const { path, id } = await registered(at);
      const token = await tokenOf(at);
      return () => send(at, method, path, token, method === 'PUT' ? { ...GOOD, client_id: id } : undefined);
    },
    outcome: U('invalid_token'),
    entries: REFUSED,
  });
  attacks(world, [
    ...methods.map((method) => with_('with the token of another client', method, async (at) => (await registered(at)).token)),
    ...methods.map((method) => with_('without a token', method, async () => undefined)),
    ...methods.map((method) => with_('with the access token of a user', method, async (at) => (await at.tokens()).access)),
    with_('of a client that an administrator made', 'GET', async () => undefined),
    {
      number: '146',
      title: 'PUT that changes client_id',
      async arrange(at) {
        const { path, token } = await registered(at);
        return () => send(at, 'PUT', path, token, { ...GOOD, client_id: 'web' });
      },
      outcome: badData,
      entries: REFUSED,
    },
    {
      number: '146',
      title: 'PUT that chooses its own secret',
      async arrange(at) {
        const { path, token, id } = await registered(at, { token_endpoint_auth_method: 'client_secret_basic' });
        return () => send(at, 'PUT', path, token, { ...GOOD, client_id: id, client_secret: 'a-secret-of-my-own-choosing-000' });
      },
      outcome: badData,
      entries: REFUSED,
    },
    {
      number: '146',
      title: 'anything after DELETE',
      async arrange(at) {
        const { path, token } = await registered(at);
        mustBe(204, await send(at, 'DELETE', path, token));
        return () => send(at, 'GET', path, token);
      },
      outcome: U('invalid_token'),
      entries: REFUSED,
    },
  ]);
});

describe('registration: limits', () => {
  it('145 a flood from one address is turned away with 429 and a time to wait; nobody else is, and the log does not fill', async () => {
    const at = world();
    at.moveOn();
    const before = await photograph(at);
    const answers = await Promise.all(Array.from({ length: 60 }, () => register(at, GOOD)));
    const statuses = new Set(answers.map(({ status }) => status));
    expect([...statuses].toSorted()).toEqual([201, 429]);
    const late = answers.find(({ status }) => status === 429);
    expect(Number(late?.headers['retry-after'])).toBeGreaterThan(0);
    const made = answers.filter(({ status }) => status === 201).length;
    expect((await entriesSince(at, before)).filter(({ type }) => type === 'client.refused')).toHaveLength(0);
    expect(made).toBeLessThan(40);
    at.moveOn();
    expect((await register(at, GOOD)).status).toBe(201);
    for (const answer of answers) if (answer.status === 201) at.secrets.add(textIn(jsonOf(answer), 'registration_access_token'));
  });

  it('142 closed: nobody without an initial access token, and with one it works', async () => {
    const at = world();
    at.moveOn();
    const closed = { dcr: { mode: 'closed' } };
    expect((await at.hub.admin('PUT', SETTING, closed)).status).toBe(200);
    J(401, 'invalid_token').check(await register(at, GOOD), at.origin);
    J(401, 'invalid_token').check(await register(at, GOOD, { authorization: `Bearer ${'x'.repeat(43)}` }), at.origin);
    const made: unknown = await (await at.hub.admin('POST', `${SETTING}/tokens`, { name: 'attack', ttl: 600 })).json();
    const token = textIn(Object.fromEntries(Object.entries(made ?? {})), 'token');
    at.secrets.add(token);
    const answer = await register(at, GOOD, { authorization: `Bearer ${token}` });
    expect(answer.status).toBe(201);
    at.secrets.add(textIn(jsonOf(answer), 'registration_access_token'));
    expect((await at.hub.admin('PUT', SETTING, {})).status).toBe(200);
  });
});

checkNothingLeaked(world);
