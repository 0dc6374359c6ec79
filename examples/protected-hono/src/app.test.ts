import { createResource } from '@writ/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Wire } from '../../../packages/sdk/src/wire.suite.ts';
import { startWire } from '../../../packages/sdk/src/wire.suite.ts';
import { buildApp } from './app.ts';

const RESOURCE = 'http://localhost:9001/reports';
let wire: Wire;
beforeAll(async () => {
  wire = await startWire(RESOURCE);
});
afterAll(() => wire.stop());

test('reading and writing need their own scopes', async () => {
  const app = buildApp(createResource({ issuer: wire.issuer, resource: RESOURCE, scopes: ['reports:read', 'reports:write'] }));
  const authorization = `Bearer ${await wire.mint({ claims: { scope: 'reports:read' } })}`;
  expect((await app.request(RESOURCE)).status).toBe(401);
  expect(await (await app.request(RESOURCE, { headers: { authorization } })).json()).toEqual({ reports: ['Q1', 'Q2'], readBy: 'ann' });
  const refused = await app.request(RESOURCE, { method: 'POST', body: 'Q3', headers: { authorization } });
  expect(refused.status).toBe(403);
  expect(refused.headers.get('www-authenticate')).toContain('scope="reports:write"');
});
