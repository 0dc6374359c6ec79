import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Inbound } from '../../base/http/message.ts';
import type { Call, Route } from '../../base/http/route.ts';
import { hubAuthor } from '../audit/author.ts';
import { keyRoutes } from './http.ts';
import { keyJobs } from './jobs.ts';
import { JWKS_CACHE_MS, MAX_AGE_MS } from './key.ts';
import { ringHub, type RingHub, type RingNode } from './ring.suite.ts';

let hub: RingHub;
let node: RingNode;
let routes: Route[];
beforeAll(async () => {
  hub = await ringHub();
  node = hub.node();
  await node.ring.ready();
  routes = keyRoutes({ ring: node.ring, clock: hub.clock });
});
afterAll(() => hub.close());

const request: Inbound = {
  method: 'GET',
  path: '/',
  query: '',
  header: () => undefined,
  body: '',
  ip: '127.0.0.1',
  requestId: 'req_1',
  signal: new AbortController().signal,
};

/** As the admin door calls: parsed by the route's schemas. */
async function ask(
  method: string,
  path: string,
  of: { body?: unknown; query?: unknown; params?: Record<string, string> } = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const found = routes.find((one) => one.method === method && one.path === path);
  if (found === undefined) throw new Error(`no route ${method} ${path}`);
  const call: Call = {
    request,
    params: of.params ?? {},
    now: hub.clock.now(),
    body: found.input?.body?.parse(of.body),
    query: found.input?.query?.parse(of.query ?? {}),
    admin: { kind: 'admin-token', id: 'admin', scopes: 'all' },
  };
  const reply = await found.handle(call);
  return { status: reply.status, body: JSON.parse(typeof reply.body === 'string' ? reply.body : 'null') };
}

it('lists keys by page without anything of their private halves', async () => {
  const first = await ask('GET', '/admin/v1/keys', { query: { limit: '1' } });
  expect(first.body).toMatchObject({ items: [{ alg: 'ES256', published: true, retiredAt: null }], next: expect.any(String) });
  const rest = await ask('GET', '/admin/v1/keys', { query: { cursor: first.body['next'] } });
  expect(rest.body).toMatchObject({ items: [{ alg: 'ES256', published: true }], next: null });
  expect(JSON.stringify([first, rest])).not.toMatch(/sealed|publicJwk/);
});

it('says until when to wait before a rotation, and rotates when forced or when it is time', async () => {
  const refused = await ask('POST', '/admin/v1/keys/rotate');
  expect(refused).toMatchObject({ status: 409, body: { type: 'urn:writ:problem:not_seasoned' } });
  expect(refused.body['detail']).toContain(new Date(hub.clock.now() + 2 * JWKS_CACHE_MS).toISOString());
  const before = node.ring.signer().kid;
  expect(await ask('POST', '/admin/v1/keys/rotate', { body: { force: true } })).toMatchObject({
    status: 200,
    body: { rotated: [{ alg: 'ES256', retired: before }] },
  });
  hub.clock.advance(2 * JWKS_CACHE_MS);
  expect(await ask('POST', '/admin/v1/keys/rotate', { body: { alg: 'ES256' } })).toMatchObject({
    status: 200,
    body: { rotated: [{ active: node.ring.signer().kid }] },
  });
  expect(await ask('POST', '/admin/v1/keys/rotate', { body: { alg: 'EdDSA' } })).toMatchObject({ status: 200, body: { rotated: [] } });
});

it('revokes a key, and answers 404 for one that is not there', async () => {
  const kid = node.ring.signer().kid;
  expect(await ask('POST', '/admin/v1/keys/:id/revoke', { params: { id: kid } })).toEqual({
    status: 200,
    body: { id: kid, state: 'revoked', moved: true },
  });
  expect(await ask('POST', '/admin/v1/keys/:id/revoke', { params: { id: 'key_none' } })).toMatchObject({ status: 404 });
});

it('rotates by itself when the key is 90 days old, and not before', async () => {
  const [job] = keyJobs(node.ring);
  const kid = node.ring.signer().kid;
  await job?.run();
  expect(node.ring.signer().kid).toBe(kid);
  hub.clock.advance(MAX_AGE_MS);
  await job?.run();
  expect(node.ring.signer().kid).not.toBe(kid);
});

it('leaves a key that is due alone while its successor is too young', async () => {
  await node.ring.rotate(hubAuthor('test'), { force: true });
  hub.clock.advance(MAX_AGE_MS);
  const next = node.ring.list().find((key) => key.state === 'next')?.id ?? '';
  await node.ring.revoke(next, hubAuthor('test'));
  const kid = node.ring.signer().kid;
  await keyJobs(node.ring)[0]?.run();
  expect(node.ring.signer().kid).toBe(kid);
});
