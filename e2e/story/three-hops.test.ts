// A person lets an agent see her expenses. The agent calls an MCP server, that server an internal API, and that API another one; the token is
// exchanged at every hop. Everybody at the end can see who is behind the call, the hub has it on record, and when the one in the middle is
// stopped, the end refuses what came through it a moment later, with the token unexpired.
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Agent, Outcome, TokenSource } from '@writ/sdk-agent';
import { createAgent, publicClient, secret } from '@writ/sdk-agent';
import { mcpAuthProvider } from '@writ/sdk-agent/mcp';
import type { Places, ThreeHops } from '@writ/three-hops';
import { SECRETS, hubConfig, placesAt, startThreeHops } from '@writ/three-hops';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { walk } from '../driver/walk.ts';
import { ANN, bareEnvironment, freePort, startHub } from '../harness.ts';
import type { Hub } from '../harness.ts';

const REDIRECT = 'http://127.0.0.1:3997/callback';

let hub: Hub;
let places: Places;
let servers: ThreeHops;
let assistant: Agent;
let ann: TokenSource;
/** One token per hop, as each server gets it. */
const tokens = { expenses: '', ledger: '', archive: '' };

beforeAll(async () => {
  hub = await startHub();
  places = placesAt({ expenses: await freePort(), ledger: await freePort(), archive: await freePort() });
  await hub.apply({
    tenants: [{ id: 'acme', name: 'Acme', domains: ['acme.test'] }],
    users: [{ id: 'ann', email: ANN.email, name: 'Ann Archer', password: { value: ANN.password }, tenants: [{ id: 'acme', roles: [] }] }],
    ...hubConfig(places),
  });
  servers = await startThreeHops(hub.issuer, places);
  assistant = createAgent({ issuer: hub.issuer, clientId: 'assistant', auth: publicClient() });
});
afterAll(async () => {
  await servers?.close();
  await hub?.stop();
});

function tokenOf(outcome: Outcome): string {
  if (outcome.kind !== 'token') throw new Error(`no token: ${JSON.stringify(outcome)}`);
  return outcome.token.accessToken;
}

/** The exchange a server makes for its next hop, made by the test with the same credentials, so that it holds the tokens in between. */
const hop = async (server: 'expenses' | 'ledger', subjectToken: string, resource: string, scope: string): Promise<string> => {
  const as = createAgent({ issuer: hub.issuer, clientId: server, auth: secret(SECRETS[server]) });
  return tokenOf(await as.exchange({ subjectToken, resource, scope: [scope] }));
};

async function explainExpense(): Promise<{ text: string; isError: boolean }> {
  const client = new Client({ name: 'assistant', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StreamableHTTPClientTransport(new URL(places.expenses), { authProvider: mcpAuthProvider(ann) }));
  const { content, isError } = await client.callTool({ name: 'explain_expense', arguments: {} });
  await client.close();
  const [first] = Array.isArray(content) ? content : [];
  return { text: first?.type === 'text' ? first.text : '', isError: isError === true };
}

const archived = (token: string = tokens.archive): Promise<Response> =>
  fetch(`${places.archive}/receipts/17`, { headers: { authorization: `Bearer ${token}` } });

/** Waits until the archive refuses the token: how soon it does is measured by the kill runs (e2e/kills). */
async function untilRefused(token: string): Promise<void> {
  while ((await archived(token)).status !== 401) await sleep(20);
}

const agentOf = async (client: string): Promise<string> => {
  const [agent] = await hub.items(`agents?client=${client}&user=ann`);
  return String(agent?.['id']);
};

const writ = (...args: string[]): { status: number | null; out: string } => {
  const program = fileURLToPath(new URL('../../packages/cli/bin/writ.mjs', import.meta.url));
  const ran = spawnSync(process.execPath, [program, ...args, '--url', hub.issuer], {
    cwd: hub.folder,
    env: { ...bareEnvironment(), WRIT_ADMIN_TOKEN: hub.adminToken },
    encoding: 'utf8',
  });
  return { status: ran.status, out: `${ran.stdout}${ran.stderr}` };
};

test('Ann logs in and lets the assistant see her expenses', async () => {
  const login = await assistant.beginLogin({ redirectUri: REDIRECT, resource: places.expenses, scope: ['expenses:read'] });
  const { end } = await walk(login.url, { ...ANN, allow: 'all', stay: true }, { call: false });
  if (end.kind !== 'callback') throw new Error(`no code came back: ${end.page.text}`);
  const outcome = await assistant.finishLogin(login, end.url);
  tokens.expenses = tokenOf(outcome);
  if (outcome.kind === 'token') ann = assistant.session(places.expenses, outcome.token);
  expect(decodeJwt(tokens.expenses)).toMatchObject({ sub: 'ann', aud: places.expenses, scope: 'expenses:read' });
});

test('one tool call goes through all three servers, and the last one sees everybody behind it', async () => {
  const { text, isError } = await explainExpense();
  expect({ text, isError }).toMatchObject({ isError: false });
  expect(JSON.parse(text)).toEqual({
    entry: { amount: 42, currency: 'EUR' },
    receipt: { receipt: '17', text: 'Lunch with Globex', through: ['ann', 'assistant', 'expenses', 'ledger'], txn: expect.any(String) },
  });
});

test('at every hop the token is for the next server alone, says who acted before, and keeps its transaction', async () => {
  tokens.ledger = await hop('expenses', tokens.expenses, places.ledger, 'entries:read');
  tokens.archive = await hop('ledger', tokens.ledger, places.archive, 'receipts:read');
  const [first, second, third] = [tokens.expenses, tokens.ledger, tokens.archive].map((token) => decodeJwt(token));
  expect(third).toMatchObject({
    sub: 'ann',
    client_id: 'ledger',
    aud: places.archive,
    scope: 'receipts:read',
    act: { sub: 'ledger', act: { sub: 'expenses', act: { sub: 'assistant' } } },
    lineage: [second?.jti, first?.jti],
  });
  expect(new Set([first, second, third].map((claims) => claims?.['txn'])).size).toBe(1);
  expect(third?.exp ?? Infinity).toBeLessThanOrEqual(first?.exp ?? 0);
  expect((await archived()).status).toBe(200);
});

test('nobody gets further than the next hop', async () => {
  const as = (client: 'expenses' | 'ledger') => createAgent({ issuer: hub.issuer, clientId: client, auth: secret(SECRETS[client]) });
  const skipped = await as('expenses').exchange({ subjectToken: tokens.expenses, resource: places.archive, scope: ['receipts:read'] });
  expect(skipped).toMatchObject({ kind: 'refused', error: 'invalid_target' });
  const stolen = await as('ledger').exchange({ subjectToken: tokens.expenses, resource: places.archive, scope: ['receipts:read'] });
  expect(stolen).toMatchObject({ kind: 'refused', error: 'invalid_request' });
  const elsewhere = await fetch(`${places.archive}/receipts/17`, { headers: { authorization: `Bearer ${tokens.ledger}` } });
  expect(elsewhere.status).toBe(401);
});

test('writ inspect draws the chain, from the person to the API at the end', () => {
  const { status, out } = writ('inspect', tokens.archive);
  expect({ status, out }).toMatchObject({ status: 0 });
  const drawn = out
    .slice(out.indexOf('user ann'))
    .replaceAll(/agt_\w+/g, 'agt_…')
    .split('\n');
  expect(drawn.slice(0, 4)).toEqual([
    'user ann [active]',
    '└─ client assistant agt_… [active]: expenses:read at expenses [good]',
    '   └─ client expenses agt_… [active]: entries:read at ledger [good]',
    '      └─ client ledger agt_… [active]: receipts:read at archive [good]',
  ]);
});

test('a token in the middle is taken back, and what was exchanged from it dies with it, and nothing else', async () => {
  const middle = await hop('expenses', tokens.expenses, places.ledger, 'entries:read');
  const last = await hop('ledger', middle, places.archive, 'receipts:read');
  expect((await archived(last)).status).toBe(200);
  const authorization = `Basic ${btoa(`expenses:${SECRETS.expenses}`)}`;
  const revoked = await fetch(`${hub.issuer}/oauth/revoke`, {
    method: 'POST',
    headers: { authorization },
    body: new URLSearchParams({ token: middle }),
  });
  expect(revoked.status).toBe(200);
  await untilRefused(last);
  expect((await archived()).status).toBe(200);
});

test('the middle is revoked, and the end refuses what came through it, unexpired', async () => {
  expect((decodeJwt(tokens.archive).exp ?? 0) * 1000).toBeGreaterThan(Date.now() + 60_000);
  const revoked = await hub.admin('POST', `agents/${await agentOf('expenses')}/revoke`, { reason: 'the middle is out' });
  expect(revoked.status).toBe(200);
  await untilRefused(tokens.archive);
});

test('nothing goes through it any more, though Ann and the assistant are as good as before', async () => {
  const { text, isError } = await explainExpense();
  expect({ text, isError }).toMatchObject({ isError: true });
  const refused = await createAgent({ issuer: hub.issuer, clientId: 'ledger', auth: secret(SECRETS.ledger) }).exchange({
    subjectToken: tokens.ledger,
    resource: places.archive,
    scope: ['receipts:read'],
  });
  expect(refused).toMatchObject({ kind: 'refused', error: 'invalid_request' });
  expect(await ann.get()).toMatchObject({ kind: 'token' });
  const { status, out } = writ('inspect', tokens.archive);
  expect({ status, out }).toMatchObject({
    status: 1,
    out: expect.stringMatching(/client expenses agt_\w+ \[revoked\]: entries:read at ledger \[stopped\]/),
  });
});

test('all of it is on record, under one transaction, in a chain that verifies', async () => {
  const { txn } = decodeJwt(tokens.archive);
  const events = await hub.items(`events?txn=${String(txn)}`);
  const steps = events
    .filter((event) => ['token.issued', 'token.exchanged'].includes(String(event['type'])))
    .map(({ type, actor }) => ({ type, chain: JSON.parse(JSON.stringify(actor)).chain }));
  expect(steps).toContainEqual({ type: 'token.issued', chain: [] });
  expect(steps).toContainEqual({ type: 'token.exchanged', chain: ['expenses', 'assistant'] });
  expect(steps).toContainEqual({ type: 'token.exchanged', chain: ['ledger', 'expenses', 'assistant'] });
  const refusals = (await hub.items('events?type=token.refused')).filter((event) => event['txn'] === txn);
  expect(refusals.length).toBeGreaterThan(0);
  const verified = await hub.admin('GET', 'events/verify');
  expect(await verified.json()).toMatchObject({ ok: true });
});
