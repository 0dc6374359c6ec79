import { join } from 'node:path';
import process from 'node:process';
import { listsTools, saysWhoami } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import type { Machine, Ran, World } from './world.ts';
import { HERE } from './world.ts';

const inPackage = (path: string): string => join(HERE, 'node_modules', path);
const INSPECTOR = inPackage('@modelcontextprotocol/inspector/clients/launcher/build/index.js');
const MCP_REMOTE = inPackage('mcp-remote/dist/proxy.js');
const MCPORTER = inPackage('mcporter/dist/cli.js');

/** The worker that mcp-remote is when nobody sits in front of it. */
export const WORKER = { clientId: 'interop-worker', clientSecret: 'the-secret-of-the-interop-worker' };

const node = (machine: Machine, program: string, args: readonly string[], options: Parameters<Machine['run']>[2] = {}): Promise<Ran> =>
  machine.run(process.execPath, [program, ...args], options);

async function inspector(machine: Machine, { guarded }: World, extra: string[] = []): Promise<Ran[]> {
  const env = { MCP_AUTO_OPEN_ENABLED: 'true', MCP_INSPECTOR_SECRET_STORE: 'file' };
  const to = ['--cli', guarded.sample.url, ...extra];
  return [
    await node(machine, INSPECTOR, [...to, '--method', 'tools/list'], { env }),
    await node(machine, INSPECTOR, [...to, '--method', 'tools/call', '--tool-name', 'whoami'], { env }),
  ];
}

/** A host of the old kind on the other side of mcp-remote: three lines of JSON-RPC over standard input. */
const TALK = [
  {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'interop', version: '1' } },
  },
  { jsonrpc: '2.0', method: 'notifications/initialized' },
  { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'whoami', arguments: {} } },
];

async function mcpRemote(machine: Machine, { guarded }: World, extra: string[] = [], more: { shows?: RegExp } = {}): Promise<Ran[]> {
  const input = `${TALK.map((line) => JSON.stringify(line)).join('\n')}\n`;
  const env = { MCP_REMOTE_CONFIG_DIR: join(machine.home, '.mcp-auth') };
  return [await node(machine, MCP_REMOTE, [guarded.sample.url, ...extra], { env, input, until: /"id":2[,}]/, limitMs: 45_000, ...more })];
}

async function mcporter(machine: Machine, { guarded }: World): Promise<Ran[]> {
  const to = ['--http-url', guarded.sample.url, '--allow-http'];
  return [
    await node(machine, MCPORTER, ['auth', ...to, '--name', 'acme', '--persist', join(machine.home, 'mcporter.json')]),
    await node(machine, MCPORTER, ['--config', join(machine.home, 'mcporter.json'), 'list', 'acme']),
    await node(machine, MCPORTER, ['--config', join(machine.home, 'mcporter.json'), 'call', 'acme.whoami']),
  ];
}

const DOCUMENT = { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'none' };

/** Tools for developers, and the bridge that older hosts use. */
export const tools: readonly Scenario[] = [
  {
    client: 'MCP Inspector CLI',
    version: '2.12.0',
    way: 'DCR',
    clientId: /^dcr_/,
    quirks: ['Run with `MCP_INSPECTOR_SECRET_STORE=file`, so that the second command finds the tokens of the first.'],
    run: (machine, world) => inspector(machine, world),
    reached: (ran) => listsTools(ran.slice(0, 1)) && saysWhoami('ann')(ran),
  },
  {
    client: 'MCP Inspector CLI',
    version: '2.12.0',
    way: 'CIMD with a document that the hub fetches',
    clientId: /^https:\/\/localhost:\d+\/inspector\.json$/,
    quirks: [],
    run: (machine, world) => {
      const document = { ...DOCUMENT, client_name: 'MCP Inspector', redirect_uris: ['http://127.0.0.1:6276/oauth/callback'] };
      return inspector(machine, world, ['--client-metadata-url', world.site.publish('/inspector.json', document)]);
    },
    reached: (ran) => listsTools(ran.slice(0, 1)) && saysWhoami('ann')(ran),
  },
  {
    client: 'mcp-remote',
    version: '0.15.1',
    way: 'DCR',
    clientId: /^dcr_/,
    quirks: ['Its callback port follows from the address of the server.'],
    run: (machine, world) => mcpRemote(machine, world),
    reached: saysWhoami('ann'),
  },
  {
    client: 'mcp-remote',
    version: '0.15.1',
    way: 'CIMD with a document that the hub fetches',
    clientId: /^https:\/\/localhost:\d+\/mcp-remote\.json$/,
    quirks: [],
    run: (machine, world) => {
      const document = { ...DOCUMENT, client_name: 'mcp-remote', redirect_uris: ['http://localhost/oauth/callback'] };
      return mcpRemote(machine, world, ['--client-metadata-url', world.site.publish('/mcp-remote.json', document)]);
    },
    reached: saysWhoami('ann'),
  },
  {
    client: 'mcp-remote',
    version: '0.15.1',
    way: 'DCR, access tokens of 30 seconds',
    clientId: /^dcr_/,
    shortTokens: 'token.refreshed',
    quirks: [],
    run: (machine, world) => mcpRemote(machine, world),
    reached: saysWhoami('ann'),
  },
  {
    client: 'mcp-remote',
    version: '0.15.1',
    way: 'client credentials, no user',
    clientId: /^interop-worker$/,
    quirks: [],
    run: (machine, world) =>
      mcpRemote(machine, world, [
        '--client-credentials',
        '--static-oauth-client-info',
        JSON.stringify({ client_id: WORKER.clientId, client_secret: WORKER.clientSecret }),
      ]),
    reached: saysWhoami(WORKER.clientId),
  },
  {
    client: 'mcp-remote',
    version: '0.15.1',
    way: 'device code',
    clientId: /^dcr_/,
    quirks: [],
    run: (machine, world) => mcpRemote(machine, world, ['--device-code'], { shows: /(http:\S+\/device\?user_code=\S+)/ }),
    reached: saysWhoami('ann'),
  },
  {
    client: 'mcporter',
    version: '0.12.3',
    way: 'DCR',
    clientId: /^dcr_/,
    quirks: ['Does not ask for `offline_access`; it gets a refresh token all the same, because the person is asked in words.'],
    run: mcporter,
    reached: saysWhoami('ann'),
  },
  {
    client: 'mcporter',
    version: '0.12.3',
    way: 'DCR, access tokens of 30 seconds',
    clientId: /^dcr_/,
    shortTokens: 'token.refreshed',
    quirks: [
      'May register again in its next process, because its callback port changed, and then bring the refresh token of its former client: the hub refuses it (`client_mismatch`, the former login lives on) and the person logs in once more.',
    ],
    run: mcporter,
    reached: saysWhoami('ann'),
  },
];
