import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchRedirect, redirectFault } from './redirect.ts';

const APP = 'https://app.example/cb';
const REGISTERED = [
  APP,
  'https://app.example:8443/cb?tenant=a',
  'http://127.0.0.1/callback',
  'http://localhost:3000/callback?x=1',
  'http://[::1]/cb',
  'cursor://anysphere.cursor-mcp/oauth/callback',
];

/** Attack numbers are those of the abuse list that the security page describes. */
const NEIGHBOURS: readonly [string, string][] = [
  ['003 an unregistered URI', 'https://evil.example/cb'],
  ['003 a host that begins like ours (CVE-2023-6291)', 'https://app.example.evil.com/cb'],
  ['003 a host that ends like ours', 'https://evilapp.example/cb'],
  ['003 a dot read as any character (CVE-2024-52289)', 'https://appxexample/cb'],
  ['004 a slash at the end', `${APP}/`],
  ['005 a host in upper case', 'https://APP.example/cb'],
  ['006 a query', `${APP}?x=1`],
  ['007 our host as user name (CVE-2024-8883)', 'https://app.example@evil.example/cb'],
  ['007 our host as encoded user name (CVE-2026-28512)', 'https://app.example%40evil.example/cb'],
  ['007 a loopback port as password', 'http://localhost:80@evil.example/callback?x=1'],
  ['008 a fragment', `${APP}#f`],
  ['009 another port on https', 'https://app.example:444/cb'],
  ['009 the default port spelled out', 'https://app.example:443/cb'],
  ['009 another path on loopback', 'http://127.0.0.1:5000/other'],
  ['009 another query on loopback (MCPJam probe)', 'http://localhost:3000/callback?x=1&invalid=1'],
  ['009 localhost for 127.0.0.1', 'http://localhost:5000/callback'],
  ['009 127.0.0.1 for localhost', 'http://127.0.0.1:3000/callback?x=1'],
  ['009 another loopback address', 'http://127.0.0.2/callback'],
  ['009 loopback by https', 'https://127.0.0.1/callback'],
  ['010 a walk through the path (CVE-2026-3872)', 'https://app.example/a/..;/cb'],
  ['010 dot segments', 'https://app.example/x/../cb'],
  ['010 an encoded path', 'https://app.example/%63b'],
  ['a backslash', 'https://app.example\\@evil.example/cb'],
  ['a tab', 'https://app.example/\tcb'],
  ['a port that is none', 'http://127.0.0.1:99999/callback'],
  ['a port with letters', 'http://127.0.0.1:80x/callback'],
  ['a private scheme in upper case', 'CURSOR://anysphere.cursor-mcp/oauth/callback'],
  ['nothing', ''],
];

describe('matching a redirect URI', () => {
  it.each(NEIGHBOURS)('refuses %s', (_, requested) => {
    expect(matchRedirect(REGISTERED, requested)).toBe(false);
  });

  it.each(REGISTERED)('takes %s, byte for byte', (uri) => {
    expect(matchRedirect(REGISTERED, uri)).toBe(true);
  });

  it('takes any port of a loopback URI, and none (Claude Code registers portless, VS Code another port)', () => {
    for (const uri of [
      'http://127.0.0.1:1/callback',
      'http://127.0.0.1:65535/callback',
      'http://localhost/callback?x=1',
      'http://[::1]:49152/cb',
    ])
      expect(matchRedirect(REGISTERED, uri)).toBe(true);
  });

  it('never takes what differs from the registered URI in more than a loopback port', () => {
    const character = fc.constantFrom(...'abcA0:/?#@%.\\;&=[]* \t\n%40é'.split(''));
    const mutation = fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 3 }), fc.array(character, { maxLength: 12 }));
    fc.assert(
      fc.property(fc.constantFrom(...REGISTERED), mutation, (uri, [at, drop, insert]) => {
        const mutated = uri.slice(0, at) + insert.join('') + uri.slice(at + drop);
        if (!matchRedirect([uri], mutated)) return;
        const withoutPort = (text: string): string =>
          text.replace(/^(http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])):\d{1,5}(?=[/?]|$)/, '$1');
        expect(withoutPort(mutated)).toBe(withoutPort(uri));
        // Whatever a browser makes of it, it stays where the registered one leads.
        expect(new URL(mutated).hostname).toBe(new URL(uri).hostname);
      }),
      { numRuns: 3_000 },
    );
  });
});

const UNREGISTRABLE: readonly [string, unknown][] = [
  ['http to another host', 'http://app.example/cb'],
  ['http to a loopback look-alike', 'http://localhost.evil.example/cb'],
  ['http to 127.0.0.1 as user name', 'http://127.0.0.1@evil.example/cb'],
  ['a fragment', `${APP}#f`],
  ['user information', 'https://user:pw@app.example/cb'],
  ['encoded user information', 'https://app.example%40evil.example/cb'],
  ['a wildcard host', 'https://*.example.com/cb'],
  ['nothing but a wildcard (CVE-2026-7504)', '*'],
  ['a wildcard path', 'https://app.example/*'],
  ['javascript', 'javascript:alert(1)'],
  ['javascript with a host', 'javascript://app.example/%0aalert(1)'],
  ['JavaScript in mixed case', 'JaVaScript:alert(1)'],
  ['data', 'data:text/html,x'],
  ['file', 'file:///etc/passwd'],
  ['vbscript', 'vbscript:x'],
  ['blob', 'blob:https://app.example/1'],
  ['a bare scheme', 'myapp:'],
  ['a bare scheme with slashes', 'myapp://'],
  ['a bare scheme with a path', 'myapp:/callback'],
  ['an out-of-band URN', 'urn:ietf:wg:oauth:2.0:oob'],
  ['a relative URI', '/callback'],
  ['a blank', 'https://app.example/a b'],
  ['a line break', 'https://app.example/a\nb'],
  ['a backslash', 'https://app.example\\evil.example/cb'],
  ['a host that two parsers read differently', 'https://app.example:80:443/cb'],
  ['a port beyond 65535', 'https://app.example:70000/cb'],
  ['a decimal address in disguise', 'https://2130706433/cb'],
  ['dot segments', 'https://app.example/a/../cb'],
  ['a Unicode host', 'https://аpp.example/cb'],
  ['a dot at the end of the host', 'https://app.example./cb'],
  ['an object', { uri: APP }],
  ['an empty text', ''],
  ['3,000 characters', `https://app.example/${'a'.repeat(3_000)}`],
];

describe('registering a redirect URI', () => {
  it.each(UNREGISTRABLE)('136 refuses %s', (_, uri) => {
    expect(redirectFault(uri)).toBeTypeOf('string');
  });

  it.each([
    ...REGISTERED,
    'com.example.app:/callback',
    'vscode://vendor.ext/auth',
    'https://app.example',
    'https://app.example/cb?x=a%20b',
    'http://127.0.0.1',
    'https://127.0.0.1:9443/cb',
  ])('takes %s', (uri) => {
    expect(redirectFault(uri)).toBeUndefined();
  });

  it('only takes what the matcher and a browser agree about', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, validSchemes: ['https'] }), (uri) => {
        if (redirectFault(uri) !== undefined) return;
        expect(matchRedirect([uri], uri)).toBe(true);
        const [, host = '', rest = ''] = /^https:\/\/([^/?]*)(.*)$/.exec(uri) ?? [];
        const seen = new URL(uri).href.replaceAll('%27', "'");
        expect(seen).toBe(
          `https://${host.toLowerCase().replace(/:443$/, '')}${rest.startsWith('/') ? '' : '/'}${rest.replaceAll('%27', "'")}`,
        );
      }),
    );
  });
});
