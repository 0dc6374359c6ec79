import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { inBrowser } from './chromium.ts';
import { criticisePage } from './flow-editor.suite.ts';
import { onStage } from './stage.ts';
import type { World } from './world.ts';

const SECRET = 'a-long-secret-of-the-ear-0123456789';
const DISABLED = 'https://schemas.openid.net/secevent/risc/event-type/account-disabled';
const LOOKS = [
  [1280, 'light'],
  [390, 'dark'],
] as const;

/** A receiver that refuses what it does not like, and the keys of a provider. */
async function outside() {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
  const server = createServer((request, response) => {
    request.resume();
    if (request.url === '/jwks') return void response.end(JSON.stringify({ keys: [jwk] }));
    response.writeHead(request.url === '/down' ? 503 : 202).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  return { url, privateKey, close: () => server.close() };
}

async function post(url: string, token: string, body: unknown): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function tokenFor({ hub }: World): Promise<string> {
  const authorization = `Basic ${Buffer.from(`gateway:${SECRET}`).toString('base64')}`;
  const body = new URLSearchParams({ grant_type: 'client_credentials', resource: `${hub.issuer}/ssf`, scope: 'ssf.manage' }).toString();
  const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
  return String((await (await fetch(`${hub.issuer}/oauth/token`, { method: 'POST', headers, body })).json()).access_token);
}

async function enter(page: Page, world: World): Promise<void> {
  const { link } = await world.made('users/ann/console-link');
  await page.goto(String(link));
  await page.getByRole('button', { name: 'Open the console' }).click();
  await page.getByRole('heading', { name: 'Dashboard' }).waitFor();
}

inBrowser('shared signals in the console', () => {
  const stage = onStage();
  let elsewhere: Awaited<ReturnType<typeof outside>>;
  let streams: string[] = [];
  beforeAll(async () => {
    elsewhere = await outside();
    return () => elsewhere.close();
  });

  const look = async (page: Page, name: string): Promise<string[]> => {
    const faults: string[] = [];
    for (const [width, colorScheme] of LOOKS) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      faults.push(...(await criticisePage(page, `${name}-${width}-${colorScheme}`, colorScheme === 'light' ? 'everything' : 'look')));
    }
    return faults;
  };
  const open = async (page: Page, path: string): Promise<void> => {
    await page.goto(`${stage().world.hub.issuer}/console/${path}`);
    await page.locator('h1').first().waitFor();
    await page
      .getByRole('status', { name: /^(Loading|Counting)$/ })
      .first()
      .waitFor({ state: 'detached' });
  };

  test('shows who listens and to whom the hub listens, on a phone and a desk', { timeout: 300_000 }, async () => {
    const { world, visitor } = stage();
    const { page } = await visitor({ bypassCSP: true });
    await enter(page, world);
    const faults: string[] = [];
    for (const path of ['streams', 'transmitters', 'transmitters/+new']) {
      await open(page, path);
      faults.push(...(await look(page, `empty-${path.replaceAll(/\W+/g, '-')}`)));
    }
    await world.hub.apply({
      clients: [{ id: 'gateway', name: 'W'.repeat(120), kind: 'service', auth: { secrets: [{ value: SECRET }] } }],
      policies: [{ id: 'ears', effect: 'allow', subject: { clients: ['gateway'] }, target: { resources: ['writ-ssf'] }, scopes: 'all' }],
      tenants: [{ id: 'acme', name: 'Acme', domains: ['acme.test'] }],
      transmitters: [
        {
          id: 'idp',
          name: 'Sign-in of Acme',
          tenant: 'acme',
          issuer: elsewhere.url,
          domains: ['acme.test'],
          jwksUri: `${elsewhere.url}/jwks`,
        },
        { id: 'asked', issuer: elsewhere.url, domains: ['acme.test'], delivery: 'poll', pollUrl: `${elsewhere.url}/down` },
      ],
    });
    const token = await tokenFor(world);
    const make = async (at: string, description: string): Promise<string> => {
      const delivery = { method: 'urn:ietf:rfc:8935', endpoint_url: `${elsewhere.url}/${at}` };
      const answer = await post(`${world.hub.issuer}/ssf/v1/stream`, token, { delivery, description });
      return String((await answer.json()).stream_id);
    };
    const fetched = await post(`${world.hub.issuer}/ssf/v1/stream`, token, { description: 'Fetches for itself' });
    streams = [await make('up', 'The gateway'), await make('down', 'n'.repeat(200)), String((await fetched.json()).stream_id)];
    await world.made('users/bob/freeze', { reason: 'a test' });
    const set = await new SignJWT({
      iss: elsewhere.url,
      aud: `${world.hub.issuer}/ssf/receive/idp`,
      jti: 'one',
      sub_id: { format: 'email', email: 'bob@acme.test' },
      events: { [DISABLED]: {} },
    })
      .setIssuedAt()
      .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: 'secevent+jwt' })
      .sign(elsewhere.privateKey);
    const pushed = await fetch(`${world.hub.issuer}/ssf/receive/idp`, {
      method: 'POST',
      headers: { 'content-type': 'application/secevent+jwt' },
      body: set,
    });
    expect(pushed.status).toBe(202);
    const failing = async (path: string): Promise<boolean> => JSON.stringify(await world.hub.items(path)).includes('It answered 503.');
    await expect.poll(async () => (await failing('streams')) && (await failing('transmitters')), { timeout: 30_000 }).toBe(true);
    await open(page, 'streams');
    await page.getByText('It answered 503.').first().waitFor();
    faults.push(...(await look(page, 'streams')));
    await open(page, 'transmitters');
    faults.push(...(await look(page, 'transmitters')));
    for (const path of [
      `streams/${streams[0]}`,
      `streams/${streams[1]}`,
      `streams/${streams[1]}?tab=refused`,
      `streams/${streams[1]}?tab=delivery`,
      `streams/${streams[2]}`,
      `streams/${streams[2]}?tab=address`,
      'transmitters/asked?tab=hearing',
      'transmitters/idp',
      'transmitters/idp?tab=address',
      'transmitters/idp?tab=stopped',
      'transmitters/idp?tab=edit',
    ]) {
      await open(page, path);
      faults.push(...(await look(page, path.replaceAll(/\W+/g, '-').replace(/str_\w+/, 'one'))));
    }
    expect(faults).toEqual([]);
    await open(page, `streams/${streams[2]}?tab=address`);
    await page.getByText(`${world.hub.issuer}/ssf/v1/poll/${streams[2]}`, { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Copy', exact: true }).waitFor();
    await open(page, `streams/${streams[2]}`);
    await page.getByText('the whole hub').first().waitFor();
    await open(page, 'transmitters/idp?tab=stopped');
    await page.getByRole('button', { name: 'Let go' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Let go' }).click();
    await page.getByText('Nobody is stopped on its word.').waitFor();
    await open(page, `streams/${streams[1]}`);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Resume' }).waitFor();
  });
});
