// The example of the same name, run against a hub: a tool with a key it never sees, and one that is given a token for a call.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Agent, TokenSource } from '@writ/sdk-agent';
import { createAgent, publicClient } from '@writ/sdk-agent';
import { mcpAuthProvider } from '@writ/sdk-agent/mcp';
import type { Places, VaultTool } from '@writ/vault-tool';
import { ANN_CONNECTED, ANN_TOKEN, SEARCH_KEY, hubConfig, placesAt, startVaultTool } from '@writ/vault-tool';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { walk } from '../driver/walk.ts';
import { ANN, freePort, startHub } from '../harness.ts';
import type { Hub } from '../harness.ts';

const REDIRECT = 'http://127.0.0.1:3996/callback';

let hub: Hub;
let places: Places;
let running: VaultTool;
let assistant: Agent;
let ann: TokenSource;
/** Everything the assistant's side ever saw. */
const seen: string[] = [];

beforeAll(async () => {
  hub = await startHub({ env: { WRIT_ALLOW_LOOPBACK: 'true' } });
  places = placesAt(hub.issuer, { desk: await freePort(), service: await freePort() });
  await hub.apply({
    tenants: [{ id: 'acme', name: 'Acme', domains: ['acme.test'] }],
    users: [{ id: 'ann', email: ANN.email, name: 'Ann Archer', password: { value: ANN.password }, tenants: [{ id: 'acme', roles: [] }] }],
    ...hubConfig(places),
  });
  running = await startVaultTool(places);
  assistant = createAgent({ issuer: hub.issuer, clientId: 'assistant', auth: publicClient() });
  const login = await assistant.beginLogin({ redirectUri: REDIRECT, resource: places.desk, scope: ['desk:use'] });
  const { end } = await walk(login.url, { ...ANN, allow: 'all', stay: true }, { call: false });
  if (end.kind !== 'callback') throw new Error(`no code came back: ${end.page.text} ${hub.said().slice(-3000)}`);
  const outcome = await assistant.finishLogin(login, end.url);
  if (outcome.kind !== 'token') throw new Error(`no token: ${JSON.stringify(outcome)}`);
  ann = assistant.session(places.desk, outcome.token);
});
afterAll(async () => {
  await running?.close();
  await hub?.stop();
});

async function callTool(name: string): Promise<{ text: string; isError: boolean; opened: string[] }> {
  const opened: string[] = [];
  const capabilities = { elicitation: { url: {} } };
  const client = new Client({ name: 'assistant', version: '1' }, { capabilities, versionNegotiation: { mode: 'auto' } });
  client.setRequestHandler('elicitation/create', ({ params }) => {
    if (params.mode === 'url') opened.push(params.url);
    return { action: 'decline' };
  });
  await client.connect(new StreamableHTTPClientTransport(new URL(places.desk), { authProvider: mcpAuthProvider(ann) }));
  const { content, isError } = await client.callTool({ name, arguments: {} });
  await client.close();
  const [first] = Array.isArray(content) ? content : [];
  const text = first?.type === 'text' ? first.text : '';
  seen.push(text, ...opened);
  return { text, isError: isError === true, opened };
}

test('a tool searches with a key that only the hub has', async () => {
  expect(await callTool('search_web')).toMatchObject({ text: '{"results":["All about coffee"]}', isError: false });
});

test('a tool that needs an account which nobody has connected asks the user to, at an address of the hub', async () => {
  const { text, isError, opened } = await callTool('my_tickets');
  expect([isError, opened]).toEqual([true, [expect.stringContaining(`${hub.issuer}/connect/`)]]);
  expect(text).toContain('did not want to connect');
});

test('once it is connected, the tool gets a token for the call', async () => {
  await hub.apply(ANN_CONNECTED);
  expect(await callTool('my_tickets')).toMatchObject({ text: '{"tickets":["The coffee machine is empty"]}', isError: false, opened: [] });
});

test('both are on record with everybody in the chain, and neither secret was seen by the assistant', async () => {
  const events = await hub.items('events?limit=200');
  const used = events.filter(({ type }) => type === 'credential.used' || type === 'credential.issued');
  expect(used.map(({ type }) => type).toSorted()).toEqual(['credential.issued', 'credential.used']);
  expect(JSON.stringify(used)).toContain('assistant');
  for (const secret of [SEARCH_KEY, ANN_TOKEN]) expect(seen.join('\n') + JSON.stringify(events)).not.toContain(secret);
});

test('without its rule the tool is told what the hub refused, and which decision explains it', async () => {
  await hub.apply({
    policies: [
      {
        id: 'desk-reads-tickets',
        effect: 'allow',
        state: 'off',
        subject: { clients: ['desk'] },
        target: { connections: ['tickets'] },
        scopes: 'all',
      },
    ],
  });
  const { text, isError } = await callTool('my_tickets');
  expect(isError).toBe(true);
  expect(text).toMatch(/access_denied: .+ Decision \S+\./);
});
