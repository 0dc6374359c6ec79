import { describe, expect, it } from 'vitest';
import { adviceOn, facetsOf, reasonOf, refusedShare, unusedOf } from './directory.ts';

const COUNTED = {
  total: 12,
  more: true,
  state: { active: 10, frozen: 2, revoked: 0 },
  risk: { low: 0, elevated: 3, high: 4, none: 5 },
  verified: { true: 7, false: 5 },
  owner: { none: 0 },
  dormant: 1,
  neverUsed: 0,
  drift: 0,
};

describe('the directory in figures', () => {
  it('leads on from each figure by a filter, the most pressing first, and is silent about what nobody is', () => {
    const facets = facetsOf(COUNTED);
    expect(facets.map(({ filter, values }) => [filter, values.map(({ value, n }) => [value, n])])).toEqual([
      [
        'state',
        [
          ['active', 10],
          ['frozen', 2],
        ],
      ],
      [
        'risk',
        [
          ['high', 4],
          ['elevated', 3],
        ],
      ],
      [
        'verified',
        [
          ['true', 7],
          ['false', 5],
        ],
      ],
      ['owner', []],
      ['dormant', [['true', 1]]],
      ['used', []],
      ['drift', []],
    ]);
    expect(facets[0]?.more).toBe(true);
  });

  it('says why an agent was stopped, and how much of what it asked for was refused', () => {
    expect(reasonOf('owner_left')).toContain('left');
    expect(reasonOf('it behaves oddly')).toBe('it behaves oddly');
    expect([adviceOn('owner_left')?.includes('another owner'), adviceOn('it behaves oddly')]).toEqual([true, undefined]);
    expect([refusedShare(999, 1), refusedShare(3, 1), refusedShare(0, 2)]).toEqual(['<1 % refused', '25 % refused', '100 % refused']);
  });
});

describe('a scope that is not used', () => {
  const DAY = 86_400_000;
  const now = 100 * DAY;
  it('stands out after thirty days, and not while it is young', () => {
    expect(unusedOf({ lastUsedAt: null, consentedAt: now - 29 * DAY }, now)).toBeUndefined();
    expect(unusedOf({ lastUsedAt: null, consentedAt: now - 30 * DAY }, now)).toBe('never');
    expect(unusedOf({ lastUsedAt: now - 31 * DAY, consentedAt: now - 90 * DAY }, now)).toBe('long');
    expect(unusedOf({ lastUsedAt: now - DAY, consentedAt: now - 90 * DAY }, now)).toBeUndefined();
  });
});
