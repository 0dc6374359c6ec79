import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selfSigned } from '../certificate.ts';
import { openWorld } from './world.ts';
import type { World } from './world.ts';

/** A service that takes one key, and says what it was asked with. */
type Service = {
  origin: string;
  status: number | undefined;
  seen: { url: string; headers: Record<string, unknown> }[];
  close(): Promise<void>;
};

const GOOD = 'sk-canary-4711-good-key';
const MUTE = { type: 'oauth', authorizationUrl: 'https://p.example/a', clientId: 'hub' };

async function startService(): Promise<Service> {
  const service: Service = { origin: '', status: undefined, seen: [], close: async () => undefined };
  const server = createServer((request, response) => {
    service.seen.push({ url: request.url ?? '', headers: request.headers });
    const said = JSON.stringify([request.headers, request.url]);
    const good = said.includes(GOOD) || said.includes(Buffer.from(`ann:${GOOD}`).toString('base64'));
    response.writeHead(service.status ?? (good ? 200 : 401), { location: 'http://localhost:1/' }).end(said);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  service.origin = `http://localhost:${typeof address === 'object' && address !== null ? address.port : 0}`;
  service.close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return service;
}

let world: World;
let service: Service;
beforeAll(async () => {
  [world, service] = await Promise.all([openWorld(), startService()]);
  const test = { method: 'GET', path: '/me' };
  const base = { baseUrl: `${service.origin}/v1`, test };
  await world.hub.apply({
    connections: [
      { id: 'header', name: 'Header', type: 'api_key', header: 'x-api-key', ...base },
      { id: 'bearer', name: 'Bearer', type: 'api_key', ...base },
      { id: 'query', name: 'Query', type: 'api_key', query: 'key', ...base },
      { id: 'basic', name: 'Basic', type: 'basic', ...base },
      { id: 'untried', name: 'Untried', type: 'api_key' },
      { id: 'mtls', name: 'Certificate', type: 'certificate' },
    ],
  });
});
afterAll(async () => {
  await world.close();
  await service.close();
});

async function fill(connection: string, fields: Record<string, string>) {
  const ann = await world.person('ann');
  const page = await ann.open(await world.link({ connection, user: 'ann' }));
  expect(page.page.unlabelled).toEqual([]);
  return { page, end: await ann.press(page, 'continue', fields) };
}

describe('the form of a key', () => {
  it.each<[string, string, (seen: Service['seen'][number]) => unknown, string]>([
    ['header', '/v1/me', ({ headers }) => headers['x-api-key'], GOOD],
    ['bearer', '/v1/me', ({ headers }) => headers['authorization'], `Bearer ${GOOD}`],
    ['query', `/v1/me?key=${GOOD}`, () => GOOD, GOOD],
  ])('%s: the key is tried where it goes, then kept', async (connection, url, where, expected) => {
    service.seen.length = 0;
    const { end } = await fill(connection, { value: `  ${GOOD} ` });
    expect(end.page.text).toContain('is connected');
    expect(service.seen.map((one) => [one.url, where(one)])).toEqual([[url, expected]]);
    expect(await world.credentials(`connection=${connection}`)).toMatchObject([
      { kind: 'api_key', owner: { user: 'ann' }, state: 'active' },
    ]);
  });

  it('user name and password', async () => {
    const { page, end } = await fill('basic', { username: 'ann', password: GOOD });
    expect(page.page.forms[0]?.fields.map(({ name }) => name)).toEqual(expect.arrayContaining(['username', 'password']));
    expect(end.page.title).toBe('Basic is connected');
    const colon = await fill('basic', { username: 'a:nn', password: GOOD });
    expect(colon.end.status).toBe(400);
  });

  it('a wrong key is not kept, and not shown again', async () => {
    const before = await world.credentials();
    const { end } = await fill('header', { value: 'wrong-key' });
    expect([end.status, end.page.text.includes('does not take this (it answered 401)')]).toEqual([400, true]);
    expect(end.html).not.toContain('wrong-key');
    expect(await world.credentials()).toEqual(before);
  });

  it.each([500, 429, 302])('%d of the service keeps nothing, or follows nothing', async (status) => {
    service.status = status;
    service.seen.length = 0;
    const before = (await world.credentials()).length;
    const { end } = await fill('bearer', { value: `${GOOD}-${status}` });
    service.status = undefined;
    expect(end.status).toBe(400);
    expect(service.seen.length).toBe(1);
    expect((await world.credentials()).length).toBe(before);
  });

  it('without a call to try it, its form is judged', async () => {
    expect((await fill('untried', { value: 'two\r\nlines: x' })).end.status).toBe(400);
    expect((await fill('untried', { value: '' })).end.status).toBe(400);
    expect((await fill('untried', { value: 'anything' })).end.status).toBe(200);
  });

  it('a certificate and its key belong together', async () => {
    const [own, other] = [selfSigned(), selfSigned()];
    const wrong = await fill('mtls', { certificate: own.certificate, private_key: other.key });
    expect(wrong.end.page.text).toContain('does not belong to this certificate');
    expect((await fill('mtls', { certificate: 'x', private_key: 'y' })).end.status).toBe(400);
    expect((await fill('mtls', { certificate: own.certificate, private_key: own.key })).end.page.title).toBe('Certificate is connected');
  });

  it('no secret stands anywhere but sealed', async () => {
    const tables = await world.database.query(`SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`);
    const dump: string[] = [world.hub.said()];
    for (const { table_name } of tables)
      dump.push(JSON.stringify(await world.database.query(`SELECT t::text FROM "${String(table_name)}" t`)));
    expect(dump.join('').includes(GOOD)).toBe(false);
  });
});

describe('the account page', () => {
  it('lists what one has connected, leads to connecting more, and disconnects', async () => {
    await world.connect({ user: 'bob' }, 'bob');
    const bob = await world.person('bob');
    const page = await bob.open(`${world.hub.issuer}/account/connections`);
    for (const words of ['Connected accounts', 'Calendar', 'for you alone', 'What you could connect', 'Twin'])
      expect(page.page.text).toContain(words);
    expect(page.page.text).not.toContain('for everybody in');
    const twin = page.page.forms.find(({ fields }) => fields.some(({ value }) => value === 'twin'));
    const link = await bob.open(page.url);
    const form = new URLSearchParams([
      ...(twin?.fields ?? []).map(({ name, value }): [string, string] => [name, value]),
      ['action', 'connect'],
    ]);
    const answer = await fetch(link.url, {
      method: 'POST',
      body: form,
      redirect: 'manual',
      headers: { cookie: bob.jar.header(new URL(link.url)) },
    });
    expect([answer.status, answer.headers.get('location')?.startsWith('/connect/')]).toEqual([303, true]);
    const revoked = world.provider.revoked;
    const done = await bob.press(page, 'disconnect');
    expect(done.page.text).toContain('The service has taken the access back, too.');
    expect(await world.credentials('user=bob')).toEqual([]);
    await world.until(async () => world.provider.revoked === revoked + 1);
    await world.until(async () => (await world.events('credential.removed')).some(({ reason }) => reason === 'upstream_told'));
    expect(await world.database.query('SELECT 1 FROM upstream_revocations')).toEqual([]);
  });

  it('says when the service was not told: because it cannot be, because it did not listen, because a key is taken back there', async () => {
    await world.hub.apply({
      connections: [
        { ...MUTE, id: 'mute', name: 'Mute', tokenUrl: 'https://p.example/t' },
        { ...MUTE, id: 'deaf', name: 'Deaf', revocationUrl: 'http://localhost:1/revoke', tokenUrl: 'http://localhost:1/t' },
      ],
      credentials: [
        { connection: 'mute', owner: { user: 'bob' }, accessToken: { value: 'a-token-of-the-mute' } },
        { connection: 'deaf', owner: { user: 'bob' }, accessToken: { value: 'a-token-of-the-deaf' } },
        { connection: 'untried', owner: { user: 'bob' }, value: { value: 'a-key-of-bob' } },
      ],
    });
    const bob = await world.person('bob');
    const disconnect = async (connection: string): Promise<string> => {
      const [held] = await world.credentials(`connection=${connection}&user=bob`);
      const page = await bob.open(`${world.hub.issuer}/account/connections`);
      return (await bob.press(page, 'disconnect', { credential: String(held?.['id']) })).page.text;
    };
    expect(await disconnect('mute')).toContain('This service cannot be told by us');
    expect(await disconnect('deaf')).toContain('could not be told yet');
    expect(await disconnect('untried')).toContain('The key itself still works');
    expect(await world.credentials('user=bob')).toEqual([]);
    await world.database.query('DELETE FROM upstream_revocations');
  });

  it('connects a second account beside the first, by a name, and shows which is which', async () => {
    await world.connect({ user: 'bob' }, 'bob');
    const bob = await world.person('bob');
    const page = await bob.open(`${world.hub.issuer}/account/connections`);
    expect(page.html).toContain('Connect another account: Calendar');
    const link = await bob.press(page, 'connect', { connection: 'calendar' });
    expect(link.page.text).toContain('A name for another account');
    world.provider.set({ account: 'bob-at-work' });
    const done = await bob.press(link, 'continue', { label: 'work' });
    world.provider.set({ account: 'ann-there' });
    expect(done.page.text).toContain('As work');
    expect((await world.credentials('connection=calendar&user=bob')).map(({ label }) => label).toSorted()).toEqual(['', 'work']);
    const again = await bob.open(page.url);
    expect(again.page.text).toContain('Calendar · work');
    for (const { id } of await world.credentials('user=bob')) await world.hub.admin('DELETE', `credentials/${String(id)}`);
  });

  it('disconnects and renews nothing of another person', async () => {
    const { credential } = await world.connect({ user: 'ann' });
    const bob = await world.person('bob');
    await world.connect({ user: 'bob', label: 'mine' }, 'bob');
    const page = await bob.open(`${world.hub.issuer}/account/connections`);
    await bob.press(page, 'disconnect', { credential: String(credential['id']) });
    expect((await bob.press(page, 'again', { credential: String(credential['id']) })).status).toBe(400);
    expect((await world.hub.admin('GET', `credentials/${String(credential['id'])}`)).status).toBe(200);
  });

  it('shows those of a tenant to whoever manages them', async () => {
    const ida = await world.person('ida');
    const page = await ida.open(`${world.hub.issuer}/account/connections`);
    expect(page.page.text).toContain('for everybody in Acme');
  });

  it('of twenty that disconnect at once, one does, and the provider is told once', async () => {
    const { credential } = await world.connect({ user: 'bob', label: 'race' }, 'bob');
    const id = String(credential['id']);
    const revoked = world.provider.revoked;
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.hub.admin('DELETE', `credentials/${id}`)));
    expect(answers.filter(({ status }) => status === 204).length).toBe(1);
    expect(answers.filter(({ status }) => status === 404).length).toBe(19);
    const removals = async (): Promise<unknown[]> =>
      (await world.events('credential.removed')).filter(({ target }) => JSON.stringify(target).includes(id)).map(({ reason }) => reason);
    await world.until(async () => (await removals()).length === 2);
    expect(await removals()).toEqual(expect.arrayContaining(['disconnected', 'upstream_told']));
    expect(world.provider.revoked).toBe(revoked + 1);
  });

  it('184 what is disconnected while its provider is away is gone at once, and the provider is told later', async () => {
    const { credential } = await world.connect({ user: 'ida', connection: 'twin' }, 'ida');
    await world.provider.close();
    expect((await world.hub.admin('DELETE', `credentials/${String(credential['id'])}`)).status).toBe(204);
    expect((await world.hub.admin('GET', `credentials/${String(credential['id'])}`)).status).toBe(404);
    await world.until(async () => (await world.database.query('SELECT tries FROM upstream_revocations')).some(({ tries }) => tries === 1));
  });
});
