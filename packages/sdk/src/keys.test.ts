import { afterEach, expect, test } from 'vitest';
import { createResource } from './resource.ts';
import type { Wire } from './wire.suite.ts';
import { makeKey, startWire } from './wire.suite.ts';

const RESOURCE = 'http://localhost:9000/mcp';
const MINUTE = 60_000;
let wire: Wire;
afterEach(() => wire.stop());

/** A resource whose clock the test moves. */
async function begin() {
  wire = await startWire(RESOURCE);
  const time = { skipped: 0 };
  const resource = createResource({ issuer: wire.issuer, resource: RESOURCE, clock: () => Date.now() + time.skipped });
  const verify = async (kid?: string) => {
    const now = Math.floor((Date.now() + time.skipped) / 1000);
    return resource.verify(await wire.mint({ claims: { iat: now, exp: now + 600 }, ...(kid !== undefined && { kid }) }));
  };
  return { time, resource, verify };
}

test('keys are fetched once however many tokens wait for them', async () => {
  const { verify } = await begin();
  const results = await Promise.all(Array.from({ length: 50 }, () => verify()));
  expect(results.every((result) => result.ok)).toBe(true);
  expect(wire.countOf('/oauth/jwks')).toBe(1);
});

test('a flood of unknown key ids causes one fetch a minute', async () => {
  const { time, resource, verify } = await begin();
  await verify();
  const flood = async (): Promise<void> => {
    for (let at = 0; at < 40; at += 1) {
      const refused = await resource.verify(await wire.mint({ header: { kid: `made-up-${at}` } }));
      expect(refused).toMatchObject({ ok: false, reason: 'key' });
    }
  };
  await flood();
  expect(wire.countOf('/oauth/jwks')).toBe(2);
  time.skipped += MINUTE;
  await flood();
  expect(wire.countOf('/oauth/jwks')).toBe(3);
});

test('a key that the hub has just begun to use is found at once', async () => {
  const { verify } = await begin();
  await verify();
  wire.keys.push(await makeKey('ES256', 'es-2'));
  expect(await verify('es-2')).toMatchObject({ ok: true });
});

test('a withdrawn key stops working within ten minutes', async () => {
  const { time, resource, verify } = await begin();
  await verify();
  const old = wire.keys.splice(0, 1, await makeKey('ES256', 'es-2'));
  time.skipped += 11 * MINUTE;
  wire.keys.push(...old);
  const now = Math.floor((Date.now() + time.skipped) / 1000);
  const token = await wire.mint({ kid: 'es-1', claims: { iat: now, exp: now + 600 } });
  wire.keys.pop();
  expect(await resource.verify(token)).toMatchObject({ ok: false, reason: 'key' });
});

test('an outage of the hub does not cut off tokens signed by known keys, but not for ever', async () => {
  const { time, verify } = await begin();
  await verify();
  await wire.stop();
  time.skipped += 20 * MINUTE;
  expect(await verify()).toMatchObject({ ok: true });
  time.skipped += 50 * MINUTE;
  expect(await verify()).toMatchObject({ ok: false, error: 'temporarily_unavailable', reason: 'issuer_unreachable' });
});

test('a hub that never answered is no reason to call a token invalid', async () => {
  const { time, verify } = await begin();
  wire.answer('/oauth/jwks', (res) => res.writeHead(500).end());
  expect(await verify()).toMatchObject({ error: 'temporarily_unavailable' });
  wire.answer('/oauth/jwks', (res) => res.writeHead(200).end(JSON.stringify({ keys: wire.keys.map((key) => key.publicJwk) })));
  time.skipped += 2_000;
  expect(await verify()).toMatchObject({ ok: true });
});

test.each([
  ['HTML', '<html>'],
  ['five megabytes', JSON.stringify({ keys: [], pad: 'x'.repeat(5_000_000) })],
  ['an array', '[]'],
  ['no keys', '{}'],
])('keys that are %s are not taken', async (_, body) => {
  const { verify } = await begin();
  wire.answer('/oauth/jwks', (res) => res.writeHead(200, { 'content-type': 'application/json' }).end(body));
  expect(await verify()).toMatchObject({ ok: false, error: 'temporarily_unavailable' });
});

test('metadata of another issuer, a redirect, and keys from a foreign http origin are not followed', async () => {
  const stranger = await startWire(RESOURCE);
  const answers = [
    (issuer: string) => ({ issuer: `${issuer}/`, jwks_uri: `${issuer}/oauth/jwks` }),
    (issuer: string) => ({ issuer, jwks_uri: `${stranger.issuer}/oauth/jwks` }),
  ];
  for (const make of answers) {
    const { verify } = await begin();
    wire.answer('/.well-known/oauth-authorization-server', (res) => res.writeHead(200).end(JSON.stringify(make(wire.issuer))));
    expect(await verify()).toMatchObject({ error: 'temporarily_unavailable' });
    await wire.stop();
  }
  const { verify } = await begin();
  wire.answer('/oauth/jwks', (res) => res.writeHead(302, { location: `${stranger.issuer}/oauth/jwks` }).end());
  expect(await verify()).toMatchObject({ error: 'temporarily_unavailable' });
  expect(stranger.requests).toEqual([]);
  await stranger.stop();
});

test('symmetric, mislabelled and broken keys in the set are passed over', async () => {
  const { verify } = await begin();
  const good = wire.keys[0]?.publicJwk;
  const bad = [
    { kty: 'oct', kid: 'es-1', k: 'AAAA' },
    { ...good, kid: 'x', alg: 'RS256' },
    { ...good, kid: 'y', x: 'AA' },
    7,
    null,
    { ...good, use: 'enc', kid: 'z' },
  ];
  wire.answer('/oauth/jwks', (res) => res.writeHead(200).end(JSON.stringify({ keys: [...bad, good] })));
  expect(await verify()).toMatchObject({ ok: true });
});
