import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql, type Kysely } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from '../../../testing/database.ts';
import { z } from 'zod';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { createLog } from '../../base/log.ts';
import { sweepOrphans } from './orphan.store.ts';
import { exchange, WORKER, workerToken } from './worker.suite.ts';

/** Each secret that anybody gives the hub here; whatever shows one where it does not belong leaks. */
const CANARIES = {
  clientSecret: 'canary-client-secret-6b1f',
  apiKey: 'canary-api-key-90ac',
  password: 'canary-password-17de',
  access: 'canary-access-token-33b8',
  refresh: 'canary-refresh-token-f0c2',
  privateKey: '-----BEGIN PRIVATE KEY-----\ncanaryprivatekey5e71\n-----END PRIVATE KEY-----',
  file: 'canary-in-a-file-a1d9',
  replaced: 'canary-replaced-c4e0',
  refused: 'canary-refused-2277',
};
const listed = z.object({ items: z.array(z.object({ id: z.string() })) });

describe.each(engines())('canary secrets on %s', (engine) => {
  let house: TestHouse;
  let service: Server;
  let dir: string;
  const told: string[] = [];
  const lines: string[] = [];
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'writ-canary-'));
    writeFileSync(join(dir, 'key'), CANARIES.file);
    // A provider that repeats what it was sent, in errors too.
    service = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () =>
        response
          .writeHead(500, { 'content-type': 'text/html' })
          .end(`${JSON.stringify(request.headers)} ${Buffer.concat(chunks).toString()}`),
      );
    });
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    house = await testHouse({
      engine,
      env: { WRIT_ALLOW_LOOPBACK: 'true' },
      log: createLog('trace', { write: (line) => void lines.push(line) }),
    });
  });
  afterAll(async () => {
    await house.close();
    await new Promise<void>((resolve) => service.close(() => resolve()));
    rmSync(dir, { recursive: true });
  });

  const keep = async (answer: Response): Promise<{ status: number; text: string }> => {
    const text = await answer.text();
    told.push(`${JSON.stringify(Object.fromEntries(answer.headers))}\n${text}`);
    return { status: answer.status, text };
  };
  const admin = async (method: string, path: string, body?: unknown) => keep(await house.admin(method, `/admin/v1/${path}`, body));

  test('are stored, listed, exported, planned, refused, handed out, rotated and removed', async () => {
    const address: AddressInfo | string | null = service.address();
    const url = address !== null && typeof address === 'object' ? `http://127.0.0.1:${address.port}` : '';
    const config = configFor(url, dir);
    expect((await admin('POST', 'apply', config)).status).toBe(200);
    expect((await admin('POST', 'plan', config)).status).toBe(200);
    const exported = await admin('GET', 'export');
    expect((await admin('POST', 'apply', JSON.parse(exported.text))).status).toBe(200);
    const refused = { connection: 'nothing', owner: { tenant: 'acme' }, value: { value: CANARIES.refused } };
    expect((await admin('POST', 'credentials', refused)).status).toBe(400);
    expect((await admin('POST', 'credentials', { ...refused, connection: 'search', value: CANARIES.refused })).status).toBe(400);
    expect((await admin('POST', 'credentials', { ...refused, connection: 'search', nonsense: CANARIES.refused })).status).toBe(400);
    expect((await admin('PUT', 'connections/calendar', { type: 'oauth', clientSecret: { value: CANARIES.refused } })).status).toBe(400);
    expect(
      (await admin('POST', 'credentials', { connection: 'search', owner: { tenant: 'acme' }, value: { value: CANARIES.replaced } })).status,
    ).toBe(200);
    for (const path of ['connections', 'credentials', 'credentials?tenant=acme', 'kek', 'policies', 'graph?connection=search'])
      await admin('GET', path);
    expect(await handOut('search')).toBe(CANARIES.replaced);
    expect(await handOut('kept')).toBe(CANARIES.file);
    expect(Buffer.from(await handOut('wiki'), 'base64').toString()).toBe(`hub:${CANARIES.password}`);
    expect(await handOut('calendar')).toBe(CANARIES.access);
    // The provider answers with all that it was sent.
    const [calendar] = listed.parse(JSON.parse((await admin('GET', 'credentials?tenant=acme&connection=calendar')).text)).items;
    expect(await admin('POST', `credentials/${calendar?.id ?? ''}/refresh`)).toMatchObject({ status: 200 });
    await keep(await exchange(house, 'unknown'));
    // What does not open fails loudly: in the log, and without what it holds.
    await sql`UPDATE credentials SET sealed = set_byte(sealed, 30, get_byte(sealed, 30) # 1) WHERE connection_id = 'gov'`.execute(
      house.house.rooms.database.db,
    );
    expect((await keep(await exchange(house, 'gov'))).status).toBe(500);
    const proxied = await house.get('/proxy/search/echo', {
      authorization: `Bearer ${await workerToken(house, 'http://localhost:8787/proxy/search')}`,
    });
    expect(await proxied.clone().text()).toContain('"x-api-key":"****');
    await keep(proxied);
    await admin('POST', 'kek/rotate', { dataKeys: true });
    await house.house.rooms.rotation.run();
    expect(await handOut('search')).toBe(CANARIES.replaced);
    expect((await admin('POST', 'users/ann/revoke')).status).toBe(200);
    await sweepOrphans({ db: house.house.rooms.database.db, disconnecting: house.house.rooms.disconnecting });
    await house.settle();
    const { text } = await admin('GET', 'events?limit=200');
    for (const type of ['credential.stored', 'credential.issued', 'credential.removed', 'key.rotated']) expect(text).toContain(type);
  });

  test('are in no row of the whole database, whether as text, hex or base64', async () => {
    const { db } = house.house.rooms.database;
    const dump = await dumpOf(db);
    expect(dump).toContain('credential.stored');
    expect(leaksIn(dump)).toEqual([]);
    // The search would find one: what the hub handed out on purpose is among what was answered.
    expect(leaksIn(`x ${Buffer.from(`y${CANARIES.apiKey}`).toString('hex')}`)).toEqual(['apiKey']);
  });

  test('are in no answer of the admin API, no error and no log line', () => {
    expect(leaksIn(told.join('\n'))).toEqual([]);
    expect(lines.length).toBeGreaterThan(0);
    expect(leaksIn(lines.join('\n'))).toEqual([]);
  });

  /** With the hub's own words when there is none: a failure that is seen once should say why. */
  const accessToken = (text: string): string => {
    const found = memberOf(text, 'access_token');
    if (found === undefined) throw new Error(`no access token: ${text}\n${lines.slice(-3).join('')}`);
    return found;
  };
  /** Not kept among what was told: this answer is the one place where a secret belongs. */
  const handOut = async (connection: string): Promise<string> => accessToken(await (await exchange(house, connection)).text());
});

function memberOf(text: string, name: string): string | undefined {
  const value: unknown = JSON.parse(text);
  const found = typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(name) : undefined;
  return typeof found === 'string' ? found : undefined;
}

async function dumpOf(db: Kysely<Record<never, never>>): Promise<string> {
  const tables = await sql<{
    name: string;
  }>`SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`.execute(
    db,
  );
  const parts: string[] = [];
  for (const { name } of tables.rows) {
    const found = await sql<{ line: string }>`SELECT t::text AS line FROM ${sql.raw(name)} t`.execute(db);
    parts.push(name, ...found.rows.map(({ line }) => line));
  }
  return parts.join('\n');
}

/** Base64 has three ways to begin within a text; the middle of each is looked for. */
function leaksIn(text: string): string[] {
  const lower = text.toLowerCase();
  return Object.entries(CANARIES).flatMap(([name, secret]) => {
    const core = secret.includes('PRIVATE') ? 'canaryprivatekey5e71' : secret;
    const encoded = ['', 'x', 'xx'].flatMap((pad) =>
      (['base64', 'base64url'] as const).map((form) =>
        Buffer.from(pad + core)
          .toString(form)
          .slice(4, -4),
      ),
    );
    const isThere = text.includes(core) || lower.includes(Buffer.from(core).toString('hex')) || encoded.some((one) => text.includes(one));
    return isThere ? [name] : [];
  });
}

function configFor(url: string, dir: string): Record<string, unknown> {
  const owner = { tenant: 'acme' };
  return {
    ...WORKER,
    users: [{ id: 'ann', email: 'ann@acme.test', tenants: [{ id: 'acme' }] }],
    connections: [
      { id: 'search', type: 'api_key', header: 'x-api-key', baseUrl: url },
      { id: 'kept', type: 'api_key', baseUrl: url },
      { id: 'wiki', type: 'basic', baseUrl: url },
      { id: 'gov', type: 'certificate', baseUrl: url },
      {
        id: 'calendar',
        type: 'oauth',
        authorizationUrl: `${url}/authorize`,
        tokenUrl: `${url}/token`,
        revocationUrl: `${url}/revoke`,
        clientId: 'hub',
        clientSecret: { value: CANARIES.clientSecret },
        scopes: ['read'],
      },
    ],
    credentials: [
      { connection: 'search', owner, value: { value: CANARIES.apiKey } },
      { connection: 'search', owner: { user: 'ann' }, value: { value: CANARIES.apiKey } },
      { connection: 'kept', owner, reference: `file:${dir}/key` },
      { connection: 'wiki', owner, username: 'hub', password: { value: CANARIES.password } },
      { connection: 'gov', owner, certificate: 'public', privateKey: { value: CANARIES.privateKey } },
      ...[owner, { user: 'ann' }].map((whose) => ({
        connection: 'calendar',
        owner: whose,
        accessToken: { value: CANARIES.access },
        refreshToken: { value: CANARIES.refresh },
        scopes: ['read'],
      })),
    ],
  };
}
