import { describe, expect, it } from 'vitest';
import { LOGIN_LIMITS, networkOf, waitAfter } from './attempt.ts';

describe('the wait after failures', () => {
  it('begins with the fifth, doubles, and stays at an hour', () => {
    const seconds = [1, 4, 5, 6, 7, 11, 12, 50, 99].map((failures) => waitAfter(failures, LOGIN_LIMITS) / 1_000);
    expect(seconds).toEqual([0, 0, 30, 60, 120, 1_920, 3_600, 3_600, 3_600]);
  });

  it('is thirty days from the hundredth on, never for good', () => {
    expect([100, 101, 5_000].map((failures) => waitAfter(failures, LOGIN_LIMITS) / 86_400_000)).toEqual([30, 30, 30]);
  });
});

describe('the network of an address', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('%s counts as %s', (ip, network) => {
    expect(networkOf(ip)).toBe(network);
  });
});
