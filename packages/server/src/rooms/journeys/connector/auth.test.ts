import { createHmac, createPublicKey, generateKeyPairSync, verify, constants } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json, SECRETS, service, type Heard, type Service } from './service.suite.ts';

const keys = {
  ed25519: generateKeyPairSync('ed25519'),
  p256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
};
const pem = (name: keyof typeof keys): string => keys[name].privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

let at: Service;
beforeAll(async () => {
  at = await service({
    ed25519: { value: pem('ed25519') },
    p256: { value: pem('p256') },
    rsa: { value: pem('rsa') },
    p384: { value: pem('p384') },
    short: { value: 'abc' },
    lines: { value: 'a\r\nx: y' },
  });
  at.on('/x', (response) => json(response, {}));
});
afterAll(() => at.close());

const POST = { method: 'POST', body: { kind: 'json', value: { a: 1 } } } as const;
const last = (): Heard => at.heard.at(-1) ?? { method: '', path: '', headers: {}, body: '' };

describe('a call proves itself', () => {
  it('by a bearer token, a name with a password, or a key in a header', async () => {
    await at.call('/x', { auth: { kind: 'bearer', secret: 'plain' } });
    expect(last().headers.authorization).toBe(`Bearer ${SECRETS.plain}`);
    await at.call('/x', { auth: { kind: 'basic', user: 'hub', secret: 'plain' } });
    expect(last().headers.authorization).toBe(`Basic ${Buffer.from(`hub:${SECRETS.plain}`).toString('base64')}`);
    await at.call('/x', { auth: { kind: 'apiKey', header: 'X-Api-Key', secret: 'plain' } });
    expect(last().headers['x-api-key']).toBe(SECRETS.plain);
  });

  it('by an HMAC over the time and the body, which a receiver can check', async () => {
    await at.call('/x', { ...POST, auth: { kind: 'hmac', header: 'x-signature', secret: 'shared' } });
    const [, t = '', v1 = ''] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(last().headers['x-signature'])) ?? [];
    expect(Number(t) * 1000).toBe(at.clock.now());
    expect(v1).toBe(createHmac('sha256', SECRETS.shared).update(`${t}.${last().body}`).digest('hex'));
  });

  /** A receiver as RFC 9421 §3.2 describes it: the base is made again from what arrived and what Signature-Input lists. */
  function baseOf({ method, path, headers }: Heard): { base: string; signature: Buffer; params: string } {
    const params = String(headers['signature-input']).replace(/^writ=/, '');
    const names = [...(/^\(([^)]*)\)/.exec(params)?.[1] ?? '').matchAll(/"([^"]+)"/g)].map(([, name = '']) => name);
    const valueOf = (name: string): string =>
      name === '@method' ? method : name === '@target-uri' ? `http://127.0.0.1:${at.peer.port}${path}` : String(headers[name]);
    const lines = [...names.map((name) => `"${name}": ${valueOf(name)}`), `"@signature-params": ${params}`];
    const encoded = /^writ=:(.*):$/.exec(String(headers['signature']))?.[1] ?? '';
    return { base: lines.join('\n'), signature: Buffer.from(encoded, 'base64'), params };
  }

  it.each([
    ['ed25519', 'ed25519', null, {}],
    ['p256', 'ecdsa-p256-sha256', 'sha256', { dsaEncoding: 'ieee-p1363' }],
    ['rsa', 'rsa-pss-sha512', 'sha512', { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 }],
  ] as const)('by a message signature with a key of %s (RFC 9421)', async (name, alg, digest, options) => {
    await at.call('/x?q=1', { ...POST, auth: { kind: 'signature', key: name } });
    const { base, signature, params } = baseOf(last());
    expect(params).toMatch(/^\("@method" "@target-uri" "content-type" "content-digest" "idempotency-key"\);created=\d+;/);
    expect(params).toContain(`keyid="${name}";alg="${alg}"`);
    const key = createPublicKey(keys[name].publicKey.export({ type: 'spki', format: 'pem' }));
    expect(verify(digest, Buffer.from(base), { key, ...options }, signature)).toBe(true);
    expect(verify(digest, Buffer.from(base.replace('q=1', 'q=2')), { key, ...options }, signature)).toBe(false);
  });

  it('by a message signature with a shared secret, over what is there', async () => {
    await at.call('/x', { auth: { kind: 'signature', key: 'shared' } });
    const { base, signature, params } = baseOf(last());
    expect(params).toMatch(/^\("@method" "@target-uri"\)/);
    expect(signature.equals(createHmac('sha256', SECRETS.shared).update(base).digest())).toBe(true);
  });

  it.each([
    ['a name that there is not', { kind: 'bearer', secret: 'nobody' }, 'secret_unknown'],
    ['a secret that is for another host', { kind: 'bearer', secret: 'elsewhere' }, 'secret_host'],
    ['a secret that would be a second header', { kind: 'apiKey', header: 'x-key', secret: 'lines' }, 'secret_unusable'],
    ['a shared secret that can be guessed', { kind: 'signature', key: 'short' }, 'secret_unusable'],
    ['a key on another curve', { kind: 'signature', key: 'p384' }, 'secret_unusable'],
    ['a name with a colon', { kind: 'basic', user: 'a:b', secret: 'plain' }, 'bad_request'],
    ['a header of the connection', { kind: 'apiKey', header: 'Host', secret: 'plain' }, 'bad_request'],
  ] as const)('not by %s: nothing is sent', async (_, auth, reason) => {
    const before = at.heard.length;
    expect((await at.call('/x', { auth })).answer).toEqual({ kind: 'failed', reason });
    expect(at.heard.length).toBe(before);
  });
});

describe('a client of its own (RFC 6749 §4.4)', () => {
  const authAt = (own: Service, scope = 'plans') =>
    ({ kind: 'clientCredentials', tokenUrl: `http://127.0.0.1:${own.peer.port}/token`, clientId: 'hub', secret: 'plain', scope }) as const;

  it('asks for one token and keeps it, also for calls at once', async () => {
    const own = await service();
    own.on('/token', (response) => json(response, { access_token: 'at-1', token_type: 'Bearer', expires_in: 300 }));
    own.on('/x', (response) => json(response, {}));
    const auth = authAt(own);
    await Promise.all(Array.from({ length: 8 }, () => own.call('/x', { auth })));
    const asked = own.heard.filter(({ path }) => path === '/token');
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ body: 'grant_type=client_credentials&scope=plans' });
    expect(asked[0]?.headers.authorization).toBe(`Basic ${Buffer.from(`hub:${SECRETS.plain}`).toString('base64')}`);
    expect(own.heard.filter(({ path }) => path === '/x').map(({ headers }) => headers.authorization)).toEqual(
      Array.from({ length: 8 }, () => 'Bearer at-1'),
    );
    own.clock.advance(290_000);
    await own.call('/x', { auth });
    expect(own.heard.filter(({ path }) => path === '/token')).toHaveLength(2);
    await own.close();
  });

  it('takes a token to no host that its secret may not go to: nothing is asked for', async () => {
    const own = await service();
    own.on('/token', (response) => json(response, { access_token: 'at-1', token_type: 'Bearer' }));
    own.on('/x', (response) => json(response, {}));
    const auth = authAt(own);
    for (const url of ['https://elsewhere.example.com/x', `http://localhost:${own.peer.port}/x`])
      expect((await own.call('/x', { url, auth })).answer).toEqual({ kind: 'failed', reason: 'secret_host' });
    expect(own.heard).toEqual([]);
    await own.close();
  });

  it('shows an inspector none of it, also where the service repeats what it was sent', async () => {
    const own = await service();
    own.on('/token', (response) => json(response, { access_token: 'canary-token-of-a-service-1', token_type: 'Bearer' }));
    own.on('/x', (response, { headers }) => json(response, { note: `you sent ${String(headers.authorization)}, and so it is` }));
    const { answer, traffic } = await own.call('/x', { auth: authAt(own) });
    expect(JSON.stringify(answer)).toContain('canary-token');
    expect(JSON.stringify(traffic)).not.toContain('canary-token');
    await own.close();
  });

  it('asks for a new one after 401, and for another scope', async () => {
    const own = await service();
    own.on('/token', (response, _heard, nth) => json(response, { access_token: `at-${nth}`, token_type: 'Bearer' }));
    own.on('/x', (response, heard) => json(response, {}, heard.headers.authorization === 'Bearer at-1' ? 401 : 200));
    expect((await own.call('/x', { auth: authAt(own) })).answer).toMatchObject({ status: 401 });
    expect((await own.call('/x', { auth: authAt(own) })).answer).toMatchObject({ status: 200 });
    await own.call('/x', { auth: authAt(own, 'other') });
    expect(own.heard.filter(({ path }) => path === '/token')).toHaveLength(3);
    await own.close();
  });

  it.each([
    [400, { error: 'invalid_client' }, 'token_refused'],
    [200, { access_token: 'x', token_type: 'mac' }, 'token_unavailable'],
    [500, {}, 'token_unavailable'],
  ])('fails when the token endpoint answers %i %j', async (status, body, reason) => {
    const own = await service();
    own.on('/token', (response) => json(response, body, status));
    expect((await own.call('/x', { auth: authAt(own) })).answer).toEqual({ kind: 'failed', reason });
    expect(own.heard).toHaveLength(1);
    await own.close();
  });

  it('waits for a slow token endpoint no longer than the call may take', async () => {
    const own = await service();
    own.on('/token', () => undefined);
    expect((await own.call('/x', { auth: authAt(own), timeout: 150 })).answer).toEqual({ kind: 'failed', reason: 'timeout' });
    await own.close();
  });
});
