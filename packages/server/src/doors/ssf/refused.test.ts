import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startReceiver } from '../../rooms/sinks/receiver.suite.ts';
import { SECRET, ssfWorld, type World } from './world.suite.ts';

let hub: World;
beforeAll(async () => {
  hub = await ssfWorld();
});
afterAll(() => hub.close());

const refusals = async (): Promise<number> =>
  z.object({ items: z.array(z.unknown()) }).parse(await (await hub.admin('GET', '/admin/v1/events?type=stream.refused&limit=200')).json())
    .items.length;

const ROUTES = [
  ['POST', '/ssf/v1/stream'],
  ['GET', '/ssf/v1/stream'],
  ['PATCH', '/ssf/v1/stream'],
  ['PUT', '/ssf/v1/stream'],
  ['DELETE', '/ssf/v1/stream?stream_id=str_x'],
  ['GET', '/ssf/v1/status?stream_id=str_x'],
  ['POST', '/ssf/v1/status'],
  ['POST', '/ssf/v1/subjects/add'],
  ['POST', '/ssf/v1/subjects/remove'],
  ['POST', '/ssf/v1/verify'],
  ['POST', '/ssf/v1/poll/str_x'],
] as const;

describe('the management of streams', () => {
  it.each(ROUTES)('is not for nobody, a wrong token, a token of another resource or a secret: %s %s', async (method, path) => {
    const body = method === 'GET' || method === 'DELETE' ? {} : { body: {} };
    const elsewhere = await hub.token('wide', { resource: 'http://localhost:9000/mcp', scope: 'read' });
    const basic = { authorization: `Basic ${Buffer.from(`wide:${SECRET}`).toString('base64')}` };
    for (const headers of [{}, { authorization: 'Bearer x.y.z' }, { authorization: `Bearer ${elsewhere}` }, basic]) {
      const answer = await hub.call(method, path, { ...body, headers });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    }
  });

  it('writes one entry for each token that is no good, and none for a request without', async () => {
    const before = await refusals();
    await hub.call('GET', '/ssf/v1/stream', {});
    expect(await refusals()).toBe(before);
    await hub.call('GET', '/ssf/v1/stream', { headers: { authorization: 'Bearer x.y.z' } });
    expect(await refusals()).toBe(before + 1);
  });

  it('is not for a client whose policies do not name it', async () => {
    await expect(hub.token('plain')).rejects.toThrow('invalid_target');
  });

  it('changes nothing by the right to read', async () => {
    const token = await hub.token('wide', { scope: 'ssf.read' });
    expect((await hub.call('GET', '/ssf/v1/stream', { token })).status).toBe(200);
    const made = await hub.call('POST', '/ssf/v1/stream', { token, body: {} });
    expect([made.status, made.headers.get('www-authenticate')]).toEqual([403, expect.stringContaining('insufficient_scope')]);
  });

  it('ends with the client: a frozen one gets nothing, by whatever token it had, and nothing is sent for it', async () => {
    const { id, token, poll } = await hub.polled('wide-too');
    expect((await poll()).sets).toEqual({});
    await hub.admin('POST', '/admin/v1/clients/wide-too/freeze', { reason: 'a test' });
    expect((await hub.call('POST', `/ssf/v1/poll/${id}`, { token, body: {} })).status).toBe(401);
    await hub.admin('POST', '/admin/v1/clients/wide-too/unfreeze', { reason: 'a test' });
    await hub.call('DELETE', `/ssf/v1/stream?stream_id=${id}`, { token });
  });

  it('shows nobody the stream of another client or tenant, and lets nobody touch it', async () => {
    const { id } = await hub.polled('wide');
    for (const client of ['wide-too', 'acme-ear']) {
      const token = await hub.token(client);
      const of = { stream_id: id };
      const subject = { format: 'opaque', id: 'x' };
      const tried = [
        await hub.call('GET', `/ssf/v1/stream?stream_id=${id}`, { token }),
        await hub.call('PATCH', '/ssf/v1/stream', { token, body: of }),
        await hub.call('PUT', '/ssf/v1/stream', { token, body: of }),
        await hub.call('DELETE', `/ssf/v1/stream?stream_id=${id}`, { token }),
        await hub.call('GET', `/ssf/v1/status?stream_id=${id}`, { token }),
        await hub.call('POST', '/ssf/v1/status', { token, body: { ...of, status: 'disabled' } }),
        await hub.call('POST', '/ssf/v1/subjects/remove', { token, body: { ...of, subject } }),
        await hub.call('POST', '/ssf/v1/verify', { token, body: of }),
        await hub.call('POST', `/ssf/v1/poll/${id}`, { token, body: { returnImmediately: true } }),
      ];
      expect(tried.map(({ status }) => status)).toEqual(tried.map(() => 404));
    }
    expect(await (await hub.admin('GET', `/admin/v1/streams/${id}`)).json()).toMatchObject({ status: 'enabled', pending: 0 });
  });

  it("takes nobody's acknowledgement for what another stream waits for", async () => {
    const mine = await hub.polled('wide-too');
    const theirs = await hub.polled('acme-ear');
    await hub.admin('POST', '/admin/v1/users/ann/freeze', { reason: 'a test' });
    const waiting = Object.keys((await theirs.poll()).sets);
    expect(waiting.length).toBeGreaterThan(0);
    const setErrs = Object.fromEntries(waiting.map((jti) => [jti, { err: 'invalid_request' }]));
    await mine.poll({ returnImmediately: true, ack: waiting, setErrs });
    expect(Object.keys((await theirs.poll()).sets)).toEqual(waiting);
    await hub.admin('POST', '/admin/v1/users/ann/unfreeze', { reason: 'a test' });
  });

  it.each([
    ['a private address', 'https://10.0.0.7/events'],
    ['an address of the cloud', 'https://169.254.169.254/latest'],
    ['http outside', 'http://example.com/events'],
    ['a user and password', 'https://a:b@example.com/events'],
    ['a port of another protocol', 'https://example.com:25/events'],
    ['no URL', 'gopher:x'],
  ])('pushes nowhere that it must not: %s', async (_, endpoint_url) => {
    const token = await hub.token('wide');
    const answer = await hub.call('POST', '/ssf/v1/stream', { token, body: { delivery: { method: 'urn:ietf:rfc:8935', endpoint_url } } });
    expect(answer.status).toBe(400);
  });

  it('follows no redirect of a receiver, and reads no more of its answer than an answer can be', async () => {
    const { id, token, receiver } = await hub.pushed('wide-too');
    const inside = await startReceiver();
    receiver.answer((_, count) =>
      count === 0 ? { status: 307, headers: { location: `${inside.url}/inside` } } : { status: 200, body: 'x'.repeat(100_000) },
    );
    await hub.call('POST', '/ssf/v1/verify', { token, body: { stream_id: id } });
    await hub.deliver(2);
    expect(inside.received).toEqual([]);
    expect(await (await hub.admin('GET', `/admin/v1/streams/${id}`)).json()).toMatchObject({ pending: 1, delivered: 0 });
    await hub.call('DELETE', `/ssf/v1/stream?stream_id=${id}`, { token });
    await receiver.close();
    await inside.close();
  });

  it.each([
    ['no JSON', '{'],
    ['a list', []],
    ['a delivery of no kind', { delivery: { method: 'urn:example:pigeon' } }],
    [
      'a header with a line break',
      { delivery: { method: 'urn:ietf:rfc:8935', endpoint_url: 'https://example.com/x', authorization_header: 'a\r\nb: c' } },
    ],
    ['more events than there are', { events_requested: Array.from({ length: 101 }, () => 'x') }],
  ])('answers 400 to a configuration that is none: %s', async (_, body) => {
    const token = await hub.token('wide');
    expect((await hub.call('POST', '/ssf/v1/stream', { token, body })).status).toBe(400);
  });

  it('gives a client five streams and no more, also when it asks for many at once', async () => {
    const token = await hub.token('globex-ear');
    const answers = await Promise.all(Array.from({ length: 12 }, () => hub.call('POST', '/ssf/v1/stream', { token, body: {} })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(7);
  });

  it('goes with its client', async () => {
    const { id } = await hub.polled('acme-ear');
    expect((await hub.admin('DELETE', '/admin/v1/clients/acme-ear')).status).toBe(204);
    expect((await hub.admin('GET', `/admin/v1/streams/${id}`)).status).toBe(404);
  });
});
