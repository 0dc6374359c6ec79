import { generateKeyPairSync } from 'node:crypto';
import {
  Client,
  ClientCredentialsProvider,
  PrivateKeyJwtProvider,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { UnauthorizedError as UnauthorizedV1 } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CookieJar } from '../driver/jar.ts';
import type { Person } from '../driver/person.ts';
import { story, walk } from '../driver/walk.ts';
import { ANN, protectSample, startHub, temporaryFolder } from '../harness.ts';
import type { Hub, Protected } from '../harness.ts';
import { startSite } from '../site.ts';
import type { Site } from '../site.ts';
import { MemoryProvider } from './memory-provider.ts';

const WORKER_SECRET = 'the-secret-of-the-sdk-worker-0001';
const INCIDENT = { title: 'Probe', service: 'api', severity: 'low' };
const ALL: Person = { ...ANN, allow: 'all' };
let folder: ReturnType<typeof temporaryFolder>;
let site: Site;
let hub: Hub;
let guarded: Protected;
let privateKey: string;

beforeAll(async () => {
  folder = temporaryFolder();
  site = await startSite(folder.path);
  hub = await startHub({ env: { NODE_EXTRA_CA_CERTS: site.caFile } });
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256', use: 'sig' };
  guarded = await protectSample(hub, {
    clients: [
      { id: 'sdk-basic', name: 'Worker with a secret', kind: 'service', auth: { secrets: [{ value: WORKER_SECRET }] } },
      { id: 'sdk-key', name: 'Worker with a key', kind: 'service', auth: { method: 'private_key_jwt', jwks: { keys: [jwk] } } },
    ],
    policies: [
      {
        id: 'workers',
        effect: 'allow',
        grants: ['client_credentials'],
        subject: { clients: ['sdk-basic', 'sdk-key'] },
        target: { resources: ['acme-incidents'] },
        scopes: ['incidents:read'],
      },
    ],
  });
});

afterAll(async () => {
  await guarded?.close();
  await hub?.stop();
  await site?.close();
  folder?.remove();
});

/** What both versions of the SDK offer; the rest of the tests does not care which it is. */
type Session = {
  tools(): Promise<string[]>;
  call(name: string, args?: Record<string, unknown>): Promise<string>;
  finish(callback: URL): Promise<void>;
  close(): Promise<void>;
};
type Connect = (provider: MemoryProvider) => Promise<Session>;
type Kind = { connect: Connect; isUnauthorized(error: unknown): boolean; finish(provider: MemoryProvider, callback: URL): Promise<void> };

const textOf = (result: unknown): string => JSON.stringify(result);
const address = (): URL => new URL(guarded.sample.url);

const version2: Kind = {
  isUnauthorized: (error) => error instanceof UnauthorizedError,
  finish: (authProvider, callback) => new StreamableHTTPClientTransport(address(), { authProvider }).finishAuth(callback.searchParams),
  connect: async (authProvider) => {
    const client = new Client({ name: 'sdk-2', version: '1' });
    const transport = new StreamableHTTPClientTransport(address(), { authProvider });
    await client.connect(transport);
    return {
      tools: async () => (await client.listTools()).tools.map((tool) => tool.name),
      call: async (name, args = {}) => textOf(await client.callTool({ name, arguments: args })),
      finish: (callback) => transport.finishAuth(callback.searchParams),
      close: () => client.close(),
    };
  },
};

const version1: Kind = {
  isUnauthorized: (error) => error instanceof UnauthorizedV1,
  finish: (authProvider, callback) => new TransportV1(address(), { authProvider }).finishAuth(callback.searchParams.get('code') ?? ''),
  connect: async (authProvider) => {
    const client = new ClientV1({ name: 'sdk-1', version: '1' });
    const transport = new TransportV1(address(), { authProvider });
    await client.connect(transport);
    return {
      tools: async () => (await client.listTools()).tools.map((tool) => tool.name),
      call: async (name, args = {}) => textOf(await client.callTool({ name, arguments: args })),
      finish: (callback) => transport.finishAuth(callback.searchParams.get('code') ?? ''),
      close: () => client.close(),
    };
  },
};

/** The person follows the SDK's link and comes back with a code. */
async function logIn(provider: MemoryProvider, person: Person, jar = new CookieJar()): Promise<URL> {
  const url = provider.opened.at(-1);
  if (url === undefined) throw new Error('the client opened no page');
  const walked = await walk(url.href, person, { call: false, jar });
  if (walked.end.kind !== 'callback') throw new Error(story(walked).join('\n'));
  const callback = new URL(walked.end.url);
  expect(Object.fromEntries(callback.searchParams)).toMatchObject({
    code: expect.any(String),
    state: 'state-of-the-test',
    iss: hub.issuer,
  });
  return callback;
}

async function authorized(kind: Kind, provider: MemoryProvider, person: Person, jar = new CookieJar()): Promise<Session> {
  const refused = await kind.connect(provider).catch((error: unknown) => error);
  expect(refused).toSatisfy(kind.isUnauthorized);
  await kind.finish(provider, await logIn(provider, person, jar));
  return kind.connect(provider);
}

describe.each([
  ['1', version1],
  ['2', version2],
] as const)('the MCP TypeScript SDK, version %s', (version, kind) => {
  test('registers itself, logs in and calls tools', async () => {
    const provider = new MemoryProvider(`SDK ${version}`);
    const session = await authorized(kind, provider, ALL);
    expect(await session.tools()).toContain('list_incidents');
    expect(await session.call('whoami')).toContain('ann');
    expect(provider.information?.client_id).toMatch(/^dcr_/);
    expect(provider.opened.at(-1)?.searchParams.get('resource')).toBe(guarded.sample.url);
    await session.close();
  });

  test('names itself by URL and never registers', async () => {
    const url = site.publish(`/sdk-${version}.json`, {
      client_name: `SDK ${version} by URL`,
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'none',
    });
    const provider = new MemoryProvider('unused', url);
    const session = await authorized(kind, provider, ALL);
    expect(await session.call('whoami')).toContain(`/sdk-${version}.json`);
    expect(provider.information?.client_id).toBe(url);
    await session.close();
  });

  test('refreshes by itself when its access token is no good any more', async () => {
    const provider = new MemoryProvider(`SDK ${version} refreshing`);
    const session = await authorized(kind, provider, ALL);
    await session.close();
    const before = provider.kept;
    expect(before?.refresh_token).toEqual(expect.any(String));
    if (before !== undefined) provider.kept = { ...before, access_token: 'no.longer.good' };
    const again = await kind.connect(provider);
    expect(await again.call('whoami')).toContain('ann');
    expect(provider.kept?.refresh_token).not.toBe(before?.refresh_token);
    expect(provider.opened).toHaveLength(1);
    await again.close();
  });

  test('holds what the person allowed, asks for more when a tool needs more, and then may', async () => {
    const provider = new MemoryProvider(`SDK ${version} stepping up`);
    const jar = new CookieJar();
    const session = await authorized(kind, provider, { ...ANN, allow: ['incidents:read'], stay: version === '2' }, jar);
    expect(await session.tools()).not.toContain('open_incident');
    const challenged = await session.call('open_incident', INCIDENT).catch((error: unknown) => error);
    expect(challenged).toSatisfy((error) => kind.isUnauthorized(error) || /insufficient.scope/i.test(String(error)));
    expect(provider.opened.at(-1)?.searchParams.get('scope')).toContain('incidents:write');
    await session.finish(await logIn(provider, { ...ANN, allow: ['incidents:read', 'incidents:write'] }, jar));
    expect(await session.call('open_incident', INCIDENT)).toContain('Probe');
    await session.close();
  });
});

test('version 1 of the SDK refreshes instead of asking for more, and is told 403 a second time: a refresh never widens', async () => {
  const provider = new MemoryProvider('SDK 1 refreshing at a challenge');
  const session = await authorized(version1, provider, { ...ANN, allow: ['incidents:read'], stay: true });
  const before = provider.kept?.refresh_token;
  await expect(session.call('open_incident', INCIDENT)).rejects.toThrow('403 after trying upscoping');
  expect(provider.kept?.refresh_token).not.toBe(before);
  expect(provider.kept?.scope?.split(' ')).not.toContain('incidents:write');
  await session.close();
});

describe('machines with the MCP TypeScript SDK, version 2', () => {
  const list = async (authProvider: ClientCredentialsProvider | PrivateKeyJwtProvider): Promise<string[]> => {
    const client = new Client({ name: 'machine', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(address(), { authProvider }));
    const { tools } = await client.listTools();
    await client.close();
    return tools.map((tool) => tool.name).toSorted();
  };
  const READING = ['get_incident', 'list_deploys', 'list_incidents', 'whoami'];

  test('a worker with a secret reads, and policy narrows the rest away', async () => {
    expect(
      await list(new ClientCredentialsProvider({ clientId: 'sdk-basic', clientSecret: WORKER_SECRET, expectedIssuer: hub.issuer })),
    ).toEqual(READING);
  });

  test('a worker with a key reads', async () => {
    expect(
      await list(new PrivateKeyJwtProvider({ clientId: 'sdk-key', privateKey, algorithm: 'ES256', expectedIssuer: hub.issuer })),
    ).toEqual(READING);
  });
});
