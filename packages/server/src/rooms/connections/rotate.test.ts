import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engines } from '../../../testing/database.ts';
import type { Keks } from '../../base/kek/kek.ts';
import { localKek } from '../../base/kek/local.ts';
import { isSealed, openRoot } from '../keys/root.store.ts';
import { createKeyRotation, type KeyRotation } from './rotate.store.ts';
import { openClientSecret } from './store.ts';
import { BY, fill, KEK, vaultWorld, type VaultNode, type VaultWorld } from './vault.suite.ts';

const OLD: Keks = { current: localKek(KEK), also: [] };

describe.each(engines())('rotation on %s', (engine) => {
  let world: VaultWorld;
  beforeAll(async () => {
    world = await vaultWorld(engine);
  });
  afterAll(() => world.close());
  const rotationOf = (node: VaultNode, keks: Keks): KeyRotation =>
    createKeyRotation({
      ...world,
      audit: node.audit,
      keys: node.keys,
      keks,
      onError(error) {
        throw error;
      },
    });
  const count = async (query: ReturnType<typeof sql<{ n: number }>>): Promise<number> =>
    (await query.execute(world.database.db)).rows[0]?.n ?? -1;

  test('of the KEK wraps every key anew, the hub’s own too, so that the old KEK opens nothing and is needed no more', async () => {
    const { db } = world.database;
    const root = await openRoot(db, OLD, 0);
    const put = await world.node().put({ connection: 'search', owner: { tenant: 'acme' }, secret: { kind: 'api_key', value: 'k1' } });
    const fresh = localKek(randomBytes(32));
    const both = { current: fresh, also: [localKek(KEK)] };
    const node = world.node(both);
    const rotation = rotationOf(node, both);
    expect(await rotation.status()).toMatchObject({ kek: fresh.id, dataKeys: { otherKek: 3 }, rotation: undefined });
    expect(await rotation.begin({ dataKeys: false }, BY)).toMatchObject({ ok: true });
    await rotation.run();
    expect(await rotation.status()).toMatchObject({ dataKeys: { otherKek: 0 }, rotation: { finishedAt: expect.any(Number) } });
    const after = world.node({ current: fresh, also: [] });
    expect(await after.vault.open(put)).toEqual({ kind: 'api_key', value: 'k1' });
    expect(await openClientSecret(db, after.keys, 'calendar')).toBe('canary-client-secret');
    expect(await openRoot(db, { current: fresh, also: [] }, 0)).toEqual(root);
    expect(await openRoot(db, OLD, 0)).toBeUndefined();
    await expect(world.node().vault.open(put)).rejects.toThrow('another KEK');
    // And back, for the tests below.
    const back = { current: localKek(KEK), also: [fresh] };
    const again = rotationOf(world.node(back), back);
    await again.begin({ dataKeys: false }, BY);
    await again.run();
  });

  test('of the data keys seals everything anew, leaves no old key, and what was pending stays', async () => {
    const node = world.node();
    const pendingOf = await node.put({ connection: 'maps', owner: { user: 'ann' }, secret: { kind: 'api_key', value: 'k2' } });
    const pending = await node.vault.sealPending(world.database.db, pendingOf, { kind: 'api_key', value: 'answered' });
    await sql`UPDATE credentials SET refresh_pending = ${pending.sealed}, refresh_pending_key = ${pending.keyId} WHERE id = ${pendingOf.id}`.execute(
      world.database.db,
    );
    const before = await sql<{ id: string }>`SELECT id FROM data_keys WHERE purpose = 'credentials'`.execute(world.database.db);
    const rotation = rotationOf(node, OLD);
    await rotation.begin({ dataKeys: true }, BY);
    expect(await rotation.begin({ dataKeys: true }, BY)).toMatchObject({ ok: true });
    await rotation.run();
    const status = await rotation.status();
    expect(status).toMatchObject({ secrets: { retiredKey: 0 }, rotation: { finishedAt: expect.any(Number) } });
    const old = before.rows.map(({ id }) => id);
    expect(await count(sql`SELECT count(*) AS n FROM data_keys WHERE id = ANY(${old}::text[])`)).toBe(0);
    const other = world.node();
    expect(await other.vault.open(pendingOf)).toEqual({ kind: 'api_key', value: 'k2' });
    const held = await sql<{
      sealed: Buffer;
      key: string;
    }>`SELECT refresh_pending AS sealed, refresh_pending_key AS key FROM credentials WHERE id = ${pendingOf.id}`.execute(world.database.db);
    const [row] = held.rows;
    if (row === undefined) throw new Error('gone');
    expect(await other.vault.openPending(pendingOf, { keyId: row.key, sealed: row.sealed })).toEqual({
      kind: 'api_key',
      value: 'answered',
    });
    expect(await openClientSecret(world.database.db, other.keys, 'calendar')).toBe('canary-client-secret');
    expect(pendingOf.version).toBe(1);
  });

  test('of ten thousand credentials fails no hand-out, and loses no change made meanwhile', async () => {
    const node = world.node();
    const total = 10_000;
    await fill(world, node, { total, ownerOf: (n) => ({ tenant: n % 2 === 0 ? 'acme' : 'globex' }) });
    // Nodes that opened nothing yet, so that each has to find the keys while they change.
    const readers = [world.node(), world.node(), world.node()];
    const [first, second] = [world.node(), world.node()];
    const [one, two] = [rotationOf(first, OLD), rotationOf(second, OLD)];
    await one.begin({ dataKeys: true }, BY);
    let done = false;
    let opened = 0;
    const open = async (reader: VaultNode, seed: number): Promise<void> => {
      for (let n = seed; !done; n = (n * 31 + 7) % total) {
        const found = await reader.vault.find({ connection: 'search', tenant: n % 2 === 0 ? 'acme' : 'globex', label: `n${n}` });
        if ('missing' in found) throw new Error(`n${n} is missing`);
        const secret = await reader.vault.open(found.credential);
        if (secret.kind !== 'api_key' || !secret.value.startsWith(`v${n}`)) throw new Error(`n${n} opened as something else`);
        opened += 1;
      }
    };
    const write = async (): Promise<number> => {
      for (let n = 0; ; n += 1) {
        if (done) return n;
        await readers[0]?.put({
          connection: 'search',
          owner: { tenant: 'acme' },
          label: `n${(n * 2) % total}`,
          secret: { kind: 'api_key', value: `v${(n * 2) % total} anew` },
        });
      }
    };
    const load = Promise.all([...readers.map((reader, index) => open(reader, index + 1)), write()]);
    await Promise.all([one.run(), two.run()]);
    // The two nodes skip each other's rows: whoever ends first leaves the rest to the next run.
    await one.run();
    done = true;
    const [, , , written = 0] = await load;
    expect(await one.status()).toMatchObject({ secrets: { retiredKey: 0 }, rotation: { finishedAt: expect.any(Number) } });
    expect(opened).toBeGreaterThan(100);
    const anew = await sql<{
      label: string;
    }>`SELECT label FROM credentials WHERE connection_id = 'search' AND label = ANY(${Array.from({ length: written }, (_, n) => `n${(n * 2) % total}`)}::text[])`.execute(
      world.database.db,
    );
    for (const { label } of anew.rows.slice(0, 200)) {
      const found = await readers[1]?.vault.find({ connection: 'search', tenant: 'acme', label });
      if (found === undefined || 'missing' in found) throw new Error(`${label} is missing`);
      expect(await readers[1]?.vault.open(found.credential)).toEqual({ kind: 'api_key', value: `v${label.slice(1)} anew` });
    }
  });

  test('ends with what cannot be done left as it is, and says how much', async () => {
    const node = world.node();
    const put = await node.put({ connection: 'maps', owner: { user: 'bob' }, secret: { kind: 'api_key', value: 'x' } });
    await sql`UPDATE credentials SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1) WHERE id = ${put.id}`.execute(
      world.database.db,
    );
    const rotation = rotationOf(node, OLD);
    await rotation.begin({ dataKeys: true }, BY);
    await rotation.run();
    expect(await rotation.status()).toMatchObject({ secrets: { retiredKey: 1 }, rotation: { finishedAt: expect.any(Number) } });
    const told = await sql<{ body: string }>`SELECT body FROM audit_events WHERE type = 'key.rotated' ORDER BY seq DESC LIMIT 1`.execute(
      world.database.db,
    );
    expect(JSON.parse(told.rows[0]?.body ?? '{}')).toMatchObject({ data: { deed: 'kek_rotated', broken: 1, lost: 0 } });
  });

  test('a hub that sealed something never gets a key made up, whatever of its keys is gone', async () => {
    const { db } = world.database;
    expect(await isSealed(db)).toBe(true);
    const keys = await count(sql`SELECT count(*) AS n FROM data_keys`);
    expect(await openRoot(db, { current: localKek(randomBytes(32)), also: [] }, 0)).toBeUndefined();
    await sql`DELETE FROM data_keys WHERE purpose = 'root'`.execute(db);
    expect(await openRoot(db, OLD, 0)).toBeUndefined();
    expect(await count(sql`SELECT count(*) AS n FROM data_keys`)).toBe(keys - 1);
  });
});
