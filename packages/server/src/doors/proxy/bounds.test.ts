import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connectionConfig } from '../../rooms/connections/config.ts';
import type { Connection } from '../../rooms/connections/connection.ts';
import { toCaller, toService } from './headers.ts';
import { createRedactor, formsOf } from './redact.ts';
import { isQuery, pathFault, redirectFor, targetOf } from './target.ts';

const SECRET = 'aab"aac/<secret>&aaa';
const connection = (more: object = {}): Connection => {
  const { clientSecret: _, ...config } = connectionConfig.parse({ id: 'c', type: 'api_key', baseUrl: 'https://api.test/v2', ...more });
  return { ...config, hasSecret: false, state: 'active', version: 1, createdAt: 0 };
};

describe('the redactor', () => {
  const through = (data: Buffer, cuts: readonly number[]): { out: Buffer; found: number } => {
    const redactor = createRedactor(formsOf([SECRET]));
    const places = [0, ...cuts.map((cut) => cut % (data.length + 1)).toSorted((a, b) => a - b), data.length];
    const pieces = places.slice(1).map((end, index) => redactor.push(data.subarray(places[index], end)));
    return { out: Buffer.concat([...pieces, redactor.end()]), found: redactor.found() };
  };

  it('finds every form in whatever pieces it comes, and keeps length and all else', () => {
    const part = fc.oneof(fc.constantFrom(...formsOf([SECRET]).map(String), SECRET.slice(0, 9), 'aaaaaa'), fc.string());
    fc.assert(
      fc.property(fc.array(part), fc.array(fc.nat(), { maxLength: 20 }), (parts, cuts) => {
        const data = Buffer.from(parts.join(''));
        const { out } = through(data, cuts);
        expect(out.length).toBe(data.length);
        for (const form of formsOf([SECRET])) expect(out.includes(form)).toBe(false);
        expect(out.equals(through(data, []).out)).toBe(true);
      }),
    );
  });

  it('lets go of all that cannot be the beginning of a secret', () => {
    const redactor = createRedactor(formsOf([SECRET]));
    expect(redactor.push(Buffer.from('data: {"x":1}\n\n')).toString()).toBe('data: {"x":1}\n\n');
    expect(redactor.push(Buffer.from('xx aab')).toString()).toBe('xx ');
    expect(redactor.push(Buffer.from('c')).toString()).toBe('aabc');
  });
});

describe('the address of a call', () => {
  it('stays below the base, whatever the path', () => {
    const nasty = fc.constantFrom(
      '/',
      '.',
      '..',
      '%2e',
      '%2F',
      '%5c',
      '\\',
      ';',
      '@',
      ':',
      '//',
      'a',
      '%25',
      '2e',
      '?',
      '#',
      ' ',
      'é',
      '%00',
      '~',
      "'",
    );
    fc.assert(
      fc.property(fc.array(nasty, { maxLength: 12 }), (parts) => {
        const rest = `/${parts.join('')}`;
        if (pathFault(rest) !== undefined) return;
        const placed = targetOf(connection(), { method: 'GET', rest, query: '' });
        if (!placed.ok) return;
        const { origin, pathname, username } = new URL(placed.value.url);
        expect({ origin, username }).toEqual({ origin: 'https://api.test', username: '' });
        expect(pathname.startsWith('/v2/')).toBe(true);
        expect(decodeURIComponent(pathname).split('/')).not.toContain('..');
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['/v2/items/*', '/items/7', true],
    ['/v2/items/*', '/items', false],
    ['/v2/items', '/items', true],
    ['/v2/items', '/items/7', false],
    ['/items', '/items', false],
  ])('is allowed by %s at %s: %s', (pattern, rest, allowed) => {
    expect(targetOf(connection({ allowedPaths: [pattern] }), { method: 'GET', rest, query: '' }).ok).toBe(allowed);
  });

  it.each([
    ['api.test', true],
    ['*.test', true],
    ['test', false],
    ['*.api.test', false],
    ['api.test:8443', false],
  ])('is on a host allowed by %s: %s', (host, allowed) => {
    expect(targetOf(connection({ allowedHosts: [host] }), { method: 'GET', rest: '', query: '' }).ok).toBe(allowed);
  });

  it('takes no query that another parser reads otherwise', () => {
    expect(['a=1&b[]=2', 'q=%20x', ''].map(isQuery)).toEqual([true, true, true]);
    expect(['a b', 'a\\b', 'é', '%zz', '"'].map(isQuery)).toEqual([false, false, false, false, false]);
  });

  it('of a redirect is ours below the base, and whole elsewhere', () => {
    const target = { url: 'https://api.test/v2/a/b', origin: 'https://api.test', path: '/v2/a/b' };
    const led = (location: string) => redirectFor(location, { connection: connection(), target, proxy: 'https://hub.test/proxy/c' });
    expect(led('c')).toBe('https://hub.test/proxy/c/a/c');
    expect(led('/v2/x?y=1')).toBe('https://hub.test/proxy/c/x?y=1');
    expect(led('/v20/x')).toBe('https://api.test/v20/x');
    expect(led('//evil.test/x')).toBe('https://evil.test/x');
    expect(led('https://user:pass@evil.test/')).toBe('https://evil.test/');
    expect(led('javascript:alert(1)')).toBeUndefined();
  });
});

describe('headers', () => {
  it('that Connection names end here, in both directions', () => {
    expect(
      toService(
        [
          ['Connection', 'X-Secret-Hop, close'],
          ['X-Secret-Hop', '1'],
          ['X-Kept', '2'],
        ],
        [],
      ),
    ).toEqual({ 'x-kept': '2' });
    expect(toCaller({ connection: 'x-hop', 'x-hop': '1', 'x-kept': '2', 'set-cookie': ['a=b'] })).toEqual({ 'x-kept': '2' });
  });

  it('that stand twice are sent twice', () => {
    expect(
      toService(
        [
          ['Accept', 'a'],
          ['accept', 'b'],
        ],
        [],
      ),
    ).toEqual({ accept: ['a', 'b'] });
  });

  it('of the credential are nobody else’s to set, however spelled', () => {
    expect(
      toService(
        [
          ['X_API_KEY', '1'],
          ['x-api_key', '2'],
          ['X-Api-Key', '3'],
        ],
        ['x-api-key'],
      ),
    ).toEqual({});
  });
});
