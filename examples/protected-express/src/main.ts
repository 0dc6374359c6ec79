import process from 'node:process';
import { createResource } from '@writ/sdk';
import { buildApp } from './app.ts';

const port = Number(process.env['PORT'] ?? 9002);
const clientSecret = process.env['HUB_CLIENT_SECRET'];
const resource = createResource({
  issuer: process.env['WRIT_ISSUER'] ?? 'http://localhost:8787',
  resource: `http://localhost:${port}/mcp`,
  scopes: ['notes:read', 'notes:write'],
  // With credentials the server hears of frozen and revoked agents within seconds.
  ...(clientSecret !== undefined && { credentials: { clientId: 'notes-server', clientSecret } }),
});
resource.signals.on((event) => {
  if (event.type !== 'signal') process.stdout.write(`Revocations: the stream is ${event.type}\n`);
});
buildApp(resource).listen(port, '127.0.0.1', () => process.stdout.write(`Protected MCP server at ${resource.identifier}\n`));
