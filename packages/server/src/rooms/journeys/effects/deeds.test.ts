import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sql } from 'kysely';
import { rows } from '../../../base/db.ts';
import { findCredential, listCredentials } from '../../connections/credential.store.ts';
import { effectsWorld, type Deeds, type EffectsWorld } from './effects.suite.ts';

const KEY = 'sk-canary-5c1e90';

describe('what a flow does once', () => {
  let world: EffectsWorld;
  let one: Deeds;
  let other: Deeds;
  beforeAll(async () => {
    world = await effectsWorld();
    [one, other] = [await world.deeds(), await world.deeds()];
  });
  afterAll(() => world.close());

  const store = (key: string, of: Partial<Parameters<Deeds['storeCredential']>[0]> = {}) =>
    ({ kind: 'storeCredential', connection: 'search', owner: 'user', secret: 'provision.key', key, ...of }) as const;
  const credentials = () => listCredentials(world.database.db, { connection: 'search' }, { limit: 100 });

  it('puts a key that a call brought into the vault, for the person, and forgets it', async () => {
    const at = await world.at({ id: 'jny_a', user: 'ann', secrets: { 'provision.key': KEY } });
    expect(await one.storeCredential(store('store#4'), at)).toEqual({ kind: 'done' });
    expect(at.secrets.size).toBe(0);
    expect(await credentials()).toMatchObject([{ owner: { user: 'ann' }, origin: 'flow', kind: 'api_key', state: 'active' }]);
    const entries = await world.events('credential.stored');
    expect(entries).toMatchObject([{ actor: { user: 'ann', client: 'web' }, initiator: 'human' }]);
    expect(JSON.stringify(entries)).not.toContain(KEY);
  });

  it('does it once for a visit of the node, whoever repeats it and with whatever value', async () => {
    const again = await world.at({ id: 'jny_a', user: 'ann', secrets: { 'provision.key': 'sk-another' } });
    expect(await other.storeCredential(store('store#4'), again)).toEqual({ kind: 'done' });
    expect(again.secrets.size).toBe(0);
    const [found] = await credentials();
    const vault = world.node().vault;
    const held = await vault.find({ connection: 'search', user: 'ann' });
    expect('credential' in held && (await vault.open(held.credential))).toEqual({ kind: 'api_key', value: KEY });
    expect((await findCredential(world.database.db, found?.id ?? ''))?.version).toBe(1);
  });

  it('lets one of two nodes that run the same step at once store, and tells both that it is done', async () => {
    const at = await Promise.all([1, 2, 3, 4].map(() => world.at({ id: 'jny_race', user: 'bob', secrets: { 'provision.key': KEY } })));
    const answers = await Promise.all(
      at.map((standing, index) => (index % 2 === 0 ? one : other).storeCredential(store('store#9'), standing)),
    );
    expect(answers).toEqual(answers.map(() => ({ kind: 'done' })));
    expect((await world.events('credential.stored')).filter(({ actor }) => actor.user === 'bob')).toHaveLength(1);
  });

  it('keeps a key for a person in the tenant of the journey, and for the tenant itself, apart', async () => {
    const at = (id: string) => world.at({ id, user: 'ann', tenant: 'acme', secrets: { 'provision.key': KEY } });
    expect(await one.storeCredential(store('s#1', { owner: 'userInTenant' }), await at('jny_b'))).toEqual({ kind: 'done' });
    expect(await one.storeCredential(store('s#1', { owner: 'tenant', label: 'main' }), await at('jny_c'))).toEqual({ kind: 'done' });
    expect((await credentials()).map(({ owner, label }) => [owner, label])).toEqual(
      expect.arrayContaining([
        [{ user: 'ann', tenant: 'acme' }, ''],
        [{ tenant: 'acme' }, 'main'],
      ]),
    );
  });

  it.each([
    ['nobody has signed in', { user: undefined }, {}, 'no_owner'],
    ['another person holds the browser', { user: 'ann', holder: 'bob' }, {}, 'no_owner'],
    ['no tenant was chosen', { user: 'ann' }, { owner: 'tenant' }, 'no_owner'],
    ['only the provider of one tenant vouches for the person', { user: 'ann', tenant: 'acme', by: ['sso:acme'] }, {}, 'no_owner'],
    ['the provider of another tenant vouches', { user: 'ann', tenant: 'acme', by: ['sso:globex'] }, { owner: 'userInTenant' }, 'no_owner'],
    ['the person is not in that tenant', { user: 'ann', tenant: 'initech' }, { owner: 'tenant' }, 'owner_gone'],
    ['there is no such connection', { user: 'ann' }, { connection: 'nothing' }, 'no_connection'],
    ['the connection takes no keys', { user: 'ann' }, { connection: 'calendar' }, 'connection_takes_no_key'],
    ['the call brought nothing', { user: 'ann', secrets: {} }, {}, 'no_secret'],
    ['what it brought could end a header', { user: 'ann', secrets: { 'provision.key': 'a\r\nb: c' } }, {}, 'not_a_key'],
    ['the label is no label', { user: 'ann' }, { label: 'a\u0000b' }, 'bad_label'],
  ] as const)('stores nothing where %s', async (_why, at, of, reason) => {
    const before = await credentials();
    const standing = await world.at({ id: `jny_no_${reason}`, secrets: { 'provision.key': KEY }, ...at });
    expect(await one.storeCredential(store('store#1', of), standing)).toEqual({ kind: 'failed', reason });
    expect(await credentials()).toEqual(before);
  });

  it('stores nothing for somebody who was stopped a moment ago', async () => {
    const standing = await world.at({ id: 'jny_stopped', user: 'bob', secrets: { 'provision.key': 'sk-late' } });
    await sql`UPDATE users SET state = 'frozen' WHERE id = 'bob'`.execute(world.database.db);
    expect(await one.storeCredential(store('store#2', { label: 'late' }), standing)).toEqual({ kind: 'failed', reason: 'owner_gone' });
    await sql`UPDATE users SET state = 'active' WHERE id = 'bob'`.execute(world.database.db);
  });

  it('finds an account of exactly that owner', async () => {
    const find = async (owner: 'user' | 'userInTenant' | 'tenant', at: Parameters<EffectsWorld['at']>[0]) =>
      (await one.findConnection({ kind: 'findConnection', connection: 'search', scopes: [], owner }, await world.at(at))).connected;
    expect(await find('user', { user: 'ann' })).toBe(true);
    expect(await find('userInTenant', { user: 'ann', tenant: 'acme' })).toBe(true);
    expect(await find('userInTenant', { user: 'ann', tenant: 'globex' })).toBe(false);
    expect(await find('tenant', { user: 'bob', tenant: 'acme' })).toBe(true);
    expect(await find('tenant', { user: 'bob', tenant: 'globex' })).toBe(false);
    expect(await find('user', { user: 'ann', holder: 'bob' })).toBe(false);
  });

  it('sets attributes of the person, once, and leaves the others', async () => {
    const at = await world.at({ id: 'jny_u', user: 'ann' });
    await sql`UPDATE users SET attributes = '{"seat": 4}' WHERE id = 'ann'`.execute(world.database.db);
    const update = (plan: string, key: string) => ({ kind: 'updateUser', userId: 'ann', attributes: { plan }, key }) as const;
    expect(await one.updateUser(update('pro', 'u#3'), at)).toEqual({ kind: 'done' });
    expect(await other.updateUser(update('free', 'u#3'), at)).toEqual({ kind: 'done' });
    expect((await world.user('ann')).attributes).toEqual({ seat: 4, plan: 'pro' });
    expect(await world.events('user.changed')).toHaveLength(1);
    expect(await one.updateUser({ ...update('free', 'u#4'), userId: 'bob' }, at)).toEqual({ kind: 'failed', reason: 'another_person' });
    expect(await one.updateUser({ ...update('x'.repeat(40_000), 'u#5') }, at)).toEqual({ kind: 'failed', reason: 'attributes_too_large' });
    expect((await world.user('bob')).attributes).toEqual({});
    const vouched = await world.at({ id: 'jny_u', user: 'ann', tenant: 'acme', by: ['sso:acme'] });
    expect(await one.updateUser(update('free', 'u#6'), vouched)).toEqual({ kind: 'failed', reason: 'another_person' });
  });

  it('writes an entry of the author under a name of its own, once, and no longer than it may be', async () => {
    const at = await world.at({ id: 'jny_e', user: 'ann', tenant: 'acme' });
    const of = {
      kind: 'recordEvent',
      name: 'token.issued',
      data: { plan: 'pro', long: 'x'.repeat(9_000), deep: { a: [1] } },
      key: 'note#2',
    } as const;
    await Promise.all([one.recordEvent(of, at), other.recordEvent(of, at)]);
    const noted = await world.events('flow.noted');
    expect(noted).toHaveLength(1);
    expect(noted[0]).toMatchObject({
      tenant: 'acme',
      actor: { user: 'ann', client: 'web' },
      data: { name: 'token.issued', node: 'note', data: { plan: 'pro', deep: '{"a":[1]}' } },
    });
    expect(JSON.stringify(noted[0]).length).toBeLessThan(2_000);
    expect(await world.events('token.issued')).toEqual([]);
  });

  it('leaves no secret in any row that it wrote', async () => {
    const dump = await rows(
      world.database.db,
      sql<{ row: string }>`SELECT d::text AS row FROM journey_deeds d UNION ALL SELECT body FROM audit_events`,
    );
    expect(dump.filter(({ row }) => row.includes(KEY))).toEqual([]);
  });
});
