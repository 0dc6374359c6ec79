import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hubAuthor } from '../audit/author.ts';
import { JWKS_CACHE_MS } from './key.ts';
import { claimsAt, ISSUER, ringHub, type RingHub, type RingNode } from './ring.suite.ts';

let hub: RingHub;
let node: RingNode;
beforeAll(async () => {
  hub = await ringHub();
  node = hub.node();
  await node.ring.ready();
});
afterAll(() => hub.close());

/** What a resource server does: it keeps the set for as long as Cache-Control lets it, and never asks sooner. */
function verifier() {
  let set: { fetchedAt: number; keys: ReturnType<typeof createLocalJWKSet> } | undefined;
  return async (jwt: string): Promise<unknown> => {
    const now = hub.clock.now();
    if (set === undefined || now - set.fetchedAt >= JWKS_CACHE_MS) {
      const document: JSONWebKeySet = JSON.parse(JSON.stringify(node.ring.jwks()));
      set = { fetchedAt: now, keys: createLocalJWKSet(document) };
    }
    return jwtVerify(jwt, set.keys, { issuer: ISSUER, audience: 'https://api.test/mcp', typ: 'at+jwt', currentDate: new Date(now) });
  };
}

it('F14: rotates twenty times under a verifier whose JWKS is up to 15 minutes old, and not one token fails', async () => {
  const verify = verifier();
  let live: { jwt: string; until: number }[] = [];
  let rotations = 0;
  let verified = 0;
  while (rotations < 20) {
    const now = hub.clock.now();
    const claims = claimsAt(now);
    live = [...live.filter(({ until }) => until > now), { jwt: node.ring.signer().sign('at+jwt', claims), until: now + 600_000 }];
    const outcome = await node.ring.rotate(hubAuthor('test'));
    if (outcome.ok) rotations += outcome.value.length;
    live.push({ jwt: node.ring.signer().sign('at+jwt', claims), until: now + 600_000 });
    for (const { jwt } of live) {
      await verify(jwt);
      verified += 1;
    }
    // An odd step, so that rotations meet every age of the verifier's copy.
    hub.clock.advance(7 * 60_000 + 13_000);
  }
  expect(verified).toBeGreaterThan(200);
});

it('F14: the same verifier does fail when a rotation is forced, so the waiting is what protects it', async () => {
  const verify = verifier();
  await verify(node.ring.signer().sign('at+jwt', claimsAt(hub.clock.now())));
  await node.ring.rotate(hubAuthor('test'), { force: true });
  await node.ring.rotate(hubAuthor('test'), { force: true });
  await expect(verify(node.ring.signer().sign('at+jwt', claimsAt(hub.clock.now())))).rejects.toThrow(/no applicable key/);
});
