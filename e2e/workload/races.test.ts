import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encode, FORM, basic, jsonOf } from '../attacks/ask.ts';
import type { Params } from '../attacks/ask.ts';
import { KEYS, RESOURCE } from '../attacks/furniture.ts';
import { openTwoHubs } from '../races/two-hubs.ts';
import type { TwoHubs } from '../races/two-hubs.ts';

const SECRET = 'a-long-secret-of-the-broker';
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
let hubs: TwoHubs;

beforeAll(async () => {
  hubs = await openTwoHubs();
  const jwks = { keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'p-1', alg: 'ES256' }] };
  await hubs.first.hub.apply({
    issuers: [
      { id: 'platform', issuer: 'https://platform.example', jwks },
      { id: 'idp', issuer: 'https://idp.example', jwks, tenant: 'acme', purposes: ['id_jag'], users: {} },
    ],
    clients: [
      { id: 'pod', name: 'Pod', kind: 'service', workload: [{ issuer: 'platform', subject: 'pod-1' }] },
      { id: 'broker', name: 'Broker', kind: 'agent', grants: ['jwt_bearer'], auth: { secrets: [{ value: SECRET }] } },
    ],
    policies: [{ id: 'bearers', effect: 'allow', subject: { clients: ['pod', 'broker'] }, target: { resources: ['ops'] }, scopes: 'all' }],
  });
  // The second node hears of it a moment later; whoever it does not know yet it refuses, which would look like a race that was won.
  while (!(await bothKnow())) await sleep(100);
});
afterAll(() => hubs.close());

const bothKnow = async (): Promise<boolean> => {
  const assertions = [await signed({}), await signed({})];
  const answers = await hubs.each(assertions.map((assertion) => sent({ grant_type: JWT_BEARER, resource: RESOURCE, assertion })));
  return won(answers) === 2;
};

let count = 0;
const signed = (more: Record<string, unknown>, typ = 'JWT'): Promise<string> => {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: 'https://platform.example',
    sub: 'pod-1',
    aud: hubs.first.origin,
    iat: now,
    exp: now + 300,
    jti: `r-${(count += 1)}`,
    ...more,
  };
  return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'p-1', typ }).sign(pair.privateKey);
};
const sent = (params: Params, headers: Record<string, string> = {}) => ({
  path: '/oauth/token',
  asked: { method: 'POST', headers: { ...FORM, ...headers }, body: encode(params) },
});
const race = (params: Params, times: number, headers: Record<string, string> = {}) =>
  hubs.race(times, '/oauth/token', sent(params, headers).asked);
const won = (answers: Awaited<ReturnType<typeof race>>): number => answers.filter(({ status }) => status === 200).length;

/** GHSA-7w99-5wm4-3g79 for assertions: checked and marked in two steps, each of several would pass. */
describe('two nodes, many at once: assertions', () => {
  it('124 one assertion of a workload as a grant: one gets a token', async () => {
    for (let round = 0; round < 3; round += 1) {
      const answers = await race({ grant_type: JWT_BEARER, resource: RESOURCE, assertion: await signed({}) }, 50);
      expect(won(answers)).toBe(1);
      for (const answer of answers.filter(({ status }) => status !== 200)) expect(jsonOf(answer)['error']).toBe('invalid_grant');
    }
  });

  it('124 one assertion of a workload as client authentication: one gets a token', async () => {
    const form = async (): Promise<Params> => ({
      grant_type: 'client_credentials',
      resource: RESOURCE,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await signed({}),
    });
    expect(won(await race(await form(), 50))).toBe(1);
  });

  it('124 one ID-JAG of somebody new: one token, and one user is made', async () => {
    const claims = { iss: 'https://idp.example', sub: 'new-1', client_id: 'broker', resource: RESOURCE, email: 'new@acme.test' };
    const assertion = await signed(claims, 'oauth-id-jag+jwt');
    expect(won(await race({ grant_type: JWT_BEARER, assertion }, 50, basic('broker', SECRET)))).toBe(1);
    const [row] = await hubs.first.database.query(`SELECT count(*)::int AS count FROM users WHERE email = 'new@acme.test'`);
    expect(row).toEqual({ count: 1 });
  });

  it('many ID-JAGs of one new person: all get a token, and one user is made', async () => {
    const claims = { iss: 'https://idp.example', sub: 'new-2', client_id: 'broker', resource: RESOURCE, email: 'two@acme.test' };
    const requests = await Promise.all(
      Array.from({ length: 20 }, async () =>
        sent({ grant_type: JWT_BEARER, assertion: await signed(claims, 'oauth-id-jag+jwt') }, basic('broker', SECRET)),
      ),
    );
    expect(won(await hubs.each(requests))).toBe(20);
    const [row] = await hubs.first.database.query(`SELECT count(*)::int AS count FROM users WHERE email = 'two@acme.test'`);
    expect(row).toEqual({ count: 1 });
  });

  it('069 one assertion of a client with a key of its own: one gets a token', async () => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: 'signer', sub: 'signer', aud: hubs.first.origin, iat: now, exp: now + 60, jti: 'signer-once' };
    const assertion = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 's-1' }).sign(KEYS.signer.privateKey);
    const form = {
      grant_type: 'client_credentials',
      scope: 'incidents:read',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    };
    expect(won(await race(form, 50))).toBe(1);
  });
});
