import { createServer, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { sql } from 'kysely';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { openDatabase } from '../../base/db.ts';

/** A token endpoint over HTTP on loopback that rotates, and knows which refresh tokens are dead. */
async function startProvider() {
  const asked: string[] = [];
  const live = new Map<string, string>();
  const server: Server = createServer((request, response) => {
    void (async () => {
      const form = new URLSearchParams(await text(request));
      const token = form.get('refresh_token') ?? '';
      asked.push(token);
      const next = live.get(token);
      live.delete(token);
      const body =
        next === undefined
          ? { error: 'invalid_grant', error_description: `no such token ${token}` }
          : { access_token: `${next}-access`, token_type: 'Bearer', expires_in: 600, ...(next === token ? {} : { refresh_token: next }) };
      if (next === token) live.set(token, token);
      else if (next !== undefined) live.set(next, `${next}-next`);
      response.writeHead(next === undefined ? 400 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return { url, asked, live, close: () => server.close() };
}

const listed = z.object({
  items: z.array(z.looseObject({ id: z.string(), connection: z.string(), origin: z.string(), granted: z.array(z.string()) })),
});
const refusal = z.object({
  faults: z.array(z.object({ row: z.number(), field: z.string(), message: z.string() })),
  kept: z.array(z.number()),
});

describe('an import of credentials', () => {
  let house: TestHouse;
  let provider: Awaited<ReturnType<typeof startProvider>>;
  beforeAll(async () => {
    provider = await startProvider();
    house = await testHouse({ env: { WRIT_ALLOW_LOOPBACK: 'true' } });
    await house.apply({
      tenants: [{ id: 'acme', name: 'Acme' }],
      users: ['ann', 'bob', 'eve'].map((id) => ({ id, email: `${id}@acme.test`, tenants: [{ id: 'acme' }] })),
      connections: [
        { id: 'search', type: 'api_key', header: 'x-api-key', baseUrl: 'https://api.search.test' },
        {
          id: 'calendar',
          type: 'oauth',
          authorizationUrl: `${provider.url}/authorize`,
          tokenUrl: `${provider.url}/token`,
          clientId: 'writ',
          clientSecret: { value: 'secret' },
          scopes: ['read', 'write'],
        },
      ],
    });
  });
  afterAll(async () => {
    await house.close();
    provider.close();
  });
  beforeEach(async () => {
    for (const { id } of await stored()) await house.admin('DELETE', `/admin/v1/credentials/${id}`);
    provider.asked.length = 0;
    provider.live.clear();
  });

  const stored = async () => listed.parse(await (await house.admin('GET', '/admin/v1/credentials')).json()).items;
  const upload = async (credentials: readonly unknown[], more: object = {}) => {
    const answer = await house.admin('POST', '/admin/v1/credentials/import', { credentials, ...more });
    const body: unknown = await answer.json();
    return { status: answer.status, body };
  };
  const key = (user: string) => ({ connection: 'search', owner: { user }, value: { value: `canary-key-${user}` } });
  const token = (user: string, refreshToken = `canary-refresh-${user}`) => ({
    connection: 'calendar',
    owner: { user },
    accessToken: { value: `canary-access-${user}` },
    refreshToken: { value: refreshToken },
    scopes: ['read'],
  });

  test('stores every row, says so per row, and marks where they came from', async () => {
    const { status, body } = await upload([key('ann'), token('bob')]);
    expect([status, body]).toMatchObject([
      200,
      { created: 2, changed: 0, verified: 0, rows: [{ row: 0 }, { row: 1, outcome: 'created' }] },
    ]);
    expect((await stored()).map(({ origin }) => origin)).toEqual(['import', 'import']);
    expect((await upload([key('ann'), token('bob')])).body).toMatchObject({ created: 0, unchanged: 2 });
  });

  test('with one bad row stores none, and names every fault of every row at once', async () => {
    const { status, body } = await upload([
      key('ann'),
      { connection: 'nobody', owner: { user: 'ann' }, value: { value: 'canary-key' } },
      { connection: 'search', owner: { user: 'nobody' }, value: { value: 'canary-key' } },
      { ...token('bob'), connection: 'search' },
      { connection: 'search', owner: { tenant: 'acme' }, value: { env: 'PATH' } },
    ]);
    expect(status).toBe(422);
    expect(refusal.parse(body).faults.map(({ row, field }) => [row, field])).toEqual([
      [1, 'connection'],
      [2, 'owner.user'],
      [3, 'connection'],
      [4, 'value'],
    ]);
    expect(await stored()).toEqual([]);
  });

  test('reads rows that are not well-formed or name one slot twice before it looks at anything else', async () => {
    const { body } = await upload([key('ann'), { connection: 'search' }, key('ann'), { ...key('bob'), vaule: 'x' }]);
    const { faults } = refusal.parse(body);
    expect(new Set(faults.map(({ row }) => row))).toEqual(new Set([1, 2, 3]));
    expect(faults.find(({ row }) => row === 2)?.message).toContain('row 0');
  });

  test('does not put over what is there unless it is told to', async () => {
    await upload([key('ann')]);
    const other = { ...key('ann'), value: { value: 'canary-other' } };
    expect(refusal.parse((await upload([key('bob'), other])).body).faults).toEqual([
      { row: 1, field: 'owner', message: expect.stringContaining('replace') },
    ]);
    expect(await stored()).toHaveLength(1);
    expect((await upload([key('bob'), other], { replace: true })).body).toMatchObject({ created: 1, changed: 1 });
  });

  test('can be rehearsed: the same answer, nothing kept, no provider asked', async () => {
    const { status, body } = await upload([key('ann'), token('bob')], { dryRun: true, verifyRefresh: true });
    expect([status, body]).toMatchObject([200, { dryRun: true, created: 2, rows: [{ id: null }, { id: null }] }]);
    expect([await stored(), provider.asked]).toEqual([[], []]);
  });

  test('that verifies stores what the provider gave, not what was uploaded', async () => {
    provider.live.set('canary-refresh-ann', 'rotated');
    const { status, body } = await upload([token('ann'), key('bob')], { verifyRefresh: true });
    expect([status, body]).toMatchObject([200, { created: 2, verified: 1 }]);
    expect(provider.asked).toEqual(['canary-refresh-ann']);
    const put = (await stored()).find(({ connection }) => connection === 'calendar');
    // What it has now is what the provider gave last: that is what the next refresh shows it.
    house.clock.advance(60_000);
    await house.admin('POST', `/admin/v1/credentials/${put?.id ?? ''}/refresh`);
    expect(provider.asked).toEqual(['canary-refresh-ann', 'rotated']);
    expect(await stored()).toEqual(
      expect.arrayContaining([expect.objectContaining({ connection: 'calendar', refreshable: true, granted: ['read'] })]),
    );
  });

  test('that finds a dead token stores nothing, stops asking, and repeats no token in its answer', async () => {
    for (const user of ['ann', 'eve']) provider.live.set(`canary-refresh-${user}`, `canary-refresh-${user}`);
    const { status, body } = await upload([token('ann'), token('bob'), token('eve')], { verifyRefresh: true });
    expect(status).toBe(422);
    expect(refusal.parse(body)).toMatchObject({ faults: [{ row: 1, field: 'refreshToken' }], kept: [] });
    expect(JSON.stringify(body)).not.toContain('canary');
    expect(provider.asked).toEqual(['canary-refresh-ann', 'canary-refresh-bob']);
    expect(await stored()).toEqual([]);
  });

  test('keeps what a provider replaced meanwhile although another row fails, and says which', async () => {
    provider.live.set('canary-refresh-ann', 'rotated');
    const { status, body } = await upload([token('ann'), key('eve'), token('bob')], { verifyRefresh: true });
    expect([status, refusal.parse(body).kept]).toEqual([422, [0]]);
    expect((await stored()).map(({ connection }) => connection)).toEqual(['calendar']);
  });

  test('asks no provider while any row would not be taken', async () => {
    provider.live.set('canary-refresh-ann', 'rotated');
    expect((await upload([token('ann'), { ...key('bob'), connection: 'nobody' }], { verifyRefresh: true })).status).toBe(422);
    expect(provider.asked).toEqual([]);
  });

  test('renews in the background what it brought, ahead of its end', async () => {
    provider.live.set('canary-refresh-bob', 'rotated');
    await upload([{ ...token('bob'), expiresAt: new Date(house.clock.now() + 20 * 60_000).toISOString() }]);
    const database = openDatabase(house.databaseUrl);
    const { rows } = await sql<{ due: boolean }>`SELECT refresh_at < expires_at AS due FROM credentials`.execute(database.db);
    await database.close();
    expect(rows).toEqual([{ due: true }]);
  });

  test('does what its rehearsal said, row by row: what is refused there is refused here in the same words', async () => {
    await upload([key('ann'), token('eve')]);
    const { refreshToken: _, ...bare } = token('bob');
    const uploads: { rows: readonly unknown[]; more?: object }[] = [
      { rows: [key('ann'), key('bob'), token('bob')] },
      { rows: [{ ...key('ann'), value: { value: 'canary-other' } }, key('eve')] },
      { rows: [{ ...key('ann'), value: { value: 'canary-other' } }, key('eve')], more: { replace: true } },
      { rows: [key('ann'), { connection: 'nobody', owner: { user: 'ann' }, value: { value: 'canary-key' } }] },
      { rows: [token('ann'), bare], more: { verifyRefresh: true } },
      { rows: [token('ann'), { ...token('bob'), connection: 'nobody' }], more: { verifyRefresh: true } },
    ];
    const plain = ({ status, body }: Awaited<ReturnType<typeof upload>>): unknown => {
      const text = JSON.stringify(body, (name, value: unknown) => (['id', 'dryRun', 'request_id'].includes(name) ? undefined : value));
      return { status, said: JSON.parse(text) };
    };
    for (const { rows, more } of uploads) {
      const rehearsed = plain(await upload(rows, { ...more, dryRun: true }));
      expect(plain(await upload(rows, more))).toEqual(rehearsed);
    }
    expect(provider.asked).toEqual([]);
  });

  test('renewed once more says whether anything was renewed, and why not', async () => {
    provider.live.set('canary-refresh-ann', 'rotated');
    const { refreshToken: _, ...bare } = token('bob');
    await upload([token('ann'), bare, key('eve')]);
    const refresh = async (user: string): Promise<unknown> => {
      const id = (await stored()).find(({ owner }) => JSON.stringify(owner).includes(user))?.id ?? '';
      return (await house.admin('POST', `/admin/v1/credentials/${id}/refresh`)).json();
    };
    house.clock.advance(60_000);
    expect(await refresh('ann')).toMatchObject({ result: 'fresh', renewed: true, reason: null });
    expect(await refresh('ann')).toMatchObject({ result: 'fresh', renewed: false, reason: 'renewed_just_now' });
    expect(await refresh('bob')).toMatchObject({ result: 'fresh', renewed: false, reason: 'no_refresh_token' });
    expect(await refresh('eve')).toMatchObject({ result: 'fresh', renewed: false, reason: 'nothing_to_renew' });
  });

  test('of tokens without a refresh token cannot be verified', async () => {
    const { refreshToken: _, ...bare } = token('ann');
    expect(refusal.parse((await upload([bare], { verifyRefresh: true })).body).faults).toMatchObject([{ row: 0, field: 'refreshToken' }]);
  });
});
