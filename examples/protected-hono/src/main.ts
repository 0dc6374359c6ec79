import process from 'node:process';
import { serve } from '@hono/node-server';
import { createResource } from '@writ/sdk';
import { buildApp } from './app.ts';

const port = Number(process.env['PORT'] ?? 9001);
const resource = createResource({
  issuer: process.env['WRIT_ISSUER'] ?? 'http://localhost:8787',
  resource: `http://localhost:${port}/reports`,
  scopes: ['reports:read', 'reports:write'],
});
serve({ fetch: buildApp(resource).fetch, port, hostname: '127.0.0.1' });
process.stdout.write(`Protected API at ${resource.identifier}\n`);
