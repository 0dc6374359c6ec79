import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ANSWERS, bomb } from './answers.suite.ts';
import { createOutbound, type Outbound } from './outbound.ts';
import { httpPeer, rawPeer, type Peer } from './peer.suite.ts';

const bounds = { maxBytes: 10_000, timeoutMs: 60_000 };
let closed: Promise<unknown>;
let peer: Peer;
let inner: Peer;
let outbound: Outbound;

beforeAll(async () => {
  inner = await httpPeer((_, response) => response.end('inner'));
  peer = await httpPeer((request, response) => {
    closed = once(response, 'close');
    const status = /^\/to\/(\d+)$/.exec(request.url ?? '')?.[1];
    if (status !== undefined) return response.writeHead(Number(status), { location: `http://127.0.0.1:${inner.port}/` }).end('moved');
    return ANSWERS[request.url ?? '']?.(request, response);
  });
});

beforeEach(() => {
  outbound = createOutbound({ allowLoopback: true });
  return () => outbound.close();
});

afterAll(async () => {
  await Promise.all([peer.close(), inner.close()]);
});

const at = (path: string): string => `http://127.0.0.1:${peer.port}${path}`;

describe('an answer', () => {
  it.each([
    ['/plain', 200, 'plain'],
    ['/404', 404, 'nothing'],
    ['/304', 304, ''],
    ['/gzip', 200, 'packed'],
    ['/deflate', 200, 'packed'],
    ['/br', 200, 'packed'],
  ])('from %s arrives with its status and decoded', async (path, status, text) => {
    const result = await outbound.get(at(path), bounds);
    expect(result).toMatchObject({ ok: true, status, body: Buffer.from(text) });
    expect(result.ok && result.headers.has('content-encoding')).toBe(false);
  });

  it('may be exactly as large as allowed', async () => {
    expect(await outbound.get(at('/exact'), bounds)).toMatchObject({ ok: true });
  });

  it('to HEAD has no body though it names a length', async () => {
    expect(await outbound.request({ ...bounds, method: 'HEAD', url: at('/announced') })).toMatchObject({ ok: true, body: Buffer.from('') });
  });

  it('to POST saw the method, the headers and the body', async () => {
    const result = await outbound.request({
      ...bounds,
      method: 'POST',
      url: at('/echo'),
      headers: { 'Content-Type': 'text/x' },
      body: 'ping',
    });
    expect(result).toMatchObject({ ok: true, body: Buffer.from('ping') });
    expect(result.ok && [result.headers.get('x-method'), result.headers.get('x-type')]).toEqual(['POST', 'text/x']);
  });

  it('keeps several cookies apart', async () => {
    const result = await outbound.get(at('/cookies'), bounds);
    expect(result.ok && result.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });

  it('comes from localhost by name as well', async () => {
    expect(await outbound.get(`http://localhost:${peer.port}/plain`, bounds)).toMatchObject({ ok: true });
  });
});

describe('a peer that means harm', () => {
  it.each(['/bomb', '/endless-members', '/endless', '/announced'])('is cut off when it sends too much: %s', async (path) => {
    expect(bomb.length).toBeGreaterThan(bounds.maxBytes);
    expect(await outbound.get(at(path), bounds)).toMatchObject({ ok: false, reason: 'too_large' });
    await closed;
  });

  it('is cut off when little on the wire becomes much', async () => {
    expect(await outbound.get(at('/bomb'), { ...bounds, maxBytes: bomb.length + 1 })).toMatchObject({ ok: false, reason: 'too_large' });
    await closed;
  });

  it.each(['/trickle', '/silent'])('is cut off when it is slow: %s', async (path) => {
    expect(await outbound.get(at(path), { ...bounds, timeoutMs: 150 })).toMatchObject({ ok: false, reason: 'timeout' });
    await closed;
  });

  it('is cut off when its name server never answers', async () => {
    const stuck = createOutbound({ allowLoopback: true, resolve: () => new Promise(() => undefined) });
    expect(await stuck.get('https://slow.test/', { ...bounds, timeoutMs: 100 })).toMatchObject({ ok: false, reason: 'timeout' });
    await stuck.close();
  });

  it.each([301, 302, 303, 307, 308])('cannot lead on by status %i', async (status) => {
    expect(await outbound.get(at(`/to/${status}`), bounds)).toEqual({ ok: false, reason: 'redirect', detail: `status ${status}` });
    expect(inner.connections()).toBe(0);
  });

  it.each([
    ['/fat', 'too_large'],
    ['/broken', 'protocol'],
    ['/stacked', 'protocol'],
  ])('gets a reason: %s %s', async (path, reason) => {
    expect(await outbound.get(at(path), bounds)).toMatchObject({ ok: false, reason });
  });

  it('cannot pass a cut body for a whole one', async () => {
    expect(await outbound.get(at('/cut'), bounds)).toMatchObject({ ok: false, reason: 'connect' });
  });

  it.each([
    'rubbish\r\n\r\n',
    'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello',
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
  ])('cannot confuse the parser with %j', async (text) => {
    const raw = await rawPeer((socket) => socket.end(text));
    expect(await outbound.get(`http://127.0.0.1:${raw.port}/`, bounds)).toMatchObject({ ok: false, reason: 'protocol' });
    await raw.close();
  });

  it('that hangs up is named, and so is a port where nobody listens', async () => {
    const raw = await rawPeer((socket) => socket.destroy());
    expect(await outbound.get(`http://127.0.0.1:${raw.port}/`, bounds)).toMatchObject({ ok: false, reason: 'connect' });
    await raw.close();
    expect(await outbound.get(`http://127.0.0.1:${raw.port}/`, bounds)).toMatchObject({
      ok: false,
      reason: 'connect',
      detail: 'ECONNREFUSED',
    });
  });
});

describe('the caller', () => {
  it.each<Record<string, string>>([
    { 'x-a': 'b\r\nx-c: d' },
    { 'x a': 'b' },
    { 'Transfer-Encoding': 'chunked' },
    { 'content-length': '0' },
  ])('cannot smuggle by header %j', async (headers) => {
    const count = peer.connections();
    expect(await outbound.get(at('/plain'), { ...bounds, headers })).toMatchObject({ ok: false, reason: 'bad_request' });
    expect(peer.connections()).toBe(count);
  });

  it.each(['GET / HTTP/1.1\r\nx: y', '', 'CONNECT'])('cannot smuggle by method %j', async (method) => {
    expect(await outbound.request({ ...bounds, method, url: at('/plain') })).toMatchObject({ ok: false, reason: 'bad_request' });
  });

  it('waits behind a slow host and is sent away when too many wait', async () => {
    const narrow = createOutbound({ allowLoopback: true, perHost: { slots: 2, queue: 1 } });
    const held = [0, 1, 2].map(() => narrow.get(at('/silent'), { ...bounds, timeoutMs: 300 }));
    expect(await narrow.get(at('/plain'), bounds)).toMatchObject({ ok: false, reason: 'busy' });
    expect((await Promise.all(held)).map((one) => !one.ok && one.reason)).toEqual(['timeout', 'timeout', 'timeout']);
    expect(await narrow.get(at('/plain'), bounds)).toMatchObject({ ok: true });
    await narrow.close();
  });

  it('is answered when the house closes under a running request', async () => {
    const running = outbound.get(at('/silent'), bounds);
    await outbound.get(at('/plain'), bounds);
    await outbound.close();
    expect(await running).toMatchObject({ ok: false, reason: 'connect' });
    expect(await outbound.get(at('/plain'), bounds)).toMatchObject({ ok: false, reason: 'connect' });
  });
});
