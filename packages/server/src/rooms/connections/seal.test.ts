import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from '../../../testing/database.ts';
import { localKek } from '../../base/kek/local.ts';
import { OtherKek, SealBroken } from '../../base/secretbox.ts';
import { openClientSecret } from './store.ts';
import { KEK, vaultWorld, type VaultNode, type VaultWorld } from './vault.suite.ts';

describe.each(engines())('what is sealed on %s', (engine) => {
  let world: VaultWorld;
  let node: VaultNode;
  beforeAll(async () => {
    world = await vaultWorld(engine);
    node = world.node();
  });
  afterAll(() => world.close());
  const run = (query: ReturnType<typeof sql>) => query.execute(world.database.db);
  const put = (owner: { user?: string; tenant?: string; agent?: string }, label: string, connection = 'search') =>
    node.put({ connection, owner, label, secret: { kind: 'api_key', value: `key ${label}` } });
  const opened = async (owner: { user?: string; tenant?: string; agent?: string }, label: string, connection = 'search') => {
    const found = await world.node().vault.find({ connection, ...owner, label });
    if ('missing' in found) throw new Error('missing');
    return world.node().vault.open(found.credential);
  };

  test.each([
    ['the version', 0],
    ['the nonce', 1],
    ['the tag', 13],
    ['the text', 29],
    ['the last byte', -1],
  ])('does not open when %s was changed', async (name, at) => {
    await put({ user: 'ann' }, name);
    expect(await opened({ user: 'ann' }, name)).toMatchObject({ value: `key ${name}` });
    const position = at < 0 ? sql`length(sealed) - 1` : sql`${at}`;
    await run(sql`UPDATE credentials SET sealed = set_byte(sealed, ${position}, get_byte(sealed, ${position}) # 1) WHERE label = ${name}`);
    await expect(opened({ user: 'ann' }, name)).rejects.toThrow(SealBroken);
  });

  test('does not open when it was cut short, to nothing or to a shorter tag', async () => {
    for (const [index, length] of [0, 1, 17, 28].entries()) {
      await put({ user: 'ann' }, `cut ${index}`);
      await run(sql`UPDATE credentials SET sealed = substr(sealed, 1, ${length}) WHERE label = ${`cut ${index}`}`);
      await expect(opened({ user: 'ann' }, `cut ${index}`)).rejects.toThrow(SealBroken);
    }
  });

  test.each([
    ['tenant', { tenant: 'globex' }, { tenant: 'acme' }, 'search'],
    ['user', { user: 'bob' }, { user: 'ann' }, 'search'],
    ['user in a tenant', { user: 'ann', tenant: 'globex' }, { user: 'ann', tenant: 'acme' }, 'search'],
    ['connection', { user: 'ann' }, { user: 'ann' }, 'maps'],
  ])('does not open in the row of another %s, with its key or without', async (name, thief, victim, connection) => {
    const to = await put(thief, `to ${name}`, connection);
    const from = await put(victim, `from ${name}`);
    await run(sql`UPDATE credentials SET sealed = (SELECT sealed FROM credentials WHERE id = ${from.id}) WHERE id = ${to.id}`);
    await expect(opened(thief, `to ${name}`, connection)).rejects.toThrow(SealBroken);
    await run(sql`UPDATE credentials SET key_id = (SELECT key_id FROM credentials WHERE id = ${from.id}) WHERE id = ${to.id}`);
    await expect(opened(thief, `to ${name}`, connection)).rejects.toThrow(SealBroken);
  });

  test('does not open when the row itself is given to another owner, nor as what is pending', async () => {
    const of = await put({ user: 'ann' }, 'given');
    await run(sql`UPDATE credentials SET owner_user = 'bob' WHERE id = ${of.id}`);
    await expect(opened({ user: 'bob' }, 'given')).rejects.toThrow(SealBroken);
    const other = await put({ user: 'ann' }, 'pending');
    const sealed = await node.vault.sealPending(world.database.db, other, { kind: 'api_key', value: 'later' });
    expect(await node.vault.openPending(other, sealed)).toEqual({ kind: 'api_key', value: 'later' });
    await run(sql`UPDATE credentials SET sealed = ${sealed.sealed} WHERE id = ${other.id}`);
    await expect(opened({ user: 'ann' }, 'pending')).rejects.toThrow(SealBroken);
  });

  test('the secret of one connection does not open as that of another', async () => {
    await run(
      sql`UPDATE connections SET (sealed, key_id) = (SELECT sealed, key_id FROM connections WHERE id = 'calendar') WHERE id = 'maps'`,
    );
    await expect(openClientSecret(world.database.db, node.keys, 'maps')).rejects.toThrow(SealBroken);
  });

  test('the wrapped key of one tenant does not open as that of another, nor under another KEK', async () => {
    const victim = await put({ tenant: 'acme' }, 'keys');
    await put({ tenant: 'globex' }, 'keys');
    const other = world.node({ current: localKek(randomBytes(32)), also: [] });
    await expect(other.vault.open(victim)).rejects.toThrow(OtherKek);
    const swapped = world.node({ current: localKek(randomBytes(32)), also: [localKek(KEK)] });
    expect(await swapped.vault.open(victim)).toMatchObject({ value: 'key keys' });
    await run(sql`UPDATE data_keys SET wrapped = (SELECT wrapped FROM data_keys WHERE tenant = 'acme') WHERE tenant = 'globex'`);
    await expect(opened({ tenant: 'globex' }, 'keys')).rejects.toThrow(OtherKek);
  });
});
