import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testHouse, type TestHouse } from '../../testing/house.ts';
import { row } from '../base/db.ts';
import type { Heard } from '../rooms/clients/knock.ts';
import { createKnocks } from '../rooms/clients/knocks.store.ts';

let hub: TestHouse;
beforeAll(async () => {
  hub = await testHouse();
  await hub.apply({ clients: [{ id: 'known', name: 'Known', public: true, redirectUris: ['https://known.test/cb'] }] });
});
afterAll(() => hub.close());

const knock = z.looseObject({
  id: z.string(),
  sentence: z.string(),
  kind: z.string(),
  name: z.string(),
  count: z.number(),
  asked: z.array(z.string()),
  redirectUris: z.array(z.string()),
  register: z.looseObject({ path: z.string(), body: z.looseObject({}) }).nullable(),
});
const list = async (query = '') =>
  z.object({ items: z.array(knock), next: z.string().nullable() }).parse(await (await hub.admin('GET', `/admin/v1/knocks${query}`)).json());
const rowsIn = async () => (await row(hub.house.rooms.database.db, sql<{ n: number }>`SELECT count(*) AS n FROM knocks`))?.n ?? -1;
const heard = (more: Partial<Heard>): Heard => ({
  kind: 'client',
  name: 'x',
  reason: 'unknown_client',
  door: 'token',
  ip: '203.0.113.1',
  now: hub.clock.now(),
  ...more,
});

describe('who came and is not known', () => {
  it('is listed by the id it gave, with what it asked for and a client to fill in', async () => {
    const ask = 'client_id=stray&redirect_uri=https%3A%2F%2Fstray.test%2Fcb&resource=https%3A%2F%2Fops.test%2Fmcp&scope=read';
    await hub.get(`/oauth/authorize?${ask}`);
    await hub.post('/oauth/token', { grant_type: 'client_credentials', client_id: 'stray', client_secret: 'x'.repeat(20) });
    expect((await list('?q=stray')).items).toMatchObject([
      {
        kind: 'client',
        name: 'stray',
        count: 2,
        sentence: 'A client with the id “stray” came 2 times. No client has this id.',
        asked: ['https://ops.test/mcp', 'read'],
        redirectUris: ['https://stray.test/cb'],
        register: { path: '/admin/v1/clients/stray', body: { id: 'stray', redirectUris: ['https://stray.test/cb'], public: true } },
      },
    ]);
  });

  it('is listed by the host of its document, and the request that lets the host in does', async () => {
    await hub.admin('PUT', '/admin/v1/registration', { cimd: { hosts: ['good.example'] } });
    await hub.get('/oauth/authorize?client_id=https%3A%2F%2Fnew.example%2Fclient.json');
    const [found] = (await list('?kind=document')).items;
    expect(found).toMatchObject({ name: 'new.example', client: 'https://new.example/client.json', reason: 'cimd_host_not_listed' });
    expect((await hub.admin('PUT', found?.register?.path ?? '', found?.register?.body)).status).toBe(200);
    expect(await (await hub.admin('GET', '/admin/v1/registration')).json()).toMatchObject({
      cimd: { hosts: ['good.example', 'new.example'] },
    });
    await hub.admin('PUT', '/admin/v1/registration', {});
  });

  it('is listed by the name in a registration that was refused', async () => {
    const body = JSON.stringify({ client_name: '<script>alert(1)</script>\u202e', redirect_uris: ['javascript:alert(1)'] });
    const url = `${hub.issuer}/oauth/register`;
    await hub.house.fetch(new Request(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body }));
    const [found] = (await list('?kind=registration')).items;
    expect(found).toMatchObject({ name: '<script>alert(1)</script>·', register: { body: { redirectUris: [] } } });
  });

  it('is not whoever is registered and got something else wrong', async () => {
    await hub.get('/oauth/authorize?client_id=known&redirect_uri=https%3A%2F%2Fevil.test');
    await hub.post('/oauth/token', { grant_type: 'client_credentials', client_id: 'known', client_secret: 'x' });
    expect((await list('?q=known')).items).toEqual([]);
  });

  it('is never put in the place of a client by the name that it chose', async () => {
    const url = `${hub.issuer}/oauth/register`;
    const body = JSON.stringify({ client_name: 'Known!', redirect_uris: ['https://evil.test/cb'], grant_types: ['client_credentials'] });
    const answer = await hub.house.fetch(new Request(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body }));
    expect(answer.status).toBe(400);
    expect((await list('?q=known!')).items).toMatchObject([{ redirectUris: ['https://evil.test/cb'], register: null }]);
    // Nor in the place of whoever was let in from this list meanwhile.
    await hub.get('/oauth/authorize?client_id=newcomer&redirect_uri=https%3A%2F%2Fnewcomer.test%2Fcb');
    const [found] = (await list('?q=newcomer')).items;
    expect((await hub.admin('PUT', found?.register?.path ?? '', found?.register?.body)).status).toBe(201);
    const sentence = 'A client with the id “newcomer” came once before there was one.';
    expect((await list('?q=newcomer')).items).toEqual([]);
    expect((await list('?q=newcomer&registered=true')).items).toMatchObject([{ register: null, registered: true, sentence }]);
  });

  it('is no more on the list once it is registered, and is again when its client is gone', async () => {
    const { db } = hub.house.rooms.database;
    await hub.get('/oauth/authorize?client_id=brief');
    const put = await hub.admin('PUT', '/admin/v1/clients/brief', { name: 'Brief', public: true, redirectUris: ['https://brief.test/cb'] });
    expect(put.status).toBe(201);
    expect([(await list('?q=brief')).items, (await list('?q=brief&registered=false')).items]).toEqual([[], []]);
    expect((await list('?registered=true&q=brief')).items).toMatchObject([{ name: 'brief', registered: true }]);
    await hub.admin('DELETE', '/admin/v1/clients/brief');
    expect((await list('?q=brief')).items).toMatchObject([{ name: 'brief', registered: false }]);
    const documents = ['https://docs.test/a.json', 'https://other.test/b.json'];
    const knocks = createKnocks(db);
    for (const clientId of documents)
      knocks.heard(heard({ kind: 'document', name: new URL(clientId).host, clientId, reason: 'cimd_host_not_listed' }));
    await knocks.flush();
    await sql`INSERT INTO clients (id, name, registration_type, public, grants, auth_method)
      VALUES (${documents[0] ?? ''}, 'Docs', 'cimd', true, '{authorization_code}', 'none')`.execute(db);
    expect((await list('?kind=document&q=.test')).items).toMatchObject([{ name: 'other.test' }]);
    const sentence = 'A client at “docs.test” came once, and is registered since.';
    expect((await list('?kind=document&registered=true')).items).toMatchObject([{ name: 'docs.test', register: null, sentence }]);
  });

  it('is one that registered under its name only where it went for the same redirect, and until that name is refused again', async () => {
    const { db } = hub.house.rooms.database;
    const knocks = createKnocks(db);
    const come = async (redirectUri: string, now: number): Promise<void> => {
      knocks.heard(heard({ kind: 'registration', name: 'Notetaker', reason: 'flood', redirectUris: [redirectUri], now }));
      await knocks.flush();
    };
    const register = (id: string, redirectUri: string, at: number) =>
      sql`INSERT INTO clients (id, name, registration_type, public, grants, redirect_uris, auth_method, created_at)
        VALUES (${id}, 'Notetaker', 'dcr', true, '{authorization_code}', ${[redirectUri]}, 'none', ${new Date(at)})`.execute(db);
    const isListed = async (): Promise<boolean> => (await list('?q=Notetaker')).items.length === 1;
    const now = hub.clock.now();
    await register('dcr_before', 'https://notes.test/cb', now - 1_000);
    await come('https://notes.test/cb', now);
    await register('dcr_else', 'https://evil.test/cb', now + 1_000);
    expect(await isListed()).toBe(true);
    await register('dcr_same', 'https://notes.test/cb', now + 2_000);
    expect(await isListed()).toBe(false);
    await come('https://evil.test/cb', now + 3_000);
    expect(await isListed()).toBe(true);
  });

  it('is not let in together with whoever gives the same name and wants its codes elsewhere', async () => {
    const knocks = createKnocks(hub.house.rooms.database.db);
    const come = async (redirectUri: string, ip: string): Promise<void> => {
      knocks.heard(heard({ kind: 'registration', name: 'Assistant', redirectUris: [redirectUri], ip }));
      await knocks.flush();
    };
    await come('https://assistant.test/cb', '192.0.2.10');
    await come('https://assistant.test/cb2', '192.0.2.20');
    expect((await list('?q=Assistant')).items).toMatchObject([{ register: { body: { id: 'assistant' } } }]);
    await come('https://evil.test/cb', '198.51.100.66');
    expect((await list('?q=Assistant')).items).toMatchObject([{ register: null }]);
  });

  it('is dismissed once, with one entry, and stays counted', async () => {
    const [found] = (await list('?q=stray')).items;
    const dismiss = () => hub.admin('POST', `/admin/v1/knocks/${found?.id ?? ''}/dismiss`);
    expect((await Promise.all([dismiss(), dismiss()])).map(({ status }) => status)).toEqual([200, 200]);
    const entries = await sql`SELECT 1 FROM audit_events WHERE type = 'knock.dismissed'`.execute(hub.house.rooms.database.db);
    expect(entries.rows).toHaveLength(1);
    await hub.get('/oauth/authorize?client_id=stray');
    expect((await list('?q=stray')).items).toEqual([]);
    expect((await list('?q=stray&dismissed=true')).items).toMatchObject([{ count: 3 }]);
    expect((await hub.admin('POST', '/admin/v1/knocks/knk_nobody/dismiss')).status).toBe(404);
  });
});

describe('a flood of names', () => {
  it('of one address counts by twenty names, and the rest in one line', async () => {
    const knocks = createKnocks(hub.house.rooms.database.db);
    const before = await rowsIn();
    for (let n = 0; n < 100_000; n += 1) knocks.heard(heard({ name: `flood-${n}`, ip: '198.51.100.7' }));
    await knocks.flush();
    expect((await rowsIn()) - before).toBe(21);
    expect((await list('?kind=many')).items).toMatchObject([{ count: 99_980, register: null }]);
  });

  it('of a million addresses does not fill the table, nor push out who comes often', async () => {
    const knocks = createKnocks(hub.house.rooms.database.db, { mostRows: 50 });
    for (let n = 0; n < 30; n += 1) knocks.heard(heard({ name: 'regular', ip: '192.0.2.1' }));
    await knocks.flush();
    for (let round = 0; round < 5; round += 1) {
      for (let n = 0; n < 1_000; n += 1) knocks.heard(heard({ name: `bot-${round}-${n}`, ip: `2001:db8:${round}:${n.toString(16)}::1` }));
      await knocks.flush();
      expect(await rowsIn()).toBeLessThanOrEqual(51);
    }
    expect((await list('?q=regular')).items).toMatchObject([{ count: 30 }]);
  });

  it('adds up what two nodes heard, and keeps a bounded number of words', async () => {
    const { db } = hub.house.rooms.database;
    const nodes = [createKnocks(db), createKnocks(db)];
    for (const [index, node] of nodes.entries())
      for (let n = 0; n < 40; n += 1) node.heard(heard({ name: 'both', asked: [`scope-${index}-${n}`], ip: `203.0.113.${n}` }));
    await Promise.all(nodes.map((node) => node.flush()));
    const [found] = (await list('?q=both')).items;
    expect([found?.count, found?.asked.length]).toEqual([80, 10]);
  });
});
