// A program without a browser, with the SDK for agents, against the hub: it proves itself by its platform or a key, binds its tokens, waits for people where
// rules or the matter want it, and hears at once when it is stopped.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent, Approval, Outcome } from '@writ/sdk-agent';
import { createAgent, privateKeyJwt, secret, workload } from '@writ/sdk-agent';
import { SignJWT, decodeJwt, exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { story, walk } from '../driver/walk.ts';
import { ANN, protectSample, startHub } from '../harness.ts';
import type { Hub, Protected } from '../harness.ts';

const SECRET = 'the-secret-of-the-night-worker-00001';
const CLUSTER = 'https://cluster.acme.test';
const CIBA = 'urn:openid:params:grant-type:ciba';

let hub: Hub;
let guarded: Protected;
let resource: string;
let key: CryptoKey;
let platform: CryptoKey;
let agent: Agent;

beforeAll(async () => {
  hub = await startHub();
  const pair = await generateKeyPair('ES256', { extractable: true });
  key = pair.privateKey;
  const jwks = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }] };
  const cluster = await generateKeyPair('ES256');
  platform = cluster.privateKey;
  const clusterKeys = { keys: [{ ...(await exportJWK(cluster.publicKey)), kid: 'c1', alg: 'ES256', use: 'sig' }] };
  await hub.apply({
    tenants: [{ id: 'acme', name: 'Acme', domains: ['acme.test'] }],
    issuers: [{ id: 'cluster', issuer: CLUSTER, preset: 'kubernetes', jwks: clusterKeys }],
  });
  const rule = (id: string, more: object): object => ({ id, subject: { any: true }, target: { resources: ['acme-incidents'] }, ...more });
  guarded = await protectSample(hub, {
    clients: [
      {
        id: 'pod',
        name: 'Reporting pod',
        kind: 'service',
        workload: [{ issuer: 'cluster', subject: 'system:serviceaccount:prod:reporting' }],
        tenants: ['acme'],
      },
      {
        id: 'night',
        name: 'Night worker',
        kind: 'service',
        grants: ['client_credentials', CIBA],
        auth: { method: 'client_secret_basic', secrets: [{ value: SECRET }] },
        tenants: ['acme'],
      },
      {
        id: 'keyed',
        name: 'Keyed worker',
        kind: 'service',
        grants: ['client_credentials'],
        auth: { method: 'private_key_jwt', jwks },
        tenants: ['acme'],
      },
    ],
    policies: [
      rule('machines', { effect: 'allow', grants: ['client_credentials'], scopes: ['incidents:read', 'deploys:rollback'] }),
      rule('people-elsewhere', { effect: 'allow', grants: ['ciba'], scopes: ['incidents:read', 'incidents:write'] }),
      rule('rollback-needs-ann', {
        effect: 'require',
        grants: ['client_credentials'],
        scopes: ['deploys:rollback'],
        require: { approval: { from: { users: ['ann'] }, count: 1 } },
      }),
    ],
  });
  resource = guarded.resource.uri;
  agent = createAgent({ issuer: hub.issuer, clientId: 'night', auth: secret(SECRET), signals: true });
});
afterAll(async () => {
  agent?.close();
  await guarded?.close();
  await hub?.stop();
});

/** What a cluster writes into the file of a workload and renews: here, signed by the test. */
async function platformToken(account: string, jti: string): Promise<string> {
  return new SignJWT({ jti })
    .setProtectedHeader({ alg: 'ES256', kid: 'c1' })
    .setIssuer(CLUSTER)
    .setSubject(`system:serviceaccount:${account}`)
    .setAudience(hub.issuer)
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(platform);
}

function tokenOf(outcome: Outcome): string {
  if (outcome.kind !== 'token') throw new Error(`no token: ${JSON.stringify(outcome)}`);
  return outcome.token.accessToken;
}

function approvalOf(outcome: Outcome): Approval {
  if (outcome.kind !== 'approvalRequired') throw new Error(`no approval: ${JSON.stringify(outcome)}`);
  return outcome.approval;
}

const opened = new Set<string>();

/** The link in Ann's newest mail, once there is one that she has not opened yet: mails are sent a moment after the request was answered. */
async function newLink(): Promise<string> {
  for (;;) {
    const { items }: { items: { to: string; text: string }[] } = await (await fetch(`${hub.issuer}/dev/mail.json`)).json();
    const link = /^(http\S+)$/m.exec(items.find(({ to }) => to === ANN.email)?.text ?? '')?.[1];
    if (link !== undefined && !opened.has(link)) return link;
    await sleep(50);
  }
}

async function annDecides(allow: 'all' | 'deny'): Promise<void> {
  const link = await newLink();
  opened.add(link);
  const walked = await walk(link, { ...ANN, allow });
  expect(story(walked).join('\n')).toContain(`→ ${allow === 'deny' ? 'deny' : 'allow'}`);
}

const call = (name: string, outcome: Outcome): Promise<Response> =>
  fetch(resource, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${tokenOf(outcome)}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } }),
  });

test('the platform says who the workload is, so there is no secret at all, and another workload of it is nobody', async () => {
  let serial = 0;
  const podOf = (account: string) =>
    createAgent({ issuer: hub.issuer, clientId: 'pod', auth: workload(() => platformToken(account, `t${(serial += 1)}`)) });
  const outcome = await podOf('prod:reporting').token({ resource, scope: ['incidents:read'] });
  expect(decodeJwt(tokenOf(outcome))).toMatchObject({ sub: 'pod', client_id: 'pod', tenant: 'acme', scope: 'incidents:read' });
  expect((await call('list_incidents', outcome)).status).toBe(200);
  const other = await podOf('prod:somebody-else').token({ resource, scope: ['incidents:read'] });
  expect(other).toMatchObject({ kind: 'refused', error: 'invalid_client', status: 401 });
});

test('a key proves the agent, and its tokens are good only with the key of its process', async () => {
  const auth = privateKeyJwt({ ...(await exportJWK(key)), kid: 'k1', alg: 'ES256' });
  const bound = createAgent({ issuer: hub.issuer, clientId: 'keyed', auth, dpop: true });
  const source = bound.source({ resource, scope: ['incidents:read'] });
  const outcome = await source.get();
  expect(outcome).toMatchObject({ kind: 'token', token: { tokenType: 'DPoP' } });
  expect((await call('list_incidents', outcome)).status).toBe(401);
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'list_incidents', arguments: {} } });
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const served = await bound.fetch(source)(resource, { method: 'POST', headers, body });
  expect(served).toMatchObject({ kind: 'response', response: { status: 200 } });
});

describe('what a rule wants a person for', () => {
  const wish = () => ({ resource, scope: ['deploys:rollback'] });

  test('is asked of that person, waited for, and given for exactly this', async () => {
    const approval = approvalOf(await agent.token(wish()));
    const waiting = agent.waitForApproval(approval);
    await annDecides('all');
    const outcome = await waiting;
    expect(decodeJwt(tokenOf(outcome))).toMatchObject({ client_id: 'night', scope: 'deploys:rollback', approval_id: approval.id });
    // The token is kept: the next call needs nobody.
    expect(tokenOf(await agent.token(wish()))).toBe(tokenOf(outcome));
  });

  test('is asked anew when the token is gone, and a refusal is the end of it', async () => {
    agent.drop(tokenOf(await agent.token(wish())));
    const approval = approvalOf(await agent.token(wish()));
    const waiting = agent.waitForApproval(approval);
    await annDecides('deny');
    expect(await waiting).toMatchObject({ kind: 'refused', error: 'access_denied' });
  });
});

describe('a person who is not at its screen', () => {
  test('is asked by mail for just this, and what they allow is what it gets', async () => {
    const asked = await agent.approve({
      resource,
      scope: ['incidents:read', 'incidents:write'],
      loginHint: ANN.email,
      bindingMessage: 'Close INC-1040',
    });
    const waiting = agent.waitForApproval(approvalOf(asked));
    await annDecides('all');
    const outcome = await waiting;
    expect(decodeJwt(tokenOf(outcome))).toMatchObject({ sub: 'ann', client_id: 'night', scope: 'incidents:read incidents:write' });
    expect((await call('list_incidents', outcome)).status).toBe(200);
  });

  test('may say no', async () => {
    const asked = await agent.approve({ resource, scope: ['incidents:read'], loginHint: ANN.email });
    const waiting = agent.waitForApproval(approvalOf(asked));
    await annDecides('deny');
    expect(await waiting).toMatchObject({ kind: 'refused', error: 'access_denied' });
  });
});

test('a stopped agent drops its token by itself, and is told why there is no other', async () => {
  const wish = { resource, scope: ['incidents:read'] };
  tokenOf(await agent.token(wish));
  const [own] = await hub.items('agents?client=night&tenant=acme');
  const heard = new Promise<void>((resolve) => {
    agent.signals?.on((event) => (event.type === 'signal' && event.signal.subject === own?.['id'] ? resolve() : undefined));
  });
  expect((await hub.admin('POST', `agents/${String(own?.['id'])}/freeze`, { reason: 'a test' })).status).toBe(200);
  await heard;
  expect(await agent.token(wish)).toMatchObject({ kind: 'refused', error: expect.stringMatching(/invalid_(client|grant)/) });
});
