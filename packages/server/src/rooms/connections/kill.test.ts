import { randomBytes, randomInt } from 'node:crypto';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runChild } from '../../../testing/child.ts';
import { engines } from '../../../testing/database.ts';
import { systemClock } from '../../base/clock.ts';
import { localKek } from '../../base/kek/local.ts';
import { openRoot } from '../keys/root.store.ts';
import type { Owner } from './credential.ts';
import { listCredentials } from './credential.store.ts';
import { createKeyRotation } from './rotate.store.ts';
import { BY, fill, KEK, vaultWorld, type VaultWorld } from './vault.suite.ts';

const TOTAL = 1_500;
/** `npm run soak -- rotation 1000` kills so often. */
const KILLS = Number(process.env['WRIT_SOAK_KILLS'] ?? 8);
const LIMIT_MS = 120_000 + KILLS * 7_500;

describe.each(engines())('a rotation that is killed at any point, on %s', (engine) => {
  let world: VaultWorld;
  beforeAll(async () => {
    world = await vaultWorld(engine);
    const ownerOf = (n: number): Owner => (n % 3 === 0 ? { user: 'ann' } : { tenant: n % 3 === 1 ? 'acme' : 'globex' });
    await fill(world, world.node(), { total: TOTAL, ownerOf });
  });
  afterAll(() => world.close());

  test(
    'F16 leaves every secret readable, begins where it was, and ends',
    async () => {
      const { db } = world.database;
      const keks = [KEK, randomBytes(32)];
      const states = new Set<string>();
      // As often as that, and on until it was struck in the midst at least once: a slow machine gets to its first batch late.
      for (let round = 0; round < KILLS || !states.has('in the midst'); round += 1) {
        const [current, before] = round % 2 === 0 ? [keks[1], keks[0]] : [keks[0], keks[1]];
        const child = runChild('rotate-process.ts', [world.url, current?.toString('base64') ?? '', before?.toString('base64') ?? '']);
        expect(await child.next()).toEqual({ begun: true });
        await sleep(randomInt(1, 250 + Math.max(0, round - KILLS) * 250));
        await child.kill();
        const halfway = await sql<{
          retired: number;
          open: number;
        }>`SELECT (SELECT count(*) FROM credentials c JOIN data_keys k ON k.id = c.key_id AND k.state = 'retired') AS retired,
        (SELECT count(*) FROM key_rotations WHERE finished_at IS NULL) AS open`.execute(db);
        const { retired, open } = halfway.rows[0] ?? { retired: 0, open: 0 };
        states.add(
          open === 0
            ? 'between two'
            : retired === 0
              ? 'nothing under old keys'
              : retired === TOTAL
                ? 'before the first batch'
                : 'in the midst',
        );
        await everyOneOpens();
      }
      expect(states.has('in the midst')).toBe(true);
      const last = { current: localKek(keks[1] ?? KEK), also: [localKek(KEK)] };
      const node = world.node(last);
      const rotation = createKeyRotation({ ...world, clock: systemClock, ...node, keks: last, onError: fails });
      await rotation.begin({ dataKeys: true }, BY);
      await rotation.run();
      expect(await rotation.status()).toMatchObject({
        dataKeys: { total: 4, otherKek: 0 },
        secrets: { total: TOTAL + 1, retiredKey: 0 },
        rotation: { finishedAt: expect.any(Number) },
      });
      expect(await openRoot(db, { current: last.current, also: [] }, 0)).toHaveLength(32);

      async function everyOneOpens(): Promise<void> {
        const reader = world.node({ current: localKek(keks[0] ?? KEK), also: [localKek(keks[1] ?? KEK)] });
        const stored = await listCredentials(db, {}, { limit: TOTAL + 1 });
        expect(stored).toHaveLength(TOTAL);
        for (let at = 0; at < TOTAL; at += 50)
          await Promise.all(
            stored
              .slice(at, at + 50)
              .map(async (one) => expect(await reader.vault.open(one)).toEqual({ kind: 'api_key', value: `v${one.label.slice(1)}` })),
          );
      }
    },
    LIMIT_MS,
  );
});

function fails(error: unknown): never {
  throw error;
}
