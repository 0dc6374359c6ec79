import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ADMIN_TOKEN, testHouse, type TestHouse } from '../../../testing/house.ts';

let hub: TestHouse;
const OPS = { id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', scopes: [{ name: 'read' }, { name: 'write' }] };
const rule = (scopes: string[] | 'all', more: object = {}) => ({
  effect: 'allow',
  subject: { any: true },
  target: { resources: ['ops'] },
  scopes,
  ...more,
});

beforeAll(async () => {
  hub = await testHouse();
  await hub.apply({ resources: [OPS] });
});
afterAll(() => hub.close());

const put = (id: string, body: object, headers: Record<string, string> = {}) => hub.admin('PUT', `/admin/v1/policies/${id}`, body, headers);
const versionShape = z.looseObject({ version: z.number(), removed: z.boolean(), rule: z.looseObject({ scopes: z.unknown() }).nullable() });
const versionsOf = async (query: string) =>
  z
    .object({ items: z.array(versionShape), next: z.string().nullable() })
    .parse(await (await hub.admin('GET', `/admin/v1/policies/${query}`)).json());
const diffOf = async (path: string) =>
  z
    .looseObject({ diff: z.array(z.object({ field: z.string(), from: z.unknown(), to: z.unknown() })) })
    .parse(await (await hub.admin('GET', `/admin/v1/policies/${path}`)).json()).diff;
const rollback = (id: string, version: unknown, headers: Record<string, string> = {}) =>
  hub.admin('POST', `/admin/v1/policies/${id}/rollback`, { version }, headers);
const events = async (id: string) =>
  z
    .looseObject({ items: z.array(z.looseObject({ target: z.object({ id: z.string() }), data: z.unknown() })) })
    .parse(await (await hub.admin('GET', '/admin/v1/events?type=policy.changed&limit=200')).json())
    .items.filter(({ target }) => target.id === id);

describe('the history of a policy', () => {
  it('keeps every version with who and when, newest first, and none for what changed nothing', async () => {
    expect((await put('kept', rule(['read']))).status).toBe(201);
    expect((await put('kept', rule(['read']))).status).toBe(200);
    expect((await put('kept', rule('all', { state: 'shadow' }))).status).toBe(200);
    expect((await hub.admin('DELETE', '/admin/v1/policies/kept')).status).toBe(204);
    const { items, next } = await versionsOf('kept/versions');
    expect(items.map((one) => [one.version, one.removed, one.rule?.scopes])).toEqual([
      [3, true, undefined],
      [2, false, 'all'],
      [1, false, ['read']],
    ]);
    expect(items[0]?.['by']).toEqual({ initiator: 'admin', user: null, client: 'writ:admin-token' });
    expect(items[0]?.['at']).toBeGreaterThan(0);
    expect(next).toBeNull();
  });

  it('is paged', async () => {
    const first = await versionsOf('kept/versions?limit=2');
    expect(first.items.map((one) => one.version)).toEqual([3, 2]);
    const second = await versionsOf(`kept/versions?limit=2&cursor=${first.next}`);
    expect(second.items.map((one) => one.version)).toEqual([1]);
    expect(second.next).toBeNull();
  });

  it('says in which members a version differs from the one before', async () => {
    expect(await diffOf('kept/versions/2')).toEqual([
      { field: 'scopes', from: ['read'], to: 'all' },
      { field: 'state', from: 'enforce', to: 'shadow' },
    ]);
    expect((await diffOf('kept/versions/1')).map((one) => one.from)).toEqual([null, null, null, null, null, null]);
    expect((await diffOf('kept/versions/3')).map((one) => one.to)).toEqual([null, null, null, null, null, null]);
  });

  it('is 404 for an id that no policy ever had, and for a version that there is not', async () => {
    expect((await hub.admin('GET', '/admin/v1/policies/never/versions')).status).toBe(404);
    for (const version of ['4', '0', '-1', 'x', '1.5', '99999999999999999999'])
      expect((await hub.admin('GET', `/admin/v1/policies/kept/versions/${version}`)).status).toBe(404);
  });

  it('goes on counting when a policy is put again, so that no version means two rules', async () => {
    expect((await (await put('kept', rule(['write']))).json()).version).toBe(4);
  });
});

describe('rolling back', () => {
  it('is a change like any other: a new version, an entry that says to which, in force at once', async () => {
    await put('back', rule(['read']));
    await put('back', rule(['read', 'write']));
    const answer = await rollback('back', 1);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).toBe('"3"');
    expect(await answer.json()).toMatchObject({ id: 'back', scopes: ['read'], version: 3 });
    expect((await events('back'))[0]?.data).toMatchObject({ deed: 'changed', rolledBackTo: 1, version: 3 });
  });

  it('to what is there already changes nothing and records nothing', async () => {
    const before = (await events('back')).length;
    const answer = await rollback('back', 1);
    expect([answer.status, answer.headers.get('etag')]).toEqual([200, '"3"']);
    expect(await events('back')).toHaveLength(before);
  });

  it('brings a removed policy back', async () => {
    await hub.admin('DELETE', '/admin/v1/policies/back');
    const answer = await rollback('back', 2);
    expect(await answer.json()).toMatchObject({ scopes: ['read', 'write'], version: 5 });
  });

  it('with If-Match of another version is 412, and nothing changed', async () => {
    expect((await rollback('back', 1, { 'if-match': '"1"' })).status).toBe(412);
    expect((await rollback('back', 1, { 'if-match': '"5"' })).status).toBe(200);
    await hub.admin('DELETE', '/admin/v1/policies/back');
    expect((await rollback('back', 1, { 'if-match': '"6"' })).status).toBe(412);
  });

  it('to a version that is a removal, that is not there or that is no number is refused', async () => {
    expect((await rollback('back', 4)).status).toBe(409);
    expect((await rollback('back', 40)).status).toBe(404);
    expect((await rollback('never', 1)).status).toBe(404);
    for (const bad of ['1', 0, -1, 1.5, null]) expect((await rollback('back', bad)).status).toBe(400);
  });

  it('to a rule that names what is gone is refused with its place', async () => {
    await hub.apply({ resources: [{ ...OPS, id: 'gone', uri: 'http://localhost:9001/mcp' }] });
    await put('orphan', rule('all', { target: { resources: ['gone'] } }));
    await put('orphan', rule('all'));
    await hub.admin('DELETE', '/admin/v1/resources/gone');
    const answer = await rollback('orphan', 1);
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ type: 'urn:writ:problem:version_unfit', field: 'target.resources[0]' });
  });

  it('with an Idempotency-Key happens once', async () => {
    await put('once', rule(['read']));
    await put('once', rule(['write']));
    const both = await Promise.all([1, 2].map(() => rollback('once', 1, { 'idempotency-key': 'k-1' })));
    expect(both.map(({ status }) => status).every((status) => [200, 409].includes(status))).toBe(true);
    expect(await (await hub.admin('GET', '/admin/v1/policies/once')).json()).toMatchObject({ version: 3, scopes: ['read'] });
  });

  it('at once from two nodes with the version both have seen: one does, the other hears that it changed', async () => {
    const second = await hub.secondNode();
    await put('raced', rule(['read']));
    await put('raced', rule(['write']));
    const ask = (house: TestHouse['house'], version: number) =>
      house.fetch(
        new Request(`${hub.issuer}/admin/v1/policies/raced/rollback`, {
          method: 'POST',
          headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json', 'if-match': '"2"' },
          body: JSON.stringify({ version }),
        }),
      );
    const answers = await Promise.all(Array.from({ length: 10 }, (_, at) => ask(at % 2 === 0 ? hub.house : second, 1)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(9);
  });
});
