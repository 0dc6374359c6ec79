import { describe, expect, it } from 'vitest';
import { addressGroup, createLimiter } from './limits.ts';

describe('the limiter', () => {
  it('lets a burst pass, then one per interval, and says when', () => {
    const limiter = createLimiter({ size: 3, refillMs: 2_000 });
    expect([0, 0, 0].map((now) => limiter.take('a', now).ok)).toEqual([true, true, true]);
    expect(limiter.take('a', 0)).toEqual({ ok: false, retryAfter: 2 });
    expect(limiter.take('b', 0).ok).toBe(true);
    expect(limiter.take('a', 2_000).ok).toBe(true);
    expect(limiter.take('a', 2_001).ok).toBe(false);
  });

  it('is not fooled by a clock that goes back', () => {
    const limiter = createLimiter({ size: 1, refillMs: 1_000 });
    expect(limiter.take('a', 10_000).ok).toBe(true);
    expect(limiter.take('a', 0).ok).toBe(false);
  });

  it('forgets the oldest key when there are too many', () => {
    const limiter = createLimiter({ size: 1, refillMs: 1_000_000 }, 10);
    for (let n = 0; n < 11; n += 1) limiter.take(`k${n}`, 0);
    expect(limiter.take('k10', 0).ok).toBe(false);
    expect(limiter.take('k0', 0).ok).toBe(true);
  });

  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('counts %s as %s', (ip, group) => {
    expect(addressGroup(ip)).toBe(group);
  });
});
