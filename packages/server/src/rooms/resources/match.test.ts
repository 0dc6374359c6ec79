import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resourceConfig, withTitles } from './config.ts';
import { match, onlyOne } from './match.ts';
import { narrowScopes, parseScope } from './narrow.ts';
import type { Resource } from './resource.ts';
import { resourceUriFault, uriClash } from './uri.ts';

function resource(id: string, uri: string, aliases: string[] = [], scopes = ['read', 'write']): Resource {
  const config = resourceConfig.parse({ id, type: 'mcp', uri, aliases, scopes: scopes.map((name) => ({ name })) });
  return { ...config, ...withTitles(config), version: 1, createdAt: 0 };
}

const origin = resource('origin', 'https://mcp.example.com');
const ops = resource('ops', 'https://api.example.com/mcp', ['https://old.example.com/mcp', 'urn:acme:ops'], ['incidents:read']);
const all = [origin, ops];

describe('matching a resource parameter', () => {
  it.each([
    ['https://mcp.example.com', 'origin', false],
    ['https://mcp.example.com/', 'origin', true],
    ['HTTPS://MCP.Example.COM', 'origin', true],
    ['https://mcp.example.com:443/', 'origin', true],
    ['https://api.example.com/mcp', 'ops', false],
    ['https://API.example.com/mcp', 'ops', true],
    ['https://old.example.com/mcp', 'ops', true],
    ['urn:acme:ops', 'ops', true],
  ])('takes %s for %s', (requested, id, matchedByAlias) => {
    expect(match(all, requested)).toMatchObject({ resource: { id }, matchedByAlias });
  });

  it.each([
    'https://api.example.com/mcp/',
    'https://api.example.com/MCP',
    'https://api.example.com/mcp?x',
    'https://api.example.com/mcp#x',
    'https://api.example.com',
    'http://mcp.example.com',
    'https://mcp.example.com:444',
    'https://mcp.example.com@evil.test',
    'https://u@mcp.example.com',
    'https://mcp.example.com/%2e',
    'https://api.example.com/x/../mcp',
    'URN:acme:ops',
    '/mcp',
    '',
    ' https://mcp.example.com',
  ])('takes %j for nothing', (requested) => {
    expect(match(all, requested)).toBeUndefined();
  });

  it('never takes one path for another', () => {
    fc.assert(
      fc.property(fc.webPath(), (path) => {
        const found = match(all, `https://api.example.com${path}`);
        expect(found === undefined || path === '/mcp').toBe(true);
      }),
    );
  });

  it('means the only resource, or the only one that has all the scopes asked for', () => {
    expect(onlyOne([ops], undefined)?.id).toBe('ops');
    expect(onlyOne(all, undefined)).toBeUndefined();
    expect(onlyOne(all, ['incidents:read', 'openid'])?.id).toBe('ops');
    expect(onlyOne(all, ['incidents:read', 'read'])).toBeUndefined();
    expect(onlyOne(all, ['openid'])).toBeUndefined();
  });
});

describe('identifiers', () => {
  it.each(['mcp', '//x', 'https://x/#f', 'https://u:p@x/', 'https://x/a b', 'https://x\\y', `https://x/${'a'.repeat(600)}`])(
    'cannot be %j',
    (uri) => {
      expect(resourceUriFault(uri)).toBeDefined();
    },
  );

  it('clash in any spelling that matching absorbs, and with aliases too', () => {
    expect(uriClash({ id: 'new', uri: 'https://MCP.example.com/', aliases: [] }, all)).toEqual({ field: 'uri', id: 'origin' });
    expect(uriClash({ id: 'new', uri: 'https://new.test', aliases: ['https://x.test', 'HTTPS://old.example.com/mcp'] }, all)).toEqual({
      field: 'aliases[1]',
      id: 'ops',
    });
    expect(uriClash({ id: 'ops', uri: 'https://api.example.com/mcp', aliases: [] }, all)).toBeUndefined();
    expect(uriClash({ id: 'new', uri: 'https://api.example.com/mcp/', aliases: [] }, all)).toBeUndefined();
  });
});

describe('narrowing scopes', () => {
  it('sorts out what the resource knows, what it does not, what is beyond the cap and what belongs to the hub', () => {
    expect(narrowScopes(origin, ['write', 'openid', 'read', 'admin', 'write'], ['read'])).toEqual({
      known: ['read'],
      unknown: ['admin'],
      beyondCap: ['write'],
      identity: ['openid'],
    });
    expect(narrowScopes(origin, undefined)).toEqual({ known: ['read', 'write'], unknown: [], beyondCap: [], identity: [] });
    expect(narrowScopes(origin, [])).toEqual({ known: [], unknown: [], beyondCap: [], identity: [] });
  });

  it('reads a scope parameter by its grammar and within bounds', () => {
    expect(parseScope('a  b')).toEqual(['a', 'b']);
    expect(parseScope('')).toEqual([]);
    for (const bad of ['a\tb', 'a"b', 'a\\b', 'ä', 'a\u0000', 'a\nb', 'x'.repeat(4_097), 'a '.repeat(201)])
      expect(parseScope(bad)).toBeUndefined();
  });
});

describe('a resource in the config', () => {
  it('gets words for every scope, so that consent can be shown', () => {
    expect(
      withTitles(
        resourceConfig.parse({
          id: 'r',
          type: 'api',
          uri: 'https://r.test',
          scopes: [{ name: 'incidents:read_all' }, { name: 'x', title: 'X-ray' }],
        }),
      ),
    ).toMatchObject({
      name: 'r',
      scopes: [{ title: 'Incidents: read all', description: '', risk: 'low', required: false }, { title: 'X-ray' }],
    });
  });

  it.each([
    ['a scope twice', { scopes: [{ name: 'a' }, { name: 'a' }] }],
    ['a scope of the hub', { scopes: [{ name: 'openid' }] }],
    ['a scope with a space', { scopes: [{ name: 'a b' }] }],
    ['no scope', { scopes: [] }],
    ['an unknown type', { type: 'grpc' }],
    ['an unknown member', { scope: [] }],
  ])('is refused with %s', (_, change) => {
    expect(resourceConfig.safeParse({ id: 'r', type: 'api', uri: 'https://r.test', scopes: [{ name: 'a' }], ...change }).success).toBe(
      false,
    );
  });
});
