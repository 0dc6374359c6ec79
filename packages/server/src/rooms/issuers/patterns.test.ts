import { describe, expect, it } from 'vitest';
import { hostedRuleFault, indexed, meantBy } from '../clients/workload.ts';
import { issuerConfig, toIssuer } from './config.ts';
import type { Vouched } from './issuer.ts';
import { claimAt, claimObstacle, fits, saysSomething } from './patterns.ts';

const claims = {
  sub: 'x',
  'kubernetes.io': { namespace: 'prod', serviceaccount: { name: 'payer' } },
  'https://idp.test/claims/roles': ['a', 'b'],
  'https://idp.test': { claims: { nested: 1 } },
  groups: ['sre-eu', 7, ['hidden'], { name: 'object' }],
  protected: true,
};

describe('claims by name', () => {
  it.each([
    ['sub', 'x'],
    ['kubernetes.io/serviceaccount/name', 'payer'],
    ['https://idp.test/claims/roles', ['a', 'b']],
    ['https://idp.test/claims/nested', 1],
    ['protected', true],
    ['nothing', undefined],
    ['sub/x', undefined],
    ['constructor', undefined],
    ['__proto__/x', undefined],
    ['kubernetes.io/', undefined],
  ])('%s', (name, value) => {
    expect(claimAt(claims, name)).toEqual(value);
  });

  it('fit when one member of a list does; what is no text, number or truth fits nothing', () => {
    expect(claimObstacle({ groups: 'sre-*' }, claims)).toBeUndefined();
    expect(claimObstacle({ groups: '7', protected: 'true' }, claims)).toBeUndefined();
    expect(claimObstacle({ groups: ['ops', 'sre-eu'] }, claims)).toBeUndefined();
    expect(claimObstacle({ groups: 'hidden' }, claims)?.reason).toBe('assertion_claim');
    expect(claimObstacle({ 'kubernetes.io': '*' }, claims)?.reason).toBe('assertion_claim');
    expect(claimObstacle({ missing: '*' }, claims)?.sentence).toBe('The claim missing is missing.');
  });
});

describe('patterns', () => {
  it('are globs over the whole text, to the letter where nothing is a glob', () => {
    expect(fits('repo:acme/app:*', 'repo:acme/app:ref:x')).toBe(true);
    expect(fits('repo:acme/app:*', 'REPO:acme/app:ref:x')).toBe(false);
    expect(fits('a.c', 'abc')).toBe(false);
    expect(fits(['x', 'y?'], 'yz')).toBe(true);
    expect(fits('a\\*', 'a*')).toBe(true);
    expect(fits('a\\*', 'ab')).toBe(false);
  });

  it.each(['*', '**', '?*', 'a\\'])('that say nothing or cannot be read are not taken: %s', (pattern) => {
    expect(saysSomething(pattern)).toBe(false);
  });

  it('take time in the length of the text, whatever the pattern', () => {
    expect(fits(`${'*a'.repeat(60)}b`, 'a'.repeat(8_000))).toBe(false);
  });
});

describe('which client is meant', () => {
  const issuer = (more: object = {}) => toIssuer(issuerConfig.parse({ id: 'i', issuer: 'https://i.test', ...more }));
  const vouched = (subject: string, more: object = {}): Vouched => ({
    issuer: issuer(more),
    purpose: 'jwt_bearer',
    subject,
    claims: { sub: subject },
    id: 'x',
    expiresAt: 0,
  });
  const index = indexed([
    { id: 'exact', tenants: ['acme'], rules: [{ issuer: 'i', subject: 'a' }] },
    {
      id: 'glob',
      tenants: [],
      rules: [
        { issuer: 'i', subject: 'b*' },
        { issuer: 'j', subject: 'a' },
      ],
    },
    { id: 'both', tenants: ['acme', 'globex'], rules: [{ issuer: 'i', subject: 'bc' }] },
  ]);

  it('is the one whose rule fits, of the issuer that vouches', () => {
    expect(meantBy(index, [vouched('a')], undefined)).toMatchObject({ ok: true, value: { clientId: 'exact' } });
    expect(meantBy(index, [vouched('bx')], undefined)).toMatchObject({ ok: true, value: { clientId: 'glob' } });
    expect(meantBy(index, [vouched('c')], undefined)).toMatchObject({ ok: false, error: { reason: 'workload_unknown' } });
  });

  it('is nobody when two fit, unless one is named', () => {
    expect(meantBy(index, [vouched('bc')], undefined)).toMatchObject({ ok: false, error: { reason: 'workload_ambiguous' } });
    expect(meantBy(index, [vouched('bc')], 'both')).toMatchObject({ ok: true, value: { clientId: 'both' } });
    expect(meantBy(index, [vouched('bc')], 'exact')).toMatchObject({ ok: false });
  });

  it('serves the tenant of a tenant’s issuer, and no other', () => {
    expect(meantBy(index, [vouched('a', { tenant: 'acme' })], undefined)).toMatchObject({ ok: true });
    expect(meantBy(index, [vouched('a', { tenant: 'globex' })], undefined)).toMatchObject({ ok: false });
    expect(meantBy(index, [vouched('bx', { tenant: 'acme' })], undefined)).toMatchObject({ ok: false });
    expect(meantBy(index, [vouched('bc', { tenant: 'acme' })], 'both')).toMatchObject({ ok: false });
  });
});

describe('a rule where strangers own repositories', () => {
  it.each([
    [{ subject: 'repo:acme/app:ref:refs/heads/main' }, true],
    [{ subject: 'repo:acme/app:*' }, true],
    [{ subject: ['repo:acme/app:*', 'repo:acme/lib:*'] }, true],
    [{ claims: { repository_id: '42', ref: 'refs/heads/*' } }, true],
    [{ subject: '*', claims: { repository: 'acme/app' } }, true],
    [{ subject: 'repo:acme/*' }, false],
    [{ subject: 'repo:acme/app*' }, false],
    [{ subject: ['repo:acme/app:*', 'repo:*'] }, false],
    [{ subject: '*:ref:refs/heads/main' }, false],
    [{ claims: { repository: ['acme/app', 'acme/*'] } }, false],
    [{ claims: { environment: 'production' } }, false],
  ])('%j', (rule, fine) => {
    expect(hostedRuleFault({ issuer: 'github', ...rule }, 'github') === undefined).toBe(fine);
    expect(hostedRuleFault({ issuer: 'cluster', ...rule }, 'kubernetes')).toBeUndefined();
  });
});
