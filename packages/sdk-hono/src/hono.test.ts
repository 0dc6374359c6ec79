import { createResource } from '@writ/sdk';
import type { Resource } from '@writ/sdk';
import { Hono } from 'hono';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Wire } from '../../sdk/src/wire.suite.ts';
import { startWire } from '../../sdk/src/wire.suite.ts';
import type { CallerEnv } from './hono.ts';
import { authenticate, metadata, requireScope } from './hono.ts';

const URL_ = 'http://localhost:9000/api';
let wire: Wire;
let resource: Resource;
let app: Hono<CallerEnv>;
beforeAll(async () => {
  wire = await startWire(URL_);
  resource = createResource({ issuer: wire.issuer, resource: URL_, scopes: ['incidents:read', 'incidents:write'] });
  app = new Hono<CallerEnv>();
  app.use(metadata(resource));
  app.get('/open', requireScope(resource, 'incidents:read'), (c) => c.text('never'));
  app.use('/api/*', authenticate(resource));
  app.get('/api/me', (c) => c.json({ sub: c.get('caller').subject }));
  app.post('/api/write', requireScope(resource, 'incidents:read', 'incidents:write'), (c) => c.text('done'));
});
afterAll(() => wire.stop());

const ask = async (path: string, init: RequestInit = {}, claims?: Record<string, unknown>): Promise<Response> => {
  const headers: Record<string, string> = claims === undefined ? {} : { authorization: `Bearer ${await wire.mint({ claims })}` };
  return app.request(`http://localhost:9000${path}`, { ...init, headers });
};

test('the metadata document is public', async () => {
  expect(await (await ask('/.well-known/oauth-protected-resource/api')).json()).toEqual(resource.metadata());
  expect((await ask('/.well-known/oauth-protected-resource/api', { method: 'OPTIONS' })).status).toBe(204);
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

test('a route that forgot to authenticate refuses', async () => {
  expect((await ask('/open', {}, {})).status).toBe(401);
});
