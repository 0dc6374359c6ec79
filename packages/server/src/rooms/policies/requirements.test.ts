import type { Decision, Requirement } from '@writ/policy';
import { describe, expect, it } from 'vitest';
import { lifetimeBound, weigh, type Circumstances } from './requirements.ts';

const NOW = 1_800_000_000_000;
const PLAIN: Circumstances = { now: NOW, keyProved: false };
const need = { from: { users: ['bob'] }, count: 1, expiresIn: 60 };

const decision = (...rules: [string, readonly string[], Requirement][]): Pick<Decision, 'granted' | 'requirements'> => ({
  granted: ['read', 'write', 'drop'],
  requirements: rules.map(([rule, scopes, require]) => ({ rule, scopes, require })),
});

describe('a requirement', () => {
  it.each<[string, Requirement, Partial<Circumstances>, boolean]>([
    ['a named level that the engine still asks for', { stepUp: { acr: ['3'] } }, { acr: '2' }, false],
    ["the hub's own level, by one factor", { stepUp: true }, { acr: '1' }, false],
    ["the hub's own level, by two", { stepUp: true }, { acr: '2' }, true],
    ["the hub's own level, of nobody", { stepUp: true }, {}, false],
    ['consent here, given here', { reconsent: true }, { consentedHere: true }, true],
    ['consent here, given a moment ago elsewhere', { reconsent: true }, { consentedAt: NOW }, false],
    ['consent of an age, young enough', { reconsent: { maxAge: 60 } }, { consentedAt: NOW - 60_000 }, true],
    ['consent of an age, too old', { reconsent: { maxAge: 60 } }, { consentedAt: NOW - 60_001 }, false],
    ['consent of an age, never given', { reconsent: { maxAge: 60 } }, {}, false],
    ['a key, proved', { proofOfPossession: true }, { keyProved: true }, true],
    ['a key, not proved', { proofOfPossession: 'dpop' }, {}, false],
    ['a certificate, with a key', { proofOfPossession: 'mtls' }, { keyProved: true }, false],
    ['a bound', { maxLifetime: 60, maxDelegationDepth: 1 }, {}, true],
  ])('%s', (_, require, of, met) => {
    const weighed = weigh(decision(['r', ['write'], require]), { ...PLAIN, ...of }, false);
    expect(weighed.open).toEqual(met ? ['read', 'write', 'drop'] : ['read', 'drop']);
    expect(weighed.unmet.length).toBe(met ? 0 : 1);
  });

  it('of several on one scope must all be met', () => {
    const both = decision(['a', ['write'], { stepUp: true }], ['b', ['write'], { proofOfPossession: true }]);
    expect(weigh(both, { ...PLAIN, acr: '2' }, false).open).toEqual(['read', 'drop']);
    expect(weigh(both, { ...PLAIN, keyProved: true }, false).open).toEqual(['read', 'drop']);
    expect(weigh(both, { ...PLAIN, keyProved: true, acr: '2' }, false).open).toEqual(['read', 'write', 'drop']);
  });

  it('is not asked of a person, nor counted, for scopes that something else holds back', () => {
    const held = decision(
      ['a', ['write', 'drop'], { approval: need, budget: { calls: 1, window: 60 } }],
      ['b', ['write'], { stepUp: true }],
    );
    expect(weigh(held, PLAIN, false)).toMatchObject({
      approvals: [{ rule: 'a', scopes: ['drop'] }],
      budgets: [{ rule: 'a', scopes: ['drop'] }],
    });
    const all = decision(['a', ['write'], { approval: need, budget: { calls: 1, window: 60 }, stepUp: true }]);
    expect(weigh(all, PLAIN, false)).toMatchObject({ approvals: [], budgets: [] });
  });

  it('of approval is met by an approval for its own rule and no other', () => {
    const asked = decision(['a', ['write'], { approval: need }], ['b', ['write'], { approval: need }]);
    expect(weigh(asked, { ...PLAIN, approved: ['a'] }, false).approvals.map(({ rule }) => rule)).toEqual(['b']);
  });

  it('of exchanges is counted for exchanges alone, of calls for everything', () => {
    const budget = decision(['a', ['write'], { budget: { calls: 5, exchanges: 2, window: 60 } }]);
    expect(weigh(budget, PLAIN, false).budgets.map(({ kind, limit }) => [kind, limit])).toEqual([['calls', 5]]);
    expect(weigh(budget, PLAIN, true).budgets.map(({ kind, limit }) => [kind, limit])).toEqual([
      ['calls', 5],
      ['exchanges', 2],
    ]);
  });
});

it('the shortest lifetime that covers an issued scope bounds the token', () => {
  const bounds = decision(['a', ['write'], { maxLifetime: 60 }], ['b', ['read', 'write'], { maxLifetime: 120 }]);
  expect(lifetimeBound(bounds, ['read', 'write'])).toBe(60);
  expect(lifetimeBound(bounds, ['read'])).toBe(120);
  expect(lifetimeBound(bounds, ['drop'])).toBeUndefined();
});
