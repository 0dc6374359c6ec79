// What an agent gets while the provider behind its connection is slow, broken, busy, lying, revoking: two hubs on one database, a provider of another
// author in each of its moods, and hand-outs by token exchange. In the end: everything that the provider ever gave is looked for wherever it must not be.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePort, startHub } from '../harness.ts';
import type { Hub } from '../harness.ts';
import { startProvider } from './provider.ts';
import type { Mode, Provider } from './provider.ts';
import { furniture, openWorld } from './world.ts';
import type { World } from './world.ts';

const SECRET = 'a-long-secret-of-the-worker';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const KEK = Buffer.alloc(32, 7).toString('base64');

let world: World;
let second: Hub;
let other: Provider;
/** Every answer of the hubs that is no credential. */
const told: string[] = [];

beforeAll(async () => {
  const port = await freePort();
  world = await openWorld();
  other = await startProvider(port, { redirectUris: [`${world.hub.issuer}/connect/callback/mail`] });
  const [mail] = JSON.parse(JSON.stringify(furniture(other)['connections']));
  await world.hub.apply({
    resources: [{ id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', scopes: [{ name: 'read' }] }],
    clients: [
      {
        id: 'worker',
        name: 'Worker',
        kind: 'service',
        grants: ['client_credentials', EXCHANGE],
        auth: { secrets: [{ value: SECRET }] },
        tenants: ['acme'],
      },
    ],
    connections: [{ ...mail, id: 'mail', name: 'Mail' }],
    policies: [
      {
        id: 'tokens',
        effect: 'allow',
        grants: ['client_credentials'],
        subject: { any: true },
        target: { resources: ['ops'] },
        scopes: 'all',
      },
      {
        id: 'worker',
        effect: 'allow',
        grants: ['token_exchange'],
        subject: { clients: ['worker'] },
        target: { connections: 'all' },
        scopes: 'all',
      },
    ],
  });
  second = await startHub({
    port: await freePort(),
    env: { WRIT_DATABASE_URL: world.database.url, WRIT_KEK: KEK, WRIT_ISSUER: world.hub.issuer, WRIT_ADMIN_TOKEN: world.hub.adminToken },
  });
});
afterAll(async () => {
  await second?.stop();
  await other?.close();
  await world?.close();
});
beforeEach(() => {
  world.provider.set({ mode: 'honest', rotates: true, gives: undefined });
  other.set({ mode: 'honest' });
});

type Told = { status: number; body: Record<string, unknown> };

async function post(form: Record<string, string>, at: string): Promise<Told> {
  const answer = await fetch(`${at}/oauth/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`worker:${SECRET}`).toString('base64')}`,
      host: new URL(world.hub.issuer).host,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams(form),
  });
  const text = await answer.text();
  if (answer.status !== 200) told.push(text);
  const body: unknown = JSON.parse(text);
  return { status: answer.status, body: typeof body === 'object' && body !== null ? { ...body } : {} };
}

let subject = '';
async function handOut(connection: string, more: Record<string, string> = {}, at = world.hub.issuer): Promise<Told> {
  if (subject === '') {
    const own = await post({ grant_type: 'client_credentials', resource: 'http://localhost:9000/mcp' }, world.hub.issuer);
    subject = String(own.body['access_token']);
  }
  const asked = { subject_token: subject, subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' };
  return post({ grant_type: EXCHANGE, ...asked, resource: `urn:writ:connection:${connection}`, ...more }, at);
}

/** Ida connects an account for all of Acme. */
async function connected(connection: string): Promise<string> {
  for (const { id } of await world.credentials(`connection=${connection}`)) await world.hub.admin('DELETE', `credentials/${String(id)}`);
  const { credential } = await world.connect({ connection, tenant: 'acme' }, 'ida');
  return String(credential['id']);
}

/** As if an hour had gone by. */
const over = (id: string): Promise<unknown> =>
  world.database.query(
    `UPDATE credentials SET expires_at = now() - interval '1 minute', connected_at = now() - interval '2 hours', refreshed_at = NULL,
      refresh_at = NULL, refresh_failures = 0 WHERE id = $1`,
    [id],
  );
const refreshes = (provider: Provider): number => provider.asked['refresh_token'] ?? 0;
const half = (at: number): string => (at % 2 === 0 ? world.hub.issuer : second.issuer);

describe('a token that is over', () => {
  it.each(['honest', 'slow'] as const)(
    'F20 is renewed once for fifty hand-outs on two hubs, by a provider that rotates and is %s',
    async (mode) => {
      const id = await connected('calendar');
      await over(id);
      world.provider.set({ mode });
      const before = refreshes(world.provider);
      const all = await Promise.all(Array.from({ length: 50 }, (_, at) => handOut('calendar', { scope: 'calendar.read' }, half(at))));
      expect(all.filter(({ status }) => status !== 200)).toEqual([]);
      expect(new Set(all.map(({ body }) => body['access_token'])).size).toBe(1);
      expect(refreshes(world.provider)).toBe(before + 1);
      expect(await world.provider.isGood(String(all[0]?.body['access_token']))).toBe(true);
    },
  );

  it('F19 of one provider that does not answer keeps nobody from another', async () => {
    const [calendar, mail] = [await connected('calendar'), await connected('mail')];
    await Promise.all([over(calendar), over(mail)]);
    world.provider.set({ mode: 'held' });
    const before = refreshes(world.provider);
    let answered = false;
    const waiting = handOut('calendar').finally(() => (answered = true));
    await world.until(async () => refreshes(world.provider) > before);
    const all = await Promise.all(Array.from({ length: 20 }, (_, at) => handOut('mail', {}, half(at))));
    expect([answered, new Set(all.map(({ status }) => status))]).toEqual([false, new Set([200])]);
    world.provider.set({ mode: 'honest' });
    world.provider.release();
    expect((await waiting).status).toBe(200);
  });

  it('F21 whose provider has taken everything back: the caller is sent to connect, and the provider is asked once', async () => {
    const id = await connected('calendar');
    await over(id);
    await world.provider.revokeAll();
    const before = refreshes(world.provider);
    const all = await Promise.all(Array.from({ length: 20 }, (_, at) => handOut('calendar', {}, half(at))));
    for (const one of all)
      expect(one).toMatchObject({ status: 400, body: { error: 'connection_required', connect_url: expect.any(String) } });
    expect(refreshes(world.provider)).toBe(before + 1);
    const failed = (await world.events('credential.failed')).filter(({ target }) => JSON.stringify(target).includes(id));
    expect(failed).toHaveLength(1);
  });
});

describe('a token that lives', () => {
  it.each<Mode>(['broken', 'html', 'busy', 'empty', 'lying'])('is handed out although its provider is %s: nobody asks', async (mode) => {
    await connected('mail');
    other.set({ mode });
    const before = refreshes(other);
    expect(await handOut('mail', { scope: 'mail.read' })).toMatchObject({ status: 200 });
    expect(refreshes(other)).toBe(before);
  });

  it('of a provider that lied about scopes does not say what was not asked for, and gives nobody what it does not have', async () => {
    for (const { id } of await world.credentials('connection=calendar')) await world.hub.admin('DELETE', `credentials/${String(id)}`);
    const ida = await world.person('ida');
    const page = await ida.open(await world.link({ connection: 'calendar', tenant: 'acme' }));
    world.provider.set({ mode: 'lying' });
    const end = await ida.press(page, 'continue');
    world.provider.set({ mode: 'honest' });
    expect(end.page.text).toContain('in part');
    expect(await handOut('calendar', { scope: 'calendar.read' })).toMatchObject({ status: 200, body: { scope: 'calendar.read' } });
    expect(await handOut('calendar', { scope: 'calendar.write' })).toMatchObject({ status: 400, body: { error: 'connection_required' } });
    expect(await handOut('calendar', { scope: 'admin.everything' })).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
  });
});

describe('a token that is over, of a provider that is not well', () => {
  // Last, because a provider that said when to come back is left alone until then.
  it.each<Mode>(['broken', 'html', 'empty', 'busy'])(
    'F19 (%s) is handed out to nobody, and the caller hears when to come back',
    async (mode) => {
      const [held] = await world.credentials('connection=calendar');
      await over(String(held?.['id']));
      const before = refreshes(world.provider);
      world.provider.set({ mode });
      const answer = await handOut('calendar', { scope: 'calendar.read' });
      expect(answer).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable', retry_after: expect.any(Number) } });
      expect(refreshes(world.provider)).toBe(before + 1);
      expect((await world.credentials('connection=calendar'))[0]).toMatchObject({ state: 'active' });
    },
  );
});

describe('attack 186: after all this', () => {
  it('nothing that a provider gave, no client secret and no key is in the database, in any log, event, list or refusal', async () => {
    const secrets = [...world.provider.given, ...other.given, 'the:secret%of the hub', KEK];
    expect(secrets.length).toBeGreaterThan(20);
    const tables = await world.database.query(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    const parts: string[] = [world.hub.said(), second.said(), ...told];
    for (const { name } of tables) {
      const rows = await world.database.query(`SELECT t::text AS line FROM ${String(name)} t`);
      parts.push(...rows.map(({ line }) => String(line)));
    }
    for (const place of ['connections', 'credentials', 'events?limit=200', 'decisions', 'export', 'kek', 'keys'])
      parts.push(await (await world.hub.admin('GET', place)).text());
    const all = parts.join('\n');
    const lower = all.toLowerCase();
    const found = secrets.filter((secret) =>
      [
        secret,
        encodeURIComponent(secret),
        Buffer.from(secret).toString('base64').slice(0, -4),
        Buffer.from(secret).toString('base64url').slice(0, -4),
      ].some((form) => all.includes(form)),
    );
    const inHex = secrets.filter((secret) => lower.includes(Buffer.from(secret).toString('hex')));
    expect([found.length, inHex.length]).toEqual([0, 0]);
    // The search finds what is there: a check that finds nothing anywhere shows nothing.
    const planted = randomBytes(12).toString('hex');
    await world.hub.admin('POST', 'connections/calendar/freeze', { reason: planted });
    const rows = await world.database.query(`SELECT t::text AS line FROM connections t`);
    expect(rows.map(({ line }) => String(line)).join('\n')).toContain(planted);
  });
});
