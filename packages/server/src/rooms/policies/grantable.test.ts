import type { Decision } from '@writ/policy';
import { expect, test } from 'vitest';
import { grantable } from './grantable.ts';

const NOW = 1_800_000_000_000;
const decision = (...requirements: Decision['requirements']): Pick<Decision, 'granted' | 'requirements'> => ({
  granted: ['read', 'write'],
  requirements,
});
const by = (require: Decision['requirements'][number]['require']): Decision['requirements'][number] => ({
  rule: 'r',
  scopes: ['write'],
  require,
});
const of = { acr: '1', consentedAt: undefined, now: NOW };

test('what policy grants without a requirement can be had', () => {
  expect(grantable(decision(), of)).toEqual({ scopes: ['read', 'write'], withheld: [], approvals: [], stale: [], personal: [] });
});

test('a bound, a budget, a key and fresh consent do not keep a scope from the page', () => {
  const required = decision(by({ maxLifetime: 60, budget: { calls: 1, window: 60 }, proofOfPossession: true, reconsent: true }));
  expect(grantable(required, of).scopes).toEqual(['read', 'write']);
});

test('a stronger sign-in than there was keeps a scope back, and so does a key of a kind that is not spoken here', () => {
  for (const require of [{ stepUp: { acr: ['2'] } }, { stepUp: true }, { proofOfPossession: 'mtls' }] as const) {
    const { scopes, withheld } = grantable(decision(by(require)), of);
    expect(scopes).toEqual(['read']);
    expect(withheld).toMatchObject([{ rule: 'r', scopes: ['write'] }]);
  }
});

test('an approval is said beside the scope', () => {
  const need = { from: { users: ['bob'] }, count: 1, expiresIn: 60 };
  expect(grantable(decision(by({ approval: need })), of)).toMatchObject({ scopes: ['read', 'write'], approvals: ['write'] });
});

test('consent is stale when it is older than a rule wants, when there was none, and always where each journey must ask', () => {
  const aged = decision(by({ reconsent: { maxAge: 60 } }));
  expect(grantable(aged, { ...of, consentedAt: NOW - 60_000 }).stale).toEqual([]);
  expect(grantable(aged, { ...of, consentedAt: NOW - 60_001 }).stale).toEqual(['write']);
  expect(grantable(aged, of).stale).toEqual(['write']);
  expect(grantable(decision(by({ reconsent: true })), { ...of, consentedAt: NOW }).stale).toEqual(['write']);
  expect(grantable(aged, { ...of, consentedAt: NOW }).personal).toEqual(['write']);
});
