import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from '../../../testing/database.ts';
import type { Credential } from './credential.ts';
import { listCredentials } from './credential.store.ts';
import { openClientSecret } from './store.ts';
import { vaultWorld, type VaultNode, type VaultWorld } from './vault.suite.ts';

describe.each(engines())('the vault on %s', (engine) => {
  let world: VaultWorld;
  let node: VaultNode;
  beforeAll(async () => {
    world = await vaultWorld(engine);
    node = world.node();
  });
  afterAll(() => world.close());
  const found = async (of: Parameters<VaultNode['vault']['find']>[0]): Promise<Credential> => {
    const outcome = await node.vault.find(of);
    if ('missing' in outcome) throw new Error(`missing: ${outcome.missing.join(', ')}`);
    return outcome.credential;
  };

  test('what is put is found by its owner and opens, also on a node that has unwrapped nothing', async () => {
    const secret = { kind: 'oauth', accessToken: 'canary-access', refreshToken: 'canary-refresh' } as const;
    const put = await node.put({ connection: 'calendar', owner: { user: 'ann' }, secret, granted: ['calendar.readonly'] });
    expect(put).toMatchObject({ state: 'active', refreshable: true, granted: ['calendar.readonly'], version: 1 });
    const other = world.node();
    const outcome = await other.vault.find({ connection: 'calendar', user: 'ann', tenant: 'acme' });
    expect(outcome).toMatchObject({ credential: { id: put.id }, tried: ['user ann in tenant acme', 'user ann'] });
    expect(await other.vault.open(put)).toEqual(secret);
    expect(JSON.stringify(outcome)).not.toContain('canary');
    expect(await openClientSecret(world.database.db, node.keys, 'calendar')).toBe('canary-client-secret');
  });

  test('owners are tried in order: user in tenant, user, agent, tenant; nobody gets what is another’s', async () => {
    const of = { connection: 'search', user: 'ann', tenant: 'acme', agent: 'agt_1' };
    const order = ['user ann in tenant acme', 'user ann', 'agent agt_1', 'tenant acme'];
    expect(await node.vault.find(of)).toEqual({ missing: order });
    const owners = [{ tenant: 'acme' }, { agent: 'agt_1' }, { user: 'ann' }, { user: 'ann', tenant: 'acme' }];
    for (const [index, owner] of owners.entries()) {
      await node.put({ connection: 'search', owner, secret: { kind: 'api_key', value: `key of ${JSON.stringify(owner)}` } });
      const outcome = await node.vault.find(of);
      expect(outcome).toMatchObject({ credential: { owner }, tried: order.slice(0, 4 - index) });
    }
    expect((await found({ connection: 'search', tenant: 'acme' })).owner).toEqual({ tenant: 'acme' });
    expect((await found({ ...of, owners: ['tenant'] })).owner).toEqual({ tenant: 'acme' });
    expect((await found({ ...of, tenant: 'globex' })).owner).toEqual({ user: 'ann' });
    expect(await node.vault.find({ connection: 'search', user: 'bob', tenant: 'globex' })).toEqual({
      missing: ['user bob in tenant globex', 'user bob', 'tenant globex'],
    });
    expect(await node.vault.find({ connection: 'maps', user: 'ann', tenant: 'acme' })).toHaveProperty('missing');
    expect(await node.vault.find({ connection: 'search' })).toEqual({ missing: [] });
  });

  test('of several accounts the newest is meant, a label names one, and a failed one does not hide one that works', async () => {
    const owner = { user: 'bob' };
    const work = await node.put({ connection: 'maps', owner, label: 'work', secret: { kind: 'api_key', value: 'w' } });
    world.clock.advance(1_000);
    const home = await node.put({ connection: 'maps', owner, label: 'home', secret: { kind: 'api_key', value: 'h' } });
    expect((await found({ connection: 'maps', user: 'bob' })).id).toBe(home.id);
    expect((await found({ connection: 'maps', user: 'bob', label: 'work' })).id).toBe(work.id);
    expect(await node.vault.find({ connection: 'maps', user: 'bob', label: 'elsewhere' })).toHaveProperty('missing');
    await sql`UPDATE credentials SET state = 'failed', failure = 'refused' WHERE id = ${home.id}`.execute(world.database.db);
    expect((await found({ connection: 'maps', user: 'bob' })).id).toBe(work.id);
    await sql`UPDATE credentials SET state = 'revoked' WHERE id = ${work.id}`.execute(world.database.db);
    expect(await found({ connection: 'maps', user: 'bob' })).toMatchObject({ id: home.id, state: 'failed', failure: 'refused' });
  });

  test.each([
    ['a frozen user', sql`UPDATE users SET state = 'frozen' WHERE id = 'bob'`, sql`UPDATE users SET state = 'active' WHERE id = 'bob'`],
    [
      'a frozen tenant',
      sql`UPDATE tenants SET state = 'frozen' WHERE id = 'globex'`,
      sql`UPDATE tenants SET state = 'active' WHERE id = 'globex'`,
    ],
    [
      'a user who left the tenant',
      sql`DELETE FROM user_tenants WHERE user_id = 'bob' AND tenant_id = 'globex'`,
      sql`INSERT INTO user_tenants (user_id, tenant_id) VALUES ('bob', 'globex')`,
    ],
  ])('%s has no credentials', async (_, change, undo) => {
    await node.put({ connection: 'calendar', owner: { user: 'bob', tenant: 'globex' }, secret: { kind: 'oauth', accessToken: 'x' } });
    const of = { connection: 'calendar', user: 'bob', tenant: 'globex' };
    expect(await node.vault.find(of)).toHaveProperty('credential');
    await change.execute(world.database.db);
    expect(await node.vault.find(of)).toHaveProperty('missing');
    await undo.execute(world.database.db);
    expect(await node.vault.find(of)).toHaveProperty('credential');
  });

  test('the same secret again changes nothing; another is a new version in the same row, and nobody is told either', async () => {
    const slot = { connection: 'maps', owner: { tenant: 'acme' } };
    const { db } = world.database;
    const put = (value: string) =>
      db.transaction().execute((tx) => node.vault.put(tx, { ...slot, secret: { kind: 'api_key', value } }, AUTHOR));
    const first = await put('canary-one');
    expect(first.entries).toMatchObject([{ type: 'credential.stored', tenant: 'acme', data: { deed: 'created', owner: 'tenant acme' } }]);
    expect(await put('canary-one')).toMatchObject({ outcome: 'unchanged', entries: [] });
    const second = await put('canary-two');
    expect(second).toMatchObject({ outcome: 'changed', value: { id: first.value.id, version: 2 } });
    expect(JSON.stringify([first, second])).not.toContain('canary');
    expect(await node.vault.open(second.value)).toEqual({ kind: 'api_key', value: 'canary-two' });
  });

  test('of fifty renewals of one version one is kept', async () => {
    const put = await node.put({
      connection: 'calendar',
      owner: { tenant: 'globex' },
      secret: { kind: 'oauth', accessToken: 'a', refreshToken: 'r' },
    });
    const won = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        world
          .node()
          .vault.replace(world.database.db, put, { secret: { kind: 'oauth', accessToken: `a${index}`, refreshToken: `r${index}` } }),
      ),
    );
    const winner = won.indexOf(true);
    expect(won.filter(Boolean)).toHaveLength(1);
    const now = await found({ connection: 'calendar', tenant: 'globex' });
    expect(now.version).toBe(2);
    expect(await node.vault.open(now)).toMatchObject({ accessToken: `a${winner}`, refreshToken: `r${winner}` });
  });

  test('fifty at once put the first secret of a tenant under one key', async () => {
    await sql`INSERT INTO tenants (id, name) VALUES ('fresh', 'Fresh')`.execute(world.database.db);
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        world
          .node()
          .put({ connection: 'search', owner: { tenant: 'fresh' }, label: `n${index}`, secret: { kind: 'api_key', value: `v${index}` } }),
      ),
    );
    const keys = await sql`SELECT 1 FROM data_keys WHERE tenant = 'fresh'`.execute(world.database.db);
    expect(keys.rows).toHaveLength(1);
    const stored = await listCredentials(world.database.db, { tenant: 'fresh' }, { limit: 100 });
    const opened = await Promise.all(stored.map(async (one) => ({ label: one.label, secret: await node.vault.open(one) })));
    expect(opened).toHaveLength(50);
    for (const { label, secret } of opened) expect(secret).toEqual({ kind: 'api_key', value: label.replace('n', 'v') });
  });
});

const AUTHOR = { initiator: 'admin', actor: { client: 'tests' }, origin: { request: 'req_test' } } as const;
