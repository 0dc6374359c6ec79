import { expect, test } from 'vitest';
import { difference } from './compare.ts';
import { challengeParameter, wellKnown } from './probe.ts';
import { judgeRegistration } from './registered.ts';

test.each([
  ['http://localhost:9000', 'http://localhost:9000/', 'slash'],
  ['http://localhost:9000/mcp', 'http://127.0.0.1:9000/mcp', 'two names'],
  ['https://mcp.example.com/mcp', 'http://mcp.example.com/mcp', 'TLS'],
  ['https://mcp.example.com/mcp', 'https://mcp.example.com/sse', 'path'],
  ['https://mcp.example.com:8443/mcp', 'https://mcp.example.com/mcp', 'ports'],
  ['https://mcp.example.com/mcp', 'https://api.example.com/mcp', 'two hosts'],
  ['https://mcp.example.com/mcp', 'https://MCP.example.com/mcp', 'spelling'],
  ['https://mcp.example.com/mcp', 'nothing', 'no URL'],
])('%s and %s are not the same to a client, and the word is "%s"', (expected, found, word) => {
  expect(difference(expected, found)).toContain(word);
});

test('the same address is no difference', () => {
  expect(difference('https://mcp.example.com/mcp', 'https://mcp.example.com/mcp')).toBeUndefined();
});

test('well-known names stand before the path', () => {
  expect(wellKnown('oauth-protected-resource', 'https://mcp.example.com/a/mcp')).toBe(
    'https://mcp.example.com/.well-known/oauth-protected-resource/a/mcp',
  );
  expect(wellKnown('oauth-protected-resource', 'https://mcp.example.com/')).toBe(
    'https://mcp.example.com/.well-known/oauth-protected-resource',
  );
});

test('a challenge is read with quotes, without, and in any case', () => {
  expect(challengeParameter('Bearer error="invalid_token", resource_metadata="https://a/b?c=\\"d\\""', 'resource_metadata')).toBe(
    'https://a/b?c="d"',
  );
  expect(challengeParameter('bearer Resource_Metadata=https://a/b', 'resource_metadata')).toBe('https://a/b');
  expect(challengeParameter('Bearer not_resource_metadata="x"', 'resource_metadata')).toBeUndefined();
  expect(challengeParameter(undefined, 'resource_metadata')).toBeUndefined();
});

const RESOURCES = [{ id: 'ops', uri: 'http://localhost:9000/mcp', aliases: ['http://127.0.0.1:9000/mcp'], scopes: [{ name: 'ops:read' }] }];
const said = (resource: string, scopes: string[] = []) =>
  judgeRegistration(RESOURCES, { resource, scopes_supported: scopes }, 'http://localhost:8787');

test('what the hub and the server think of each other is compared to the byte', () => {
  expect(said('http://localhost:9000/mcp', ['ops:read', 'openid'])).toMatchObject([{ level: 'good' }]);
  expect(said('http://localhost:9000/mcp', ['ops:write'])).toMatchObject([
    { level: 'good' },
    { level: 'could be better', says: expect.stringContaining('ops:write') },
  ]);
  expect(said('http://127.0.0.1:9000/mcp')).toMatchObject([{ level: 'wrong', says: expect.stringContaining('alias') }]);
  expect(said('http://localhost:9000/mcp/')).toMatchObject([{ level: 'wrong', says: expect.stringContaining('slash') }]);
  expect(said('http://localhost:9999/other')).toMatchObject([{ level: 'wrong', fix: expect.stringContaining('--protect') }]);
});
