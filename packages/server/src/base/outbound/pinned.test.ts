import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates, TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from './certificate.suite.ts';
import { createOutbound } from './outbound.ts';
import { httpPeer, httpsPeer, rawPeer, type Peer } from './peer.suite.ts';

const bounds = { maxBytes: 1000, timeoutMs: 60_000 };
const authority = createAuthority();
const identity = authority.issue(['good.test', '127.0.0.1']);
const before = getCACertificates('default');
const seen: Array<{ host: string | undefined; name: unknown }> = [];
let peer: Peer;

beforeAll(async () => {
  setDefaultCACertificates([...before, authority.pem]);
  peer = await httpsPeer(identity, (request, response) => {
    seen.push({
      host: request.headers.host,
      name: request.socket instanceof TLSSocket ? Reflect.get(request.socket, 'servername') : undefined,
    });
    response.setHeader('connection', request.url === '/close' ? 'close' : 'keep-alive').end('hello');
  });
});

afterAll(async () => {
  setDefaultCACertificates(before);
  await peer.close();
});

/** 127.0.0.1 stands for the public address here: it is named as an allowed network, so the rest of loopback stays shut. */
const towards = (...answers: ReadonlyArray<readonly string[]>) => {
  const asked: string[] = [];
  const outbound = createOutbound({
    allowLoopback: false,
    allowPrivate: ['127.0.0.1/32'],
    resolve: async (name) => {
      asked.push(name);
      return answers[Math.min(asked.length, answers.length) - 1] ?? [];
    },
  });
  return { asked, outbound };
};

describe('a name that was judged', () => {
  it('is asked for by TLS and Host while the connection goes to its checked address', async () => {
    const { outbound } = towards(['127.0.0.1']);
    const result = await outbound.get(`https://good.test:${peer.port}/`, bounds);
    expect(result).toMatchObject({ ok: true, status: 200, body: Buffer.from('hello') });
    expect(seen.at(-1)).toEqual({ host: `good.test:${peer.port}`, name: 'good.test' });
    await outbound.close();
  });

  it('is resolved once per connection, so a second answer is never used (DNS rebinding)', async () => {
    const { asked, outbound } = towards(['127.0.0.1'], ['127.0.0.2']);
    expect(await outbound.get(`https://good.test:${peer.port}/close`, bounds)).toMatchObject({ ok: true });
    expect(asked).toEqual(['good.test']);
    const count = peer.connections();
    expect(await outbound.get(`https://good.test:${peer.port}/`, bounds)).toMatchObject({ ok: false, reason: 'blocked_address' });
    expect(peer.connections()).toBe(count);
    await outbound.close();
  });

  it('is tried at its next address when the first one refuses', async () => {
    const outbound = createOutbound({ allowLoopback: true, resolve: async () => ['127.7.7.7', '127.0.0.1'] });
    expect(await outbound.get(`https://good.test:${peer.port}/`, bounds)).toMatchObject({ ok: true });
    await outbound.close();
  });

  it('cannot be swapped by a Host header of the caller', async () => {
    const { asked, outbound } = towards(['127.0.0.1']);
    const result = await outbound.get(`https://good.test:${peer.port}/`, { ...bounds, headers: { Host: 'other.test' } });
    expect(result).toMatchObject({ ok: false, reason: 'bad_request' });
    expect(asked).toEqual([]);
    await outbound.close();
  });
});

describe('TLS', () => {
  it('verifies an address literal against the certificate too', async () => {
    const { outbound } = towards();
    expect(await outbound.get(`https://127.0.0.1:${peer.port}/`, bounds)).toMatchObject({ ok: true });
    await outbound.close();
  });

  it.each(['0', '1'])('refuses a certificate of another name, NODE_TLS_REJECT_UNAUTHORIZED=%s', async (setting) => {
    const { outbound } = towards(['127.0.0.1']);
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = setting;
    try {
      expect(await outbound.get(`https://evil.test:${peer.port}/`, bounds)).toMatchObject({ ok: false, reason: 'tls' });
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      await outbound.close();
    }
  });

  it('refuses an authority that nobody trusts', async () => {
    const stranger = await httpsPeer(createAuthority().issue(['good.test']), (_, response) => response.end('hello'));
    const { outbound } = towards(['127.0.0.1']);
    expect(await outbound.get(`https://good.test:${stranger.port}/`, bounds)).toMatchObject({ ok: false, reason: 'tls' });
    await outbound.close();
    await stranger.close();
  });

  it('does not fall back to plain http', async () => {
    const plain = await httpPeer((_, response) => response.end('hello'));
    const raw = await rawPeer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
    const { outbound } = towards(['127.0.0.1']);
    expect(await outbound.get(`https://good.test:${raw.port}/`, bounds)).toMatchObject({ ok: false, reason: 'tls' });
    expect(await outbound.get(`http://good.test:${plain.port}/`, bounds)).toMatchObject({ ok: false, reason: 'bad_url' });
    expect(plain.connections()).toBe(0);
    await Promise.all([outbound.close(), raw.close(), plain.close()]);
  });

  it('trusts the authorities of NODE_EXTRA_CA_CERTS', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'writ-ca-'));
    await writeFile(join(folder, 'ca.pem'), authority.pem);
    const script = `
      const { createOutbound } = await import(${JSON.stringify(new URL('./outbound.ts', import.meta.url).href)});
      const outbound = createOutbound({ allowLoopback: true, resolve: async () => ['127.0.0.1'] });
      const result = await outbound.get('https://good.test:${peer.port}/', { maxBytes: 1000, timeoutMs: 20000 });
      process.stdout.write(result.ok ? String(result.body) : result.reason);
      await outbound.close();`;
    const run = async (env: Record<string, string>) => {
      const done = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { env: { ...process.env, ...env } });
      return done.stdout;
    };
    expect(await run({ NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') })).toBe('hello');
    expect(await run({})).toBe('tls');
    await rm(folder, { recursive: true });
  });
});
