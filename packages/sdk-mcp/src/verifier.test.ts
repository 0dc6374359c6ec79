import { createServer } from 'node:http';
import { requireBearerAuth } from '@modelcontextprotocol/server';
import { InvalidTokenError, ServerError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { requireBearerAuth as requireBearerAuthV1 } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { createResource } from '@writ/sdk';
import type { Resource } from '@writ/sdk';
import express from 'express';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Wire } from '../../sdk/src/wire.suite.ts';
import { startWire } from '../../sdk/src/wire.suite.ts';
import { createTokenVerifier, createV1TokenVerifier } from './verifier.ts';

const URL_ = 'http://localhost:9000/mcp';
let wire: Wire;
let resource: Resource;
beforeAll(async () => {
  wire = await startWire(URL_);
  resource = createResource({ issuer: wire.issuer, resource: URL_ });
});
afterAll(() => wire.stop());

const bearing = (token: string): Request => new Request(URL_, { headers: { authorization: `Bearer ${token}` } });

test('version 2 of the MCP SDK accepts what the verifier says, down to its own audience check', async () => {
  const gate = requireBearerAuth({
    verifier: createTokenVerifier(resource),
    expectedResource: new URL(URL_),
    requiredScopes: ['incidents:read'],
  });
  const act = { sub: 'reporting', agent: 'agent-2' };
  const info = await gate(bearing(await wire.mint({ claims: { act } })));
  expect(info).toMatchObject({
    clientId: 'claude',
    scopes: ['incidents:read'],
    resourceMetadataUrl: 'http://localhost:9000/.well-known/oauth-protected-resource/mcp',
    extra: {
      subject: 'ann',
      agent: 'agent-1',
      tenant: 'acme',
      actors: [{ subject: 'reporting', agent: 'agent-2' }],
      grantId: 'grant-1',
      txn: 'txn-1',
    },
  });
});

test('version 2 answers 401 to a bad token and 500 when it cannot be judged', async () => {
  const verifier = createTokenVerifier(resource);
  expect(await requireBearerAuth({ verifier })(bearing(await wire.mint({ claims: { aud: 'x' } })))).toMatchObject({ status: 401 });
  const lost = createResource({ issuer: 'http://127.0.0.1:1', resource: URL_ });
  expect(await requireBearerAuth({ verifier: createTokenVerifier(lost) })(bearing(await wire.mint()))).toMatchObject({ status: 500 });
});

test('version 1 of the MCP SDK takes the shim in its own middleware', async () => {
  const verifier = createV1TokenVerifier(resource, { InvalidTokenError, ServerError });
  const app = express();
  app.get(
    '/',
    requireBearerAuthV1({ verifier, requiredScopes: ['incidents:read'] }),
    (request, response) => void response.json(request.auth?.extra),
  );
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const ask = async (claims: Record<string, unknown>): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/`, { headers: { authorization: `Bearer ${await wire.mint({ claims })}` } });
  expect(await (await ask({})).json()).toMatchObject({ subject: 'ann', agent: 'agent-1' });
  expect((await ask({ aud: 'x' })).headers.get('www-authenticate')).toContain('error="invalid_token"');
  expect((await ask({ scope: '' })).status).toBe(403);
  server.close();
});
