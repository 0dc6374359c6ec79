import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { createResource } from '@writ/sdk';
import type { Resource } from '@writ/sdk';
import express from 'express';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Wire } from '../../sdk/src/wire.suite.ts';
import { startWire } from '../../sdk/src/wire.suite.ts';
import { guard } from './express.ts';

const URL_ = 'http://localhost:9000/api';
let wire: Wire;
let resource: Resource;
let server: Server;
let base: string;
beforeAll(async () => {
  wire = await startWire(URL_);
  resource = createResource({ issuer: wire.issuer, resource: URL_, scopes: ['incidents:read', 'incidents:write'] });
  const { metadata, authenticate, requireScope, requireAuthentication, callerOf } = guard(resource);
  const app = express();
  app.use((_, response, next) => (response.set('access-control-expose-headers', 'x-own'), next()));
  app.use(metadata, express.json());
  app.get('/open', requireScope('incidents:read'), (_, response) => void response.send('never'));
  app.use('/api', authenticate);
  app.get('/api/me', (request, response) => void response.json({ sub: callerOf(request)?.subject }));
  app.post('/api/write', requireScope('incidents:read', 'incidents:write'), (_, response) => void response.send('done'));
  app.delete('/api/all', requireAuthentication({ acrValues: ['mfa'], maxAge: 300 }), (_, response) => void response.send('gone'));
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
afterAll(async () => {
  server.close();
  await wire.stop();
});

const ask = async (path: string, init: RequestInit = {}, claims?: Record<string, unknown>): Promise<Response> => {
  const headers: Record<string, string> = claims === undefined ? {} : { authorization: `Bearer ${await wire.mint({ claims })}` };
  return fetch(`${base}${path}`, { ...init, headers: { ...headers, 'x-caller': 'root' } });
};

test('the metadata document is public, also at the bare name and with a slash', async () => {
  for (const path of ['/api', '/api/', '', '/']) {
    const answer = await ask(`/.well-known/oauth-protected-resource${path}`);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(await answer.json()).toEqual(resource.metadata());
  }
  expect((await ask('/.well-known/oauth-protected-resource/api', { method: 'OPTIONS' })).status).toBe(204);
  expect((await ask('/.well-known/oauth-protected-resource/api', { method: 'DELETE' })).status).toBe(405);
  expect((await ask('/.well-known/oauth-protected-resource/other')).status).toBe(404);
});

test('a request without a token is challenged, one with a good token has a caller', async () => {
  const anonymous = await ask('/api/me');
  expect(anonymous.status).toBe(401);
  expect(anonymous.headers.get('www-authenticate')).toContain(
    'resource_metadata="http://localhost:9000/.well-known/oauth-protected-resource/api"',
  );
  expect(await (await ask('/api/me', {}, {})).json()).toEqual({ sub: 'ann' });
  expect((await ask('/api/me', {}, { aud: 'http://localhost:9000' })).status).toBe(401);
});

test('a missing scope is named in a 403', async () => {
  const narrow = await ask('/api/write', { method: 'POST' }, {});
  expect(narrow.status).toBe(403);
  expect(narrow.headers.get('www-authenticate')).toContain('scope="incidents:read incidents:write"');
  expect((await ask('/api/write', { method: 'POST' }, { scope: 'incidents:write incidents:read' })).status).toBe(200);
});

test('a page in a browser may read every challenge, beside what the server itself exposes', async () => {
  for (const answer of [await ask('/api/me'), await ask('/api/write', { method: 'POST' }, {})])
    expect(answer.headers.get('access-control-expose-headers')).toBe('x-own, WWW-Authenticate, DPoP-Nonce, Retry-After');
});

test('an operation can demand a fresh and strong login', async () => {
  const remove = (claims: Record<string, unknown>): Promise<Response> => ask('/api/all', { method: 'DELETE' }, claims);
  const now = Math.floor(Date.now() / 1000);
  const refused = await remove({ acr: 'pwd', auth_time: now });
  expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringContaining('acr_values="mfa", max_age="300"'),
  ]);
  expect((await remove({ acr: 'mfa', auth_time: now - 600 })).status).toBe(401);
  expect((await remove({ acr: 'mfa', auth_time: now })).status).toBe(200);
});

test('a route that forgot to authenticate refuses', async () => {
  expect((await ask('/open', {}, {})).status).toBe(401);
});
