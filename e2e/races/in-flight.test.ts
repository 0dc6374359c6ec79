import { afterAll, beforeAll, expect, it } from 'vitest';
import { createResource } from '@writ/sdk';
import type { Resource } from '@writ/sdk';
import { basic, encode, FORM, jsonOf } from '../attacks/ask.ts';
import type { Asked, Params } from '../attacks/ask.ts';
import { RESOURCE, SECRETS } from '../attacks/furniture.ts';
import { openTwoHubs } from './two-hubs.ts';
import type { TwoHubs } from './two-hubs.ts';

const ROUNDS = 8;
const SERVER = 'a-long-secret-of-a-resource-server';

let hubs: TwoHubs;
let server: Resource;
beforeAll(async () => {
  hubs = await openTwoHubs();
  const { hub } = hubs.first;
  await hub.apply({
    clients: [{ id: 'rs', name: 'rs', kind: 'service', tags: ['resource-server:ops'], auth: { secrets: [{ value: SERVER }] } }],
  });
  server = createResource({ issuer: hub.issuer, resource: RESOURCE, credentials: { clientId: 'rs', clientSecret: SERVER } });
  await until(() => server.signals.state === 'open');
});
afterAll(async () => {
  server.close();
  await hubs.close();
});

async function until(is: () => boolean): Promise<void> {
  while (!is()) await new Promise((go) => setTimeout(go, 20));
}

/** A server that has heard of the newest signal about it. */
async function heardOf(kind: string, subject: string): Promise<void> {
  const { newest } = await (await hubs.first.hub.admin('GET', `signals/newest?kind=${kind}&subject=${subject}`)).json();
  await until(() => (server.signals.lastSeq ?? 0) >= Number(newest.signal.seq));
}

const form = (params: Params, headers: Record<string, string> = {}): { path: string; asked: Asked } => ({
  path: '/oauth/token',
  asked: { method: 'POST', headers: { ...FORM, ...headers }, body: encode(params) },
});

/** What requests in flight got that crossed with the freeze, and how many of it a server takes that has heard the freeze. */
async function crossed(kind: 'agent' | 'client', id: string, requests: readonly { path: string; asked: Asked }[]) {
  const early = hubs.each(requests);
  const frozen = hubs.first.hub.admin('POST', `${kind}s/${id}/freeze`, { reason: 'a race' });
  const late = hubs.each(requests);
  const answers = [...(await early), ...(await late)];
  expect((await frozen).status).toBe(200);
  await heardOf(kind, id);
  const tokens = answers.filter(({ status }) => status === 200).map((one) => String(jsonOf(one)['access_token']));
  const taken = await Promise.all(tokens.map(async (token) => (await server.authenticate(`Bearer ${token}`)).ok));
  return { issued: tokens.length, refused: answers.length - tokens.length, taken: taken.filter(Boolean).length };
}

it('a token that was in flight when its client was frozen is refused by a server that has heard of it, whichever node gave it', async () => {
  const request = form({ grant_type: 'client_credentials', resource: RESOURCE }, basic('worker', SECRETS.worker));
  let issued = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const came = await crossed(
      'client',
      'worker',
      Array.from({ length: 20 }, () => request),
    );
    expect(came.taken).toBe(0);
    issued += came.issued;
    await hubs.first.hub.admin('POST', 'clients/worker/unfreeze', { reason: 'the next round' });
    await heardOf('client', 'worker');
  }
  // A race in which nothing was in flight would show nothing.
  expect(issued).toBeGreaterThan(0);
}, 240_000);

it('nor is one that a refresh gave which crossed with the freeze of its agent', async () => {
  let issued = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const held = await hubs.first.tokens();
    const { sub, agent } = claimsOf(held.access);
    expect(sub).toBeDefined();
    const came = await crossed('agent', agent, [form({ grant_type: 'refresh_token', client_id: 'web', refresh_token: held.refresh })]);
    expect(came.taken).toBe(0);
    issued += came.issued;
    await hubs.first.hub.admin('POST', `agents/${agent}/unfreeze`, { reason: 'the next round' });
    await heardOf('agent', agent);
  }
  expect(issued).toBeGreaterThan(0);
}, 240_000);

function claimsOf(jwt: string): { sub: string; agent: string } {
  const claims: { sub: string; agent: string } = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
  return claims;
}
