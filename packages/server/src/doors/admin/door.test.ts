import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { engines } from '../../../testing/database.ts';
import { row } from '../../base/db.ts';
import { pageQuery, page, cursorOf } from '../../base/http/admin.ts';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { searchEvents } from '../../rooms/audit/search.store.ts';
import { tenantRoutes } from '../../rooms/tenants/http.ts';
import { ADMIN_TOKEN, startAdminHub, tokenWith, type AdminHub } from './admin.suite.ts';

let acted = 0;
let hold: Promise<void> | undefined;

const LETTERS = [...'abcdefghij'];

function testRoutes(): Route[] {
  return [
    route({
      method: 'POST',
      path: '/admin/v1/deeds',
      access: 'admin:users:write',
      audit: { none: 'a test' },
      summary: 'Counts how often it ran',
      input: { body: z.strictObject({ name: z.string(), data: z.json().optional() }) },
      async handle({ body }) {
        acted += 1;
        await hold;
        if (body.name === 'break') throw new Error('broken');
        return json(201, { acted, secret: 'shown-once' }, { location: '/there' });
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/letters',
      access: 'admin:users:read',
      audit: ['admin.read'],
      summary: 'Letters, two at a time',
      input: { query: pageQuery.extend({ tenant: z.string().optional() }) },
      handle({ query }) {
        const after = cursorOf(query);
        const found = LETTERS.filter((letter) => after === undefined || letter > after);
        return page(
          found.slice(0, query.limit + 1),
          query.limit,
          (letter) => letter,
          (letter) => letter,
        );
      },
    }),
    route({ method: 'GET', path: '/open', access: 'public', audit: { none: 'a test' }, summary: 'Open', handle: () => json(200, {}) }),
  ];
}

for (const engine of engines()) {
  describe(`the admin door on ${engine}`, () => {
    let hub: AdminHub;
    const post = (raw: string, headers: Record<string, string> = {}) => hub.ask('/admin/v1/deeds', { method: 'POST', raw, headers });
    const idempotent = (key: string, body: unknown) =>
      hub.ask('/admin/v1/deeds', { method: 'POST', body, headers: { 'idempotency-key': key } });

    beforeAll(async () => {
      hub = await startAdminHub(engine, ({ database, audit }) => [
        ...testRoutes(),
        ...tenantRoutes({ db: database.db, audit, revoke: () => Promise.resolve() }),
      ]);
    });
    afterAll(() => hub.close());

    it.each([
      ['nothing', ''],
      ['a wrong token', `Bearer ${'x'.repeat(40)}`],
      ['the admin token cut by one character', `Bearer ${ADMIN_TOKEN.slice(0, -1)}`],
      ['the admin token as Basic', `Basic ${Buffer.from(`:${ADMIN_TOKEN}`).toString('base64')}`],
      ['Bearer without a token (144)', 'Bearer'],
      ['Bearer with two tokens (144)', 'Bearer a b'],
      ['a forged token', 'Bearer x.y.z'],
    ])('answers 401 to %s', async (_, authorization) => {
      const answer = await hub.ask('/admin/v1/letters', { headers: { authorization } });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="writ admin"/);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.body).toMatchObject({ type: 'urn:writ:problem:unauthenticated', status: 401 });
    });

    it('answers 403 to the scope of another room, to write for read, and names the scope it wants', async () => {
      for (const scope of ['admin:clients:read', 'admin:users:write', 'admin', 'admin:users:*', 'admin:users:readx']) {
        const answer = await hub.ask('/admin/v1/letters', { headers: tokenWith(scope) });
        expect([scope, answer.status]).toEqual([scope, 403]);
        expect(answer.headers.get('www-authenticate')).toContain('error="insufficient_scope", scope="admin:users:read"');
      }
      expect((await hub.ask('/admin/v1/letters', { headers: tokenWith('admin:users:read') })).status).toBe(200);
    });

    describe('a console session', () => {
      const page = { 'x-writ-csrf': 'of-the-page', origin: 'http://localhost:8787', 'sec-fetch-site': 'same-origin' };
      const from = (cookie: string, headers: Record<string, string>) => ({ authorization: '', cookie: `writ_admin=${cookie}`, ...headers });
      const read = async (headers: Record<string, string>) => (await hub.ask('/admin/v1/letters', { headers })).status;
      const write = async (headers: Record<string, string>) => {
        const before = acted;
        const { status } = await hub.ask('/admin/v1/deeds', { method: 'POST', body: { name: 'x' }, headers });
        expect(acted).toBe(status === 201 ? before + 1 : before);
        return status;
      };

      it('reads and writes from a page of the hub that knows its token', async () => {
        expect([await read(from('good', page)), await write(from('good', page))]).toEqual([200, 201]);
        const { origin: _, ...bare } = page;
        expect(await read(from('good', bare))).toBe(200);
        expect(await read(from('good', { 'x-writ-csrf': 'of-the-page' }))).toBe(200);
      });

      it.each([
        ['no token of the page', { 'x-writ-csrf': '' }],
        ['a wrong token', { 'x-writ-csrf': 'of-the-pagE' }],
        ['another origin', { origin: 'https://evil.example' }],
        ['the origin of a sandboxed frame', { origin: 'null' }],
        ['another port of this host', { origin: 'http://localhost:8788' }],
        ['another site, by what the browser says', { 'sec-fetch-site': 'cross-site' }],
        ['a sister host, by what the browser says', { 'sec-fetch-site': 'same-site' }],
        ['an address typed by hand', { 'sec-fetch-site': 'none' }],
      ])('opens nothing with %s', async (_, wrong) => {
        const headers = from('good', { ...page, ...wrong });
        expect([await read(headers), await write(headers)]).toEqual([401, 401]);
      });

      it('changes nothing when the browser does not say where the request comes from', async () => {
        expect(await write(from('good', { 'x-writ-csrf': 'of-the-page' }))).toBe(401);
      });

      it('may do what it was given at sign-in, and no more', async () => {
        expect([await read(from('reader', page)), await write(from('reader', page))]).toEqual([200, 403]);
        expect([await read(from('nobody', page)), await write(from('nobody', page))]).toEqual([403, 403]);
      });

      it('is not asked for when the request shows a token', async () => {
        expect(await read({ ...from('good', page), authorization: 'Bearer x.y.z' })).toBe(401);
      });

      it('is named in the record as its user by the console', async () => {
        await read(from('good', page));
        const [seen] = await searchEvents(hub.database.db, { type: 'admin.read', limit: 1 });
        expect(seen).toMatchObject({ initiator: 'admin', actor: { user: 'root', client: 'writ-console' } });
        await read(from('good', { ...page, 'x-writ-csrf': 'x' }));
        const [refused] = await searchEvents(hub.database.db, { type: 'admin.refused', limit: 1 });
        expect(refused).toMatchObject({ reason: 'session_without_its_token' });
      });
    });

    it('records who read what, and who was refused and why', async () => {
      await hub.ask('/admin/v1/letters?limit=3', { headers: tokenWith('admin:users:read') });
      const [read] = await searchEvents(hub.database.db, { type: 'admin.read', limit: 1 });
      expect(read).toMatchObject({
        initiator: 'admin',
        actor: { user: 'ann', client: 'cli' },
        target: { type: 'users', id: '*' },
        data: { route: 'GET /admin/v1/letters', status: 200, query: { limit: '3' } },
      });
      await hub.ask('/admin/v1/letters', { headers: { authorization: 'Bearer x.y.z' } });
      const [refused] = await searchEvents(hub.database.db, { type: 'admin.refused', limit: 1 });
      expect(refused).toMatchObject({ outcome: 'refused', reason: 'bad_signature', actor: { chain: [] } });
      await hub.ask('/admin/v1/letters', { headers: tokenWith('admin:users:write') });
      const [lacking] = await searchEvents(hub.database.db, { type: 'admin.refused', limit: 1 });
      expect(lacking).toMatchObject({ reason: 'insufficient_scope: admin:users:read', actor: { user: 'ann' } });
    });

    it.each([
      ['an unknown member (188)', '{"name":"x","sso":false}', 'sso'],
      ['a member twice (143)', '{"name":"x","name":"y"}', 'body'],
      ['__proto__ (143)', '{"name":"x","data":{"__proto__":{"admin":true}}}', 'body'],
      ['NUL (197)', '{"name":"a\\u0000b"}', 'body'],
      ['half of a surrogate pair (197)', '{"name":"\\ud800"}', 'body'],
      ['NaN (197)', '{"name":NaN}', 'body'],
      ['33 levels (143)', `{"name":"x","data":${'['.repeat(33)}${']'.repeat(33)}}`, 'body'],
      ['30,000 levels (197)', `{"name":"x","data":${'['.repeat(30_000)}`, 'body'],
      ['a list', '[]', 'body'],
      ['half an object', '{', 'body'],
      ['a wrong type', '{"name":7}', 'name'],
      ['an empty body', '', 'body'],
    ])('refuses %s with 400 and names the field', async (_, raw, field) => {
      const before = acted;
      const answer = await post(raw);
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({ type: 'urn:writ:problem:invalid_input', field });
      expect(acted).toBe(before);
    });

    it('refuses any body that is not JSON in UTF-8 by its type', async () => {
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1', 'application/yaml']) {
        expect((await post('{"name":"x"}', { 'content-type': type })).status).toBe(415);
      }
      expect((await post('{"name":"x"}', { 'content-type': 'Application/JSON; charset="UTF-8"' })).status).toBe(201);
    });

    it.each([
      ['limit=1000000000', 'limit'],
      ['limit=0', 'limit'],
      ['limit=2&limit=3', 'limit'],
      ['sort=;drop', 'sort'],
      ['cursor=YQ', 'cursor'],
      ['cursor=AA', 'cursor'],
      ['tenant=a%00b', 'tenant'],
      ['__proto__=1', '__proto__'],
    ])('refuses the query %s with 400 and names the field (189)', async (query, field) => {
      const answer = await hub.ask(`/admin/v1/letters?${query}`);
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({ field });
    });

    it('walks a list to its end by cursors, which are good for that list and those filters only (189)', async () => {
      const seen: unknown[] = [];
      let next: string | null | undefined;
      do {
        const answer: { status: number; body: Record<string, unknown> } = await hub.ask(
          `/admin/v1/letters?tenant=acme&limit=3${next === undefined ? '' : `&cursor=${next}`}`,
        );
        expect(answer.status).toBe(200);
        seen.push(...z.array(z.string()).parse(answer.body['items']));
        next = z.string().nullable().parse(answer.body['next']);
        if (typeof next === 'string') {
          const elsewhere = await hub.ask(`/admin/v1/letters?tenant=other&cursor=${next}`);
          expect([elsewhere.status, elsewhere.body['field']]).toEqual([400, 'cursor']);
          const flipped = next.slice(0, -1) + (next.endsWith('A') ? 'B' : 'A');
          expect((await hub.ask(`/admin/v1/letters?tenant=acme&cursor=${flipped}`)).status).toBe(400);
        }
      } while (next !== null);
      expect(seen).toEqual(LETTERS);
    });

    it('refuses an id that no database could keep, instead of failing on it', async () => {
      expect((await hub.ask('/admin/v1/tenants/a%00b')).status).toBe(404);
      expect((await hub.ask('/admin/v1/tenants/%ff')).status).toBe(404);
      expect((await hub.ask('/admin/v1/tenants/..%2f..')).status).toBe(404);
    });

    it('acts once for one Idempotency-Key, and gives the same answer again', async () => {
      const before = acted;
      const first = await idempotent('k1', { name: 'x' });
      const again = await idempotent('k1', { name: 'x' });
      expect(acted).toBe(before + 1);
      expect(again.text).toBe(first.text);
      expect([again.status, again.headers.get('location'), again.headers.get('idempotency-replayed')]).toEqual([201, '/there', 'true']);
      const other = await idempotent('k1', { name: 'y' });
      expect([other.status, other.body['type']]).toEqual([422, 'urn:writ:problem:idempotency_key_reused']);
      expect(acted).toBe(before + 1);
    });

    it('acts once for twenty requests with one key at the same moment', async () => {
      const before = acted;
      let release = () => {};
      hold = new Promise((resolve) => {
        release = resolve;
      });
      const all = Array.from({ length: 20 }, () => idempotent('k2', { name: 'x' }));
      const early = await Promise.race(all);
      expect([early.status, early.headers.get('retry-after')]).toEqual([409, '1']);
      release();
      hold = undefined;
      const statuses = (await Promise.all(all)).map((answer) => answer.status);
      expect(statuses.filter((status) => status === 201).length).toBeGreaterThanOrEqual(1);
      expect(statuses.every((status) => status === 201 || status === 409)).toBe(true);
      expect(acted).toBe(before + 1);
      expect((await idempotent('k2', { name: 'x' })).status).toBe(201);
      expect(acted).toBe(before + 1);
    });

    it('keeps no answer of a failure, none of another caller, and none in plain', async () => {
      const before = acted;
      await expect(idempotent('k3', { name: 'break' })).rejects.toThrow('failed');
      await expect(idempotent('k3', { name: 'break' })).rejects.toThrow('failed');
      expect(acted).toBe(before + 2);
      await hub.ask('/admin/v1/deeds', {
        method: 'POST',
        body: { name: 'x' },
        headers: { 'idempotency-key': 'k1', ...tokenWith('admin:users:write') },
      });
      expect(acted).toBe(before + 3);
      const stored = await row(hub.database.db, sql<{ body: string }>`SELECT string_agg(body, ' ') AS body FROM idempotency_keys`);
      expect(stored?.body).not.toContain('shown-once');
      expect(Buffer.from(stored?.body ?? '', 'base64').toString('latin1')).not.toContain('shown-once');
    });

    it('takes up a key again when the node that had it died', async () => {
      await sql`INSERT INTO idempotency_keys (principal, key, request_digest, created_at) VALUES ('admin-token  writ:admin-token', 'k4', 'x', ${new Date(hub.clock.now() - 119_000)})`.execute(
        hub.database.db,
      );
      expect((await idempotent('k4', { name: 'x' })).status).toBe(422);
      await sql`UPDATE idempotency_keys SET created_at = ${new Date(hub.clock.now() - 121_000)} WHERE key = 'k4'`.execute(hub.database.db);
      expect((await idempotent('k4', { name: 'x' })).status).toBe(201);
    });

    it('leaves routes alone that are not its own', async () => {
      expect((await hub.ask('/open', { headers: { authorization: '' } })).status).toBe(200);
    });
  });
}
