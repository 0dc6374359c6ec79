import { createServer as createHttp, type Server } from 'node:http';
import { createServer } from 'node:https';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { getCACertificates, setDefaultCACertificates, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from './certificate.suite.ts';
import type { Gather, StreamRequest } from './contract.ts';
import { createOutbound } from './outbound.ts';

const authority = createAuthority();
const before = getCACertificates('default');
const client = authority.issue(['client.test']);
let secure: Server;
let plain: Server;
const names: (string | undefined)[] = [];
let rest = (): void => undefined;
let leftAt: Promise<unknown> = Promise.resolve();

const portOf = (server: Server): number => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  return address.port;
};

beforeAll(async () => {
  setDefaultCACertificates([...before, authority.pem]);
  const options = { ...authority.issue(['127.0.0.1']), ca: authority.pem, requestCert: true, rejectUnauthorized: false };
  secure = createServer(options, (request, response) => {
    const { socket } = request;
    names.push(socket instanceof TLSSocket && socket.authorized ? socket.getPeerX509Certificate()?.subjectAltName : undefined);
    response.end('hello');
  });
  plain = createHttp((request, response) => {
    if (request.url === '/away') return void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
    if (request.url === '/silent') return void (leftAt = once(response, 'close'));
    if (request.url === '/late') {
      rest = () => void response.end('second');
      return void response.writeHead(200).write('first ');
    }
    if (request.url === '/half') return void response.writeHead(200).write('half');
    request.pipe(response);
  });
  for (const one of [secure, plain]) {
    one.listen(0, '127.0.0.1');
    await once(one, 'listening');
  }
});
afterAll(() => {
  setDefaultCACertificates(before);
  for (const one of [secure, plain]) {
    one.closeAllConnections();
    one.close();
  }
});

const outbound = createOutbound({ allowLoopback: true });
afterAll(() => outbound.close());
const asking = (url: string, more: Partial<StreamRequest> = {}): StreamRequest => ({
  method: 'GET',
  url,
  headers: {},
  signal: new AbortController().signal,
  headersTimeoutMs: 5_000,
  idleTimeoutMs: 5_000,
  ...more,
});
const streaming = (body: Readable | Buffer): Readable => {
  if (body instanceof Readable) return body;
  throw new Error('it came whole');
};
const at = (path: string): string => `http://127.0.0.1:${portOf(plain)}${path}`;

describe('a stream', () => {
  it('shows a client certificate to whom it is for, and to nobody after', async () => {
    const url = `https://127.0.0.1:${portOf(secure)}/`;
    for (const tls of [{ cert: client.cert, key: client.key }, undefined]) {
      const answer = await outbound.stream(asking(url, { tls }));
      if (!answer.ok) throw new Error(answer.detail);
      expect((await buffer(answer.body)).toString()).toBe('hello');
    }
    expect(names).toEqual(['DNS:client.test', undefined]);
  });

  it('passes a body through and hands redirects back', async () => {
    const body = (async function* () {
      yield Buffer.from('one ');
      yield Buffer.from('two');
    })();
    const echoed = await outbound.stream(asking(at('/echo'), { method: 'POST', body }));
    if (!echoed.ok) throw new Error(echoed.detail);
    expect((await buffer(echoed.body)).toString()).toBe('one two');
    const away = await outbound.stream(asking(at('/away')));
    expect(away).toMatchObject({ ok: true, status: 302, headers: { location: 'http://127.0.0.1:1/' } });
    if (away.ok) away.body.destroy();
  });

  it('is handed over whole when it is small and soon, and as it comes when it is neither', async () => {
    const gather = { bytes: 8, ms: 60_000 };
    const echo = (text: string, of: Gather) => outbound.pass(asking(at('/echo'), { method: 'POST', body: Buffer.from(text) }), of);
    const small = await echo('eight by', gather);
    expect(small).toMatchObject({ ok: true, status: 200, body: Buffer.from('eight by') });
    const large = await echo('nine byte', gather);
    if (!large.ok) throw new Error(large.detail);
    expect((await buffer(streaming(large.body))).toString()).toBe('nine byte');
    const late = await outbound.pass(asking(at('/late')), { bytes: 64, ms: 1 });
    if (!late.ok) throw new Error(late.detail);
    const all = buffer(streaming(late.body));
    rest();
    expect((await all).toString()).toBe('first second');
  });

  it('holds the service back when nobody reads', async () => {
    const large = Buffer.alloc(8 * 1024 * 1024, 'x');
    const answer = await outbound.stream(asking(at('/echo'), { method: 'POST', body: large }));
    if (!answer.ok) throw new Error(answer.detail);
    const { body } = answer;
    await once(body, 'readable');
    expect(body.readableLength).toBeLessThan(1024 * 1024);
    expect((await buffer(body)).equals(large)).toBe(true);
  });

  it('ends at the service when it is broken off', async () => {
    const stop = new AbortController();
    const asked = outbound.stream(asking(at('/silent'), { signal: stop.signal }));
    await once(plain, 'request');
    stop.abort();
    expect(await asked).toMatchObject({ ok: false, reason: 'aborted' });
    await leftAt;
  });

  it('waits for a head, and for the next piece, no longer than it is told', async () => {
    expect(await outbound.stream(asking(at('/silent'), { headersTimeoutMs: 50 }))).toMatchObject({ ok: false, reason: 'timeout' });
    const half = await outbound.stream(asking(at('/half'), { idleTimeoutMs: 50 }));
    if (!half.ok) throw new Error(half.detail);
    await expect(buffer(half.body)).rejects.toThrow('Body Timeout Error');
  });

  it.each([
    ['an address inside', 'https://169.254.169.254/', 'blocked_address'],
    ['http to the world', 'http://example.com/', 'blocked_address'],
    ['a port that speaks something else', 'https://127.0.0.1:6379/', 'bad_url'],
    ['a user in the address', 'https://user@127.0.0.1/', 'bad_url'],
  ])('goes to no %s', async (_, url, reason) => {
    const judged = createOutbound({ allowLoopback: true, resolve: async () => ['93.184.216.34'] });
    expect(await judged.stream(asking(url))).toMatchObject({ ok: false, reason });
    await judged.close();
  });

  it('does not take headers of the connection', async () => {
    for (const name of ['Host', 'connection', 'transfer-encoding', 'upgrade'])
      expect(await outbound.stream(asking(at('/echo'), { headers: { [name]: 'x' } }))).toMatchObject({ ok: false, reason: 'bad_request' });
  });
});
