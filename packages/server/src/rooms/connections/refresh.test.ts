import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { engines } from '../../../testing/database.ts';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { row } from '../../base/db.ts';
import { findCredential } from './credential.store.ts';
import type { Credential } from './credential.ts';

const HOUR = 3_600_000;

type Endpoint = { url: string; asked: string[]; answer(body: string, response: ServerResponse): void; close(): Promise<void> };

/** A token endpoint that counts, and says what it is told to say. */
async function startEndpoint(): Promise<Endpoint> {
  const endpoint: Endpoint = { url: '', asked: [], answer: (_, response) => void response.end(), close: async () => undefined };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => void (body += part.toString()));
    request.on('end', () => {
      endpoint.asked.push(body);
      endpoint.answer(body, response);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  endpoint.url = `http://localhost:${typeof address === 'object' && address !== null ? address.port : 0}`;
  endpoint.close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return endpoint;
}

describe.each(engines())('refreshing ahead of time on %s', (engine) => {
  let hub: TestHouse;
  let endpoint: Endpoint;
  let turn = 0;

  const honest = (_: string, response: ServerResponse): void => {
    turn += 1;
    response.end(JSON.stringify({ access_token: `at-${turn}`, refresh_token: `rt-${turn}`, token_type: 'Bearer', expires_in: 3_600 }));
  };
  const broken = (_: string, response: ServerResponse): void => void response.writeHead(500).end();

  beforeAll(async () => {
    [hub, endpoint] = await Promise.all([testHouse({ engine, env: { WRIT_ALLOW_LOOPBACK: 'true' } }), startEndpoint()]);
    const oauth = { type: 'oauth', authorizationUrl: `${endpoint.url}/auth`, clientId: 'hub', scopes: ['a', 'b'] };
    await hub.apply({
      users: [{ id: 'ann', email: 'ann@acme.test' }],
      connections: [
        { id: 'calendar', ...oauth, tokenUrl: `${endpoint.url}/token` },
        { id: 'mail', ...oauth, tokenUrl: `${endpoint.url}/mail` },
      ],
    });
  });
  afterAll(async () => {
    await hub.close();
    await endpoint.close();
  });
  beforeEach(async () => {
    endpoint.answer = honest;
    endpoint.asked.length = 0;
    await sql`DELETE FROM credentials`.execute(hub.house.rooms.database.db);
    // Past every pause of a breaker that a test opened.
    hub.clock.advance(10 * 60_000);
  });

  /** In the vault for an hour, from now. */
  async function stored(label: string, connection = 'calendar'): Promise<string> {
    const { vault, audit, clock } = { ...hub.house.rooms, clock: hub.clock };
    const expiresAt = clock.now() + HOUR;
    const secret = { kind: 'oauth' as const, accessToken: `first-${label}`, refreshToken: `refresh-${label}` };
    const put = {
      connection,
      owner: { user: 'ann' },
      label,
      secret,
      granted: ['a', 'b'],
      asked: ['a', 'b'],
      expiresAt,
      refreshAt: expiresAt - 12 * 60_000,
    };
    const by = { initiator: 'hub' as const, actor: {}, origin: { request: 'test' } };
    const credential = await audit.commit(async (tx) => {
      const { value, entries } = await vault.put(tx, put, by);
      const [first, ...rest] = entries;
      if (first === undefined) throw new Error('nothing was put');
      return { value, entries: [first, ...rest] };
    });
    return credential.id;
  }

  async function read(id: string): Promise<Credential> {
    const found = await findCredential(hub.house.rooms.database.db, id);
    if (found === undefined) throw new Error('it is gone');
    return found;
  }

  it('happens once, on whichever node is first, and not before its time', async () => {
    const ids = await Promise.all(['one', 'two', 'three'].map((label) => stored(label)));
    const other = await hub.secondNode();
    expect(await hub.house.rooms.refresher.runDue()).toBe(0);
    hub.clock.advance(HOUR - 11 * 60_000);
    await Promise.all([hub.house.rooms.refresher.runDue(), other.rooms.refresher.runDue()]);
    expect(endpoint.asked.length).toBe(3);
    for (const id of ids) expect((await read(id)).expiresAt).toBeGreaterThan(hub.clock.now() + HOUR - 60_000);
    expect(await hub.house.rooms.refresher.runDue()).toBe(0);
  });

  it('a token that still lives is used although its provider is down; a dead one is not', async () => {
    endpoint.answer = broken;
    const id = await stored('down');
    hub.clock.advance(HOUR - 30_000);
    expect(await hub.house.rooms.refresher.fresh(await read(id))).toMatchObject({ kind: 'fresh', credential: { id } });
    expect(endpoint.asked.length).toBe(1);
    hub.clock.advance(60_000);
    expect(await hub.house.rooms.refresher.fresh(await read(id))).toMatchObject({ kind: 'unavailable' });
    endpoint.answer = honest;
    hub.clock.advance(10 * 60_000);
    expect(await hub.house.rooms.refresher.fresh(await read(id))).toMatchObject({ kind: 'fresh' });
  });

  it('one provider that fails keeps nobody from another', async () => {
    endpoint.answer = (body, response) => (body.includes('refresh-bad') ? broken(body, response) : honest(body, response));
    const bad = await Promise.all(Array.from({ length: 12 }, (_, index) => stored(`bad${index}`)));
    const good = await stored('good', 'mail');
    hub.clock.advance(HOUR + 1);
    const outcomes = await Promise.all([...bad, good].map(async (id) => (await hub.house.rooms.refresher.fresh(await read(id))).kind));
    expect(outcomes.at(-1)).toBe('fresh');
    expect(new Set(outcomes.slice(0, -1))).toEqual(new Set(['unavailable']));
    const before = endpoint.asked.length;
    expect(
      await hub.house.rooms.refresher.fresh(await read(await stored('bad-late').then(async (id) => (hub.clock.advance(1), id))), {
        force: true,
      }),
    ).toMatchObject({ kind: 'fresh' });
    expect(endpoint.asked.length).toBe(before);
  });

  it('scopes that one answer leaves out are not handed out, and come back with the next', async () => {
    const id = await stored('scopes');
    const saying = (scope: string) => (_: string, response: ServerResponse) =>
      void response.end(JSON.stringify({ access_token: 'x', token_type: 'Bearer', expires_in: 3_600, scope }));
    endpoint.answer = saying('a');
    hub.clock.advance(HOUR);
    await hub.house.rooms.refresher.fresh(await read(id));
    expect((await read(id)).granted).toEqual(['a']);
    endpoint.answer = saying('a b admin');
    hub.clock.advance(HOUR);
    await hub.house.rooms.refresher.fresh(await read(id));
    expect((await read(id)).granted).toEqual(['a', 'b']);
  });

  it('a lease that nobody gave back is taken up when it has run out, and not before', async () => {
    const id = await stored('leased');
    const { db } = hub.house.rooms.database;
    await sql`UPDATE credentials SET refresh_state = 'asking', refresh_lease = 'dead', refresh_lease_until = ${new Date(hub.clock.now() + HOUR + 20_000)} WHERE id = ${id}`.execute(
      db,
    );
    hub.clock.advance(HOUR);
    expect(await hub.house.rooms.refresher.runDue()).toBe(0);
    hub.clock.advance(20_000);
    expect(await hub.house.rooms.refresher.fresh(await read(id))).toMatchObject({ kind: 'fresh' });
    expect(await row(db, sql`SELECT refresh_state AS state, refresh_lease AS lease FROM credentials WHERE id = ${id}`)).toEqual({
      state: 'idle',
      lease: null,
    });
  });

  it('a frozen connection is not refreshed', async () => {
    const id = await stored('frozen', 'mail');
    await hub.admin('POST', '/admin/v1/connections/mail/freeze', { reason: 'test' });
    hub.clock.advance(HOUR);
    expect(await hub.house.rooms.refresher.fresh(await read(id))).toMatchObject({ kind: 'unavailable', reason: 'connection_frozen' });
    expect(endpoint.asked.length).toBe(0);
    await hub.admin('POST', '/admin/v1/connections/mail/unfreeze', { reason: 'test' });
  });

  it('no address inside is asked, whichever of its addresses a connection gives', async () => {
    const inside = ['https://169.254.169.254', 'https://10.0.0.1', 'https://[fd00::1]'];
    const reasons: unknown[] = [];
    for (const [index, origin] of inside.entries()) {
      const oauth = {
        type: 'oauth',
        authorizationUrl: 'https://a.test/',
        clientId: 'hub',
        tokenUrl: `${origin}/t`,
        revocationUrl: `${origin}/r`,
      };
      await hub.apply({ connections: [{ id: `inside${index}`, ...oauth }] });
      const id = await stored(`inside${index}`, `inside${index}`);
      hub.clock.advance(HOUR);
      const outcome = await hub.house.rooms.refresher.fresh(await read(id));
      reasons.push(outcome.kind === 'unavailable' ? outcome.reason : outcome.kind);
      expect((await hub.admin('DELETE', `/admin/v1/credentials/${id}`)).status).toBe(204);
    }
    expect(reasons).toEqual(['blocked_address', 'blocked_address', 'blocked_address']);
    expect(endpoint.asked).toEqual([]);
  });

  it('F21 the owner is told once, by mail, and by the page', async () => {
    endpoint.answer = (_, response) =>
      void response
        .writeHead(400)
        .end(JSON.stringify({ error: 'invalid_grant', error_description: 'rt-canary-0123456789012345678901 is over' }));
    const id = await stored('over');
    hub.clock.advance(HOUR);
    const answers = await Promise.all(Array.from({ length: 10 }, async () => hub.house.rooms.refresher.fresh(await read(id))));
    expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['reauth']));
    await hub.settle();
    const mails = hub.house.rooms.mailer.kept().filter(({ subject }) => subject.includes('calendar (over)'));
    expect(mails.length).toBe(1);
    expect((await read(id)).failure).toBe('The provider no longer takes it (invalid_grant: … is over).');
    expect(await hub.house.rooms.refresher.runDue()).toBe(0);
    expect(endpoint.asked.length).toBe(1);
  });
});
