import { describe, expect, test } from 'vitest';
import { FILES, catalogue, providerById } from './catalogue.ts';
import { fillIn } from './fill.ts';
import { parseProviders } from './parse.ts';
import type { OAuthProvider, Provider } from './provider.ts';
import { verifiedBy } from './provider.ts';
import metadata from './recorded/metadata.json' with { type: 'json' };
import programs from './recorded/programs.json' with { type: 'json' };

const all = [...catalogue().values()];
const oauth = all.filter((one): one is OAuthProvider => one.type === 'oauth');
const keys = all.filter(({ type }) => type !== 'oauth');
/** With the default of each variable, or its example. */
const filled = <T extends Provider>(provider: T): T =>
  fillIn(provider, Object.fromEntries((provider.variables ?? []).map(({ name, example, default: usual = example }) => [name, usual])));

describe('the catalogue', () => {
  test('holds at least 60 OAuth providers and 30 services with keys, each once', () => {
    const count = Object.values(FILES).reduce<number>((sum, file) => sum + (Array.isArray(file) ? file.length : 0), 0);
    expect(all).toHaveLength(count);
    expect(new Set(oauth.map(({ authorizationUrl }) => authorizationUrl)).size).toBeGreaterThanOrEqual(60);
    expect(keys.length).toBeGreaterThanOrEqual(30);
    expect(providerById('github')).toMatchObject({ name: 'GitHub' });
    expect(providerById('constructor')).toBeUndefined();
  });

  test.each(Object.entries(FILES))('reads %s without a fault, sorted by id', (file, data) => {
    const { providers, faults } = parseProviders(file, data);
    expect(faults).toEqual([]);
    expect(providers.map(({ id }) => id)).toEqual(providers.map(({ id }) => id).toSorted());
  });

  test('leaves no variable in an address once they are filled in', () => {
    for (const provider of all.map(filled)) expect(JSON.stringify({ ...provider, variables: [], evidence: [] })).not.toMatch(/\{[a-z]+\}/);
    for (const { authorizationUrl, tokenUrl } of oauth.map(filled))
      expect([authorizationUrl, tokenUrl].every((url) => URL.canParse(url))).toBe(true);
  });

  test('sends codes and secrets nowhere but to https', () => {
    for (const provider of oauth.map(filled)) {
      const { authorizationUrl, tokenUrl, refreshUrl = tokenUrl, revocationUrl = tokenUrl } = provider;
      for (const url of [authorizationUrl, tokenUrl, refreshUrl, revocationUrl]) expect(new URL(url).protocol).toBe('https:');
    }
  });
});

describe('evidence', () => {
  test('of metadata is a recorded document that says the same addresses', () => {
    const compared = oauth.map(filled).flatMap((provider) => {
      const claimed = provider.evidence.find((one) => one.kind === 'metadata');
      if (claimed === undefined) return [];
      const document = metadata.documents.find(({ issuer }) => issuer === claimed.issuer);
      expect(document, provider.id).toBeDefined();
      expect([provider.id, provider.authorizationUrl, provider.tokenUrl]).toEqual([
        provider.id,
        document?.authorization_endpoint,
        document?.token_endpoint,
      ]);
      if (provider.userinfoUrl !== undefined) expect(provider.userinfoUrl).toBe(document?.userinfo_endpoint);
      if (document?.revocation_endpoint !== undefined) expect(provider.revocationUrl).toBe(document.revocation_endpoint);
      const methods: readonly string[] | undefined = document?.token_endpoint_auth_methods_supported;
      if (methods !== undefined) expect(methods).toContain(`client_secret_${provider.quirks.tokenAuth ?? 'basic'}`);
      return [claimed.issuer];
    });
    expect(new Set(compared)).toEqual(new Set(metadata.documents.map(({ issuer }) => issuer)));
  });

  test('of documentation is a page on a host of the provider', () => {
    const owner = (url: string): string | undefined => new URL(url).hostname.split('.').at(-2);
    const foreign = all.flatMap(({ id, docs, evidence }) =>
      evidence.flatMap((one) => (one.kind === 'documentation' && owner(one.url) !== owner(docs) ? [`${id} ${one.url}`] : [])),
    );
    // Repositories that the providers keep themselves.
    expect(foreign.filter((one) => !/^\S+ https:\/\/github\.com\/[A-Za-z-]+\/[A-Za-z-]+$/.test(one))).toEqual([]);
  });

  test('of a program is a recorded host of its own', () => {
    const recorded = new Map(programs.hosts.map(({ id, program, hosts }) => [`${id} ${program}`, hosts]));
    const claims = oauth
      .map(filled)
      .flatMap((provider) => provider.evidence.flatMap((one) => (one.kind === 'program' ? [{ provider, program: one.name }] : [])));
    for (const { provider, program } of claims) {
      const hosts = recorded.get(`${provider.id} ${program}`) ?? [];
      for (const url of [provider.authorizationUrl, provider.tokenUrl]) {
        const { hostname } = new URL(url);
        const known = hosts.some((host) => (host.startsWith('*') ? hostname.endsWith(host.slice(1)) : host === hostname));
        expect(known, `${provider.id}: ${hostname} in ${program}`).toBe(true);
      }
    }
    expect(claims).toHaveLength(programs.hosts.length);
  });

  test('says how far an entry was checked', () => {
    expect(verifiedBy({ evidence: [] })).toBe('unverified');
    expect(verifiedBy({ evidence: [{ kind: 'program', name: 'grant' }] })).toBe('unverified');
    const page = (...read: ('authorizationUrl' | 'tokenUrl')[]) => ({ kind: 'documentation', url: 'https://a.test', read }) as const;
    expect(verifiedBy({ evidence: [page('tokenUrl')] })).toBe('unverified');
    expect(verifiedBy({ evidence: [page('tokenUrl'), page('authorizationUrl')] })).toBe('documentation');
    expect(providerById('gmail') && verifiedBy(providerById('gmail') ?? { evidence: [] })).toBe('metadata');
  });
});

test('an issuer that is compared with callbacks may be left out of them: few providers send it, and a code is bound to its provider anyway', () => {
  expect(oauth.filter(({ issuer, quirks }) => issuer !== undefined && quirks.omitsIss !== true).map(({ id }) => id)).toEqual([]);
});
