import type { Decision } from '@writ/policy';
import { expect, test } from 'vitest';
import { grantable } from './grantable.ts';

const decision = (requirements: Decision['requirements']): Pick<Decision, 'granted' | 'requirements'> => ({
  granted: ['read', 'write'],
  requirements,
});

test('what policy grants without a requirement can be had', () => {
  expect(grantable(decision([]))).toEqual(['read', 'write']);
});

test('a bound on lifetime or delegation is met by keeping to it', () => {
  expect(grantable(decision([{ rule: 'r', scopes: ['write'], require: { maxLifetime: 60, maxDelegationDepth: 0 } }]))).toEqual([
    'read',
    'write',
  ]);
});

test('a scope behind a requirement that nobody can meet here is not to be had', () => {
  expect(grantable(decision([{ rule: 'r', scopes: ['write'], require: { stepUp: { acr: ['urn:writ:acr:mfa'] } } }]))).toEqual(['read']);
});
