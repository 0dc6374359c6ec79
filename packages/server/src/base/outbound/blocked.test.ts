import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOutbound, type Outbound, type OutboundEntry } from './outbound.ts';
import { httpPeer, type Peer } from './peer.suite.ts';

const bounds = { maxBytes: 1000, timeoutMs: 60_000 };
const asked: string[] = [];
const logged: OutboundEntry[] = [];
let listener: Peer;
let outbound: Outbound;

/** What a hostile name server answers; the public one comes first, so that only a check of all answers helps. */
const ZONE: Readonly<Record<string, readonly string[]>> = {
  'loop.test': ['127.0.0.1'],
  'mixed.test': ['93.184.215.14', '127.0.0.1'],
  'mixed6.test': ['93.184.215.14', '::ffff:169.254.169.254'],
  'ten.test': ['10.0.0.1'],
  'meta.test': ['169.254.169.254'],
  'ula.test': ['fd00:ec2::254'],
  'nat64.test': ['64:ff9b::7f00:1'],
  'null.test': ['0.0.0.0'],
  'odd.test': ['0x7f000001'],
  'empty.test': [],
};

beforeAll(async () => {
  listener = await httpPeer((_, response) => response.end('inner secret'));
  outbound = createOutbound({
    allowLoopback: false,
    log: (entry) => logged.push(entry),
    resolve: async (name) => {
      asked.push(name);
      const found = ZONE[name];
      if (found === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
      return found;
    },
  });
});

afterAll(async () => {
  await outbound.close();
  await listener.close();
});

describe('a server that only public addresses may be reached from', () => {
  it.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '017700000001',
    '0177.0.0.1',
    '127.0.0.01',
    '0',
    '0.0.0.0',
    '10.0.0.1',
    '0xa.1',
    '169.254.169.254',
    '2852039166',
    '100.100.100.200',
    '[::]',
    '[::1]',
    '[0:0:0:0:0:0:0:1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::127.0.0.1]',
    '[64:ff9b::127.0.0.1]',
    '[2002:7f00:1::]',
    '[fe80::1]',
    '[fec0::1]',
    '[fd00:ec2::254]',
    '１２７.０.０.１',
    '127。0。0。1',
    '%31%32%37.0.0.1',
  ])('does not open a socket to the literal %s', async (host) => {
    expect(await outbound.get(`https://${host}:${listener.port}/`, bounds)).toMatchObject({ ok: false, reason: 'blocked_address' });
    expect(listener.connections()).toBe(0);
  });

  it.each(Object.keys(ZONE).filter((name) => name !== 'empty.test'))('does not open a socket for the name %s', async (name) => {
    expect(await outbound.get(`https://${name}:${listener.port}/`, bounds)).toMatchObject({ ok: false, reason: 'blocked_address' });
    expect(listener.connections()).toBe(0);
  });

  it.each(['empty.test', 'unknown.test'])('says dns for %s', async (name) => {
    expect(await outbound.get(`https://${name}/`, bounds)).toMatchObject({ ok: false, reason: 'dns' });
  });

  it.each([
    '',
    'x',
    '/etc/passwd',
    'file:///etc/passwd',
    'ftp://a.test/',
    'gopher://a.test/',
    'data:,x',
    'javascript:1',
    'https:a.test',
    'https:/a.test',
    'https:///a.test',
    'https:\\\\a.test',
    'https://a.test\\@b.test/',
    'https://user@a.test/',
    'https://user:pass@a.test/',
    'https://:pw@a.test/',
    ' https://a.test/',
    'https://a.test/ ',
    'https://a.te\tst/',
    'https://a.test/\r\nx: y',
    'https://a.test./',
    'https://127.0.0.1./',
    'https://',
    'https://a b/',
    'https://[::1',
    'https://[fe80::1%25eth0]/',
    'https://a.test:99999/',
    'http://a.test/',
    'http://127.0.0.1/',
    'https://a.test:25/',
    'https://a.test:22/',
    'https://a.test:80/',
    'https://a.test:6379/',
    'https://a.test:6000/',
    `https://a.test/${'x'.repeat(5000)}`,
  ])('refuses %j before it asks for the name', async (url) => {
    const before = asked.length;
    const result = await outbound.get(url, bounds);
    expect(result).toMatchObject({ ok: false });
    expect(result.ok ? '' : result.reason).toMatch(/^(bad_url|blocked_address)$/);
    expect(asked.length).toBe(before);
  });

  it('keeps user information, path and query out of what it says and logs', async () => {
    const results = [
      await outbound.get('https://s3cret:s3cret@a.test/', bounds),
      await outbound.get('https://ten.test/s3cret?key=s3cret', { ...bounds, headers: { authorization: 'Bearer s3cret' } }),
      await outbound.get('https://ten.test/', { ...bounds, headers: { authorization: 's3cret\r\nx: y' } }),
    ];
    expect(results.map((one) => one.ok)).toEqual([false, false, false]);
    expect(JSON.stringify([results, logged])).not.toContain('s3cret');
  });
});
