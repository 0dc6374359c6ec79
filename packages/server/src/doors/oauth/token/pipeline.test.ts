import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyChains } from '../../../rooms/audit/read.store.ts';
import { basic, claimsOf, openWorld, OPS, SECRET, type Answer, type World } from './world.suite.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const CC = { grant_type: 'client_credentials', resource: OPS, scope: 'incidents:read' };

type Attack = { name: string; send(): Promise<Answer>; answer: readonly [number, string]; entries: number };

/** The raw request, for what a form cannot say. */
async function raw(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
  init: { method?: string; path?: string } = {},
): Promise<Answer> {
  const { method = 'POST', path = '/oauth/token' } = init;
  const response = await world.house.fetch(
    new Request(`${world.issuer}${path}`, { method, headers, ...(method === 'GET' ? {} : { body }) }),
  );
  return { status: response.status, body: JSON.parse(await response.text()), headers: response.headers };
}
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

const ATTACKS: Attack[] = [
  { name: '061 no client authentication at all', send: () => world.token(CC), answer: [401, 'invalid_client'], entries: 1 },
  {
    name: '062 a wrong secret',
    send: () => world.token(CC, basic('worker', 'not-the-secret-of-it')),
    answer: [401, 'invalid_client'],
    entries: 1,
  },
  { name: '062 an unknown client', send: () => world.token(CC, basic('nobody')), answer: [401, 'invalid_client'], entries: 1 },
  {
    name: '063 Basic and body secret together',
    send: () => world.token({ ...CC, client_id: 'worker', client_secret: SECRET }, basic('worker')),
    answer: [400, 'invalid_request'],
    entries: 1,
  },
  {
    name: '064 Basic user is not the client_id of the body',
    send: () => world.token({ ...CC, client_id: 'loner' }, basic('worker')),
    answer: [400, 'invalid_request'],
    entries: 1,
  },
  {
    name: '065 the secret in the URL',
    send: () => raw(new URLSearchParams(CC).toString(), FORM, { path: `/oauth/token?client_id=worker&client_secret=${SECRET}` }),
    answer: [400, 'invalid_request'],
    entries: 0,
  },
  {
    name: '065 GET',
    send: () => raw('', {}, { method: 'GET', path: `/oauth/token?grant_type=client_credentials&client_id=worker&client_secret=${SECRET}` }),
    answer: [405, 'invalid_request'],
    entries: 0,
  },
  {
    name: '066 a confidential client sends only its client_id',
    send: () => world.token({ ...CC, client_id: 'worker' }),
    answer: [401, 'invalid_client'],
    entries: 1,
  },
  {
    name: '071 grant_type absent',
    send: () => world.token({ resource: OPS }, basic('worker')),
    answer: [400, 'invalid_request'],
    entries: 0,
  },
  {
    name: '071 grant_type twice',
    send: () => raw('grant_type=client_credentials&grant_type=client_credentials', { ...FORM, ...basic('worker') }),
    answer: [400, 'invalid_request'],
    entries: 0,
  },
  ...[
    'password',
    'implicit',
    'urn:ietf:params:oauth:grant-type:saml2-bearer',
    'CLIENT_CREDENTIALS',
    '__proto__',
    'constructor',
    'x'.repeat(10_000),
    `${'x'.repeat(99)}😀`,
  ].map((grant_type) => ({
    name: `071 grant_type ${grant_type.slice(0, 50)}`,
    send: () => world.token({ ...CC, grant_type }, basic('worker')),
    answer: [400, 'unsupported_grant_type'] as const,
    entries: 1,
  })),
  {
    name: '072 a scope of 100 KB',
    send: () => world.token({ ...CC, scope: 'a '.repeat(50_000) }, basic('worker')),
    answer: [400, 'invalid_scope'],
    entries: 0,
  },
  {
    name: '072 a scope of 10,000 words',
    send: () => world.token({ ...CC, scope: Array.from({ length: 10_000 }, (_, n) => `s${n}`).join(' ') }, basic('worker')),
    answer: [400, 'invalid_scope'],
    entries: 0,
  },
  {
    name: '072 a scope with a quote',
    send: () => world.token({ ...CC, scope: 'a"b' }, basic('worker')),
    answer: [400, 'invalid_scope'],
    entries: 0,
  },
  ...[
    '',
    'Basic',
    'Basic %%%',
    'Basic bm9jb2xvbg==',
    `Basic ${Buffer.from('a\0b:c').toString('base64')}`,
    'Bearer x',
    'Negotiate',
    `Basic ${'A'.repeat(60_000)}`,
  ].map((authorization) => ({
    name: `073 Authorization: ${authorization.slice(0, 40)}`,
    send: () => world.token(CC, { authorization }),
    answer: [401, 'invalid_client'] as const,
    entries: 1,
  })),
  {
    name: '074 a JSON body',
    send: () => raw(JSON.stringify(CC), { 'content-type': 'application/json', ...basic('worker') }),
    answer: [400, 'invalid_request'],
    entries: 0,
  },
  {
    name: '074 a multipart body',
    send: () => raw('--x--', { 'content-type': 'multipart/form-data; boundary=x', ...basic('worker') }),
    answer: [400, 'invalid_request'],
    entries: 0,
  },
  {
    name: '074 a compressed body',
    send: () => raw('x', { ...FORM, 'content-encoding': 'gzip', ...basic('worker') }),
    answer: [415, 'invalid_request'],
    entries: 0,
  },
  {
    name: '074 charset utf-16',
    send: () =>
      raw('grant_type=client_credentials', { 'content-type': 'application/x-www-form-urlencoded; charset=utf-16', ...basic('worker') }),
    answer: [400, 'invalid_request'],
    entries: 0,
  },
  {
    name: '074 bytes that are not UTF-8',
    send: () => raw(new Uint8Array([0x61, 0x3d, 0xff, 0xfe]), { ...FORM, ...basic('worker') }),
    answer: [400, 'invalid_request'],
    entries: 0,
  },
  { name: 'an empty body', send: () => raw('', { ...FORM, ...basic('worker') }), answer: [400, 'invalid_request'], entries: 0 },
  {
    name: 'a body of a megabyte',
    send: () => raw('a'.repeat(1_000_000), { ...FORM, ...basic('worker') }),
    answer: [413, 'invalid_request'],
    entries: 0,
  },
];

describe('POST /oauth/token', () => {
  it.each(ATTACKS)('$name', async ({ send, answer, entries: expected }) => {
    const before = await world.counts();
    const { result, entries } = await world.during(send);
    expect([result.status, result.body['error']]).toEqual(answer);
    expect(result.headers.get('cache-control')).toBe('no-store');
    expect(result.headers.get('content-type')).toBe('application/json');
    expect(result.headers.get('location')).toBeNull();
    expect(result.body['error_description']).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/);
    expect(result.body['request_id']).toBe(result.headers.get('x-request-id'));
    if (answer[0] === 401) expect(result.headers.get('www-authenticate')).toMatch(/^Basic /);
    expect(entries.map(({ type, outcome, request }) => ({ type, outcome, request }))).toEqual(
      Array.from({ length: expected }, () => ({ type: 'token.refused', outcome: 'refused', request: result.body['request_id'] })),
    );
    expect(JSON.stringify(entries)).not.toContain(SECRET);
    expect(await world.counts()).toEqual(before);
    expect((await world.token(CC, basic('worker'))).status).toBe(200);
  });

  it('says the same to an unknown client and to a wrong secret', async () => {
    const strip = ({ status, body: { request_id: _, ...body } }: Answer) => ({ status, body });
    expect(strip(await world.token(CC, basic('nobody')))).toEqual(strip(await world.token(CC, basic('worker', 'not-the-secret-of-it'))));
  });

  it('takes the secret by Basic, raw as the TypeScript SDK sends it, or by the body', async () => {
    expect((await world.token(CC, basic('worker'))).status).toBe(200);
    expect((await world.token({ ...CC, client_id: 'worker', client_secret: SECRET })).status).toBe(200);
    const encoded = Buffer.from(`worker:${encodeURIComponent(SECRET)}`).toString('base64');
    expect((await world.token(CC, { authorization: `Basic ${encoded}` })).status).toBe(200);
  });

  it('is readable from any origin, without credentials', async () => {
    const { headers } = await world.token(CC, { ...basic('worker'), origin: 'https://evil.test' });
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    const preflight = await world.house.fetch(
      new Request(`${world.issuer}/oauth/token`, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://x.test',
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'mcp-protocol-version',
        },
      }),
    );
    expect(preflight.headers.get('access-control-allow-headers')).toMatch(/mcp-protocol-version/i);
  });

  it('gives each of two hundred interleaved callers its own token', async () => {
    const clients = ['worker', 'loner'];
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => world.token(CC, basic(clients[n % 2] ?? ''))));
    answers.forEach(({ body }, n) => expect(claimsOf(body['access_token'])['sub']).toBe(clients[n % 2]));
    expect(new Set(answers.map(({ body }) => claimsOf(body['access_token'])['jti'])).size).toBe(200);
  });

  it('leaves chains that verify', async () => {
    expect(await verifyChains(world.house.rooms.database.db)).toMatchObject({ ok: true });
  });
});
