import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeAddress, parseNetworks } from './address.ts';

const closed = { allowLoopback: false, allowPrivate: [] };

const PRIVATE_V4: ReadonlyArray<readonly [string, number]> = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

const toNumber = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
const dotted = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff).join('.');
const high = (value: number): string => (value >>> 16).toString(16);
const low = (value: number): string => (value & 0xffff).toString(16);

const privateV4 = fc
  .tuple(fc.constantFrom(...PRIVATE_V4), fc.nat(0xffffffff))
  .map(([[base, bits], noise]) => (toNumber(base) | (noise & (0xffffffff >>> bits))) >>> 0);

const WRAPPERS: ReadonlyArray<readonly [string, (v4: number) => string]> = [
  ['v4-mapped (RFC 4291)', (v4) => `::ffff:${high(v4)}:${low(v4)}`],
  ['v4-mapped, dotted', (v4) => `::ffff:${dotted(v4)}`],
  ['v4-compatible (RFC 4291)', (v4) => `::${high(v4)}:${low(v4)}`],
  ['v4-translated (RFC 2765)', (v4) => `::ffff:0:${high(v4)}:${low(v4)}`],
  ['NAT64 well-known (RFC 6052)', (v4) => `64:ff9b::${high(v4)}:${low(v4)}`],
  ['NAT64 local use (RFC 8215)', (v4) => `64:ff9b:1:7::${high(v4)}:${low(v4)}`],
  ['6to4 (RFC 3056)', (v4) => `2002:${high(v4)}:${low(v4)}:1::1`],
  ['Teredo (RFC 4380)', (v4) => `2001:0:4136:e378:8000:63bf:${high(~v4 >>> 0)}:${low(~v4 >>> 0)}`],
  ['ISATAP (RFC 5214)', (v4) => `2a01:4f8:1:1:0:5efe:${high(v4)}:${low(v4)}`],
  ['ISATAP, universal bit', (v4) => `2a01:4f8:1:1:200:5efe:${high(v4)}:${low(v4)}`],
];

describe('which addresses may be reached', () => {
  it('refuses every address of every special IPv4 range', () => {
    fc.assert(
      fc.property(privateV4, (v4) => !judgeAddress(dotted(v4), closed).allowed),
      { numRuns: 1000 },
    );
  });

  it.each(WRAPPERS)('refuses special IPv4 addresses inside %s (CVE-2026-44430, CVE-2026-42449)', (_, wrap) => {
    fc.assert(
      fc.property(privateV4, (v4) => !judgeAddress(wrap(v4), closed).allowed),
      { numRuns: 500 },
    );
  });

  it.each([
    '8.8.8.8',
    '93.184.215.14',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.0.1',
    '172.32.0.1',
    '2606:4700::1111',
    '2a00:1450:4001::200e',
    '::ffff:8.8.8.8',
  ])('admits the public address %s', (address) => {
    expect(judgeAddress(address, closed)).toEqual({ allowed: true, loopback: false });
  });

  it.each([
    '::',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'fc00::1',
    'fd00:ec2::254',
    'ff02::1',
    '100::1',
    '2001:db8::1',
    '3fff::1',
    '4000::1',
    '5f00::1',
    '168.63.129.16',
  ])('refuses %s', (address) => {
    expect(judgeAddress(address, closed).allowed).toBe(false);
  });

  it.each(['', 'localhost', '127.1', '0x7f000001', '2130706433', '0177.0.0.1', ' 8.8.8.8', '8.8.8.8\n'])('does not guess at %j', (text) => {
    expect(judgeAddress(text, closed)).toEqual({ allowed: false, range: 'notAnAddress' });
  });

  it('opens loopback alone when loopback is allowed', () => {
    const open = { allowLoopback: true, allowPrivate: [] };
    expect(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'].map((one) => judgeAddress(one, open).allowed)).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['0.0.0.0', '::', '10.0.0.1', '169.254.169.254', '64:ff9b::7f00:1'].some((one) => judgeAddress(one, open).allowed)).toBe(false);
  });

  it('opens the networks that the operator names and nothing beside them', () => {
    const rules = { allowLoopback: false, allowPrivate: parseNetworks(['10.1.0.0/16', 'fd12::/16']) };
    expect(['10.1.2.3', '::ffff:10.1.2.3', 'fd12::9'].every((one) => judgeAddress(one, rules).allowed)).toBe(true);
    expect(['10.2.0.1', 'fd13::9', '64:ff9b::a01:203', '127.0.0.1'].some((one) => judgeAddress(one, rules).allowed)).toBe(false);
  });

  it('refuses to start with a malformed network', () => {
    expect(() => parseNetworks(['10.1.0.0/33'])).toThrow('10.1.0.0/33');
  });
});
