import { describe, expect, test } from 'vitest';
import { fillIn, variableFaults } from './fill.ts';
import { parseProviders } from './parse.ts';

const GOOD = {
  id: 'acme',
  name: 'Acme',
  type: 'oauth',
  category: 'work',
  docs: 'https://acme.test/docs',
  authorizationUrl: 'https://{region}.acme.test/authorize',
  tokenUrl: 'https://{region}.acme.test/token',
  pkce: 'unknown',
  refresh: 'rotates',
  quirks: { tokenAuth: 'post', scopeSeparator: ',' },
  variables: [{ name: 'region', title: 'Region', pattern: '(eu|us)', example: 'eu' }],
  baseUrl: 'https://api.acme.test',
  allowedHosts: ['api.acme.test'],
  test: { method: 'GET', path: '/me' },
};
const faultsOf = (more: Record<string, unknown>): string[] =>
  parseProviders('x', [{ ...GOOD, ...more }]).faults.map(({ at, message }) => `${at} ${message}`);

describe('an entry', () => {
  test('that is good has no fault', () => {
    expect(faultsOf({})).toEqual([]);
  });

  test.each([
    ['a member that is misspelt', { tokenURL: 'https://acme.test' }, 'x[0].tokenURL is not a member of this'],
    ['a quirk nobody knows', { quirks: { tokenauth: 'post' } }, 'x[0].quirks.tokenauth is not a member of this'],
    ['an address without encryption', { tokenUrl: 'http://acme.test/token' }, 'x[0].tokenUrl a text like'],
    ['an address with a query', { tokenUrl: 'https://acme.test/token?a=b' }, 'x[0].tokenUrl a text like'],
    ['no token endpoint', { tokenUrl: undefined }, 'x[0].tokenUrl is missing'],
    ['a variable that is not declared', { tokenUrl: 'https://{shop}.acme.test/token' }, 'x[0].tokenUrl there is no variable shop'],
    ['an unknown way to refresh', { refresh: 'sometimes' }, 'x[0].refresh one of none, keeps, rotates'],
    ['a test call that is not allowed', { allowedPaths: ['/api/*'] }, 'x[0].test is a call that the hosts and paths do not allow'],
    ['hosts that leave out its own API', { allowedHosts: ['www.acme.test'] }, 'x[0].test is a call'],
    ['refused PKCE without the quirk', { pkce: 'refused' }, 'x[0].pkce refused goes with the quirk'],
  ])('with %s is a fault', (_, more, fault) => {
    expect(faultsOf(more).some((one) => one.startsWith(fault))).toBe(true);
  });

  test.each(['.*', '[a-z./]+', '[^@]+', '[a-z:0-9]+', '\\S+'])(
    'whose variable lets through what ends a host (%s) is a fault',
    (pattern) => {
      const variables = [{ name: 'region', title: 'Region', pattern, example: 'eu' }];
      expect(faultsOf({ variables })).toContain('x[0].variables.region the pattern lets through what ends a host');
    },
  );

  test('with a key goes into one place', () => {
    const { authorizationUrl: _a, tokenUrl: _t, pkce: _p, refresh: _r, quirks: _q, variables: _v, ...rest } = GOOD;
    const key = { ...rest, type: 'api_key' };
    const faults = (more: object): number => parseProviders('x', [{ ...key, ...more }]).faults.length;
    expect(faults({ header: 'x-api-key' })).toBe(0);
    expect(faults({})).toBe(1);
    expect(faults({ header: 'x-api-key', query: 'key' })).toBe(1);
    expect(faults({ type: 'basic', username: 'the SID', password: 'the token' })).toBe(0);
    expect(faults({ type: 'basic' })).toBe(1);
  });

  test('that is no object, or a file that is no list, is a fault', () => {
    expect(parseProviders('x', {}).faults).toEqual([{ at: 'x', message: 'a list' }]);
    expect(parseProviders('x', ['github']).faults[0]).toEqual({ at: 'x[0]', message: 'an object' });
  });
});

describe('a variable', () => {
  const [acme] = parseProviders('x', [GOOD]).providers;
  if (acme === undefined) throw new Error('no entry');

  test('stands in every address', () => {
    expect(fillIn(acme, { region: 'us' })).toMatchObject({
      tokenUrl: 'https://us.acme.test/token',
      authorizationUrl: 'https://us.acme.test/authorize',
    });
    expect(variableFaults(acme, { region: 'us' })).toEqual([]);
  });

  test('that does not fit is refused and never filled in', () => {
    for (const region of ['evil.test/', 'eu.evil.test#', 'EU', '', 'eu\n']) {
      expect(variableFaults(acme, { region })).toHaveLength(1);
      expect(fillIn(acme, { region })).toMatchObject({ tokenUrl: 'https://{region}.acme.test/token' });
    }
  });

  test('that is missing, or that nobody asked for, is named', () => {
    expect(variableFaults(acme, {}).map(({ name }) => name)).toEqual(['region']);
    expect(variableFaults(acme, { region: 'eu', shop: 'a' })).toEqual([{ name: 'shop', message: 'acme has no variable shop' }]);
    expect(variableFaults(acme, { constructor: 'x', region: 'eu' }).map(({ name }) => name)).toEqual(['constructor']);
  });
});
