import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { engines } from '../../../testing/database.ts';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { jobsOf } from '../../house/jobs.ts';
import { createLog } from '../../base/log.ts';
import { startReceiver, type Receiver } from '../sinks/receiver.suite.ts';
import { objectName } from './anchor.ts';

const view = z.object({
  anchor: z.looseObject({ kind: z.string(), hasSecret: z.boolean() }).nullable(),
  health: z.looseObject({ status: z.string(), sentence: z.string().nullable(), pending: z.number() }).nullable(),
});
const line = z.object({ issuer: z.string(), chain: z.string(), seq: z.number(), hash: z.string(), jws: z.string(), at: z.number() });

for (const engine of engines()) {
  describe(`checkpoints that are kept outside, on ${engine}`, () => {
    let hub: TestHouse;
    let bucket: Receiver;
    beforeAll(async () => {
      hub = await testHouse({ engine });
      bucket = await startReceiver();
      await hub.apply({ tenants: [{ id: 'acme', name: 'Acme' }] });
    });
    afterAll(async () => {
      await hub.close();
      await bucket.close();
    });

    const run = async (name: string): Promise<void> => {
      const jobs = jobsOf({ rooms: hub.house.rooms, clock: hub.clock, log: createLog('silent'), issuer: hub.issuer });
      await jobs.find((job) => job.name === name)?.run();
    };
    /** Something is written, the hour's checkpoints are made, and brought out. */
    const hour = async (): Promise<void> => {
      hub.clock.advance(3_600_000);
      await hub.house.rooms.audit.record({
        tenant: 'acme',
        type: 'admin.read',
        initiator: 'admin',
        actor: {},
        outcome: 'success',
        origin: { request: 'req_test' },
      });
      await run('audit-checkpoint');
      await run('audit-anchor');
    };
    const put = (of: Record<string, unknown>) => hub.admin('PUT', '/admin/v1/settings/anchor', of);
    const shown = async () => view.parse(await (await hub.admin('GET', '/admin/v1/settings/anchor')).json());
    const count = async (type: string): Promise<number> =>
      z.object({ items: z.array(z.unknown()) }).parse(await (await hub.admin('GET', `/admin/v1/events?type=${type}`)).json()).items.length;
    const S3 = { kind: 's3', region: 'eu-central-1', accessKeyId: 'AKIATEST', prefix: 'audit/', lockDays: 400 };

    it('puts each chain’s checkpoint into the bucket under a lock, by a name that sorts as the chain does', async () => {
      const answer = await put({ ...S3, url: `${bucket.url}/vault`, secret: { value: 'the-secret-access-key' } });
      expect([answer.status, (await shown()).anchor?.hasSecret]).toEqual([200, true]);
      await hour();
      const kept = bucket.received.map(({ body }) => line.parse(JSON.parse(body)));
      expect(kept.map(({ chain }) => chain).sort()).toEqual(['', 'acme']);
      for (const [index, { method, path, headers }] of bucket.received.entries()) {
        const one = kept[index] ?? { chain: '', seq: 0 };
        expect([method, path]).toEqual(['PUT', `/vault/${objectName({ prefix: 'audit/' }, one)}`]);
        expect(headers['authorization']).toContain('AWS4-HMAC-SHA256 Credential=AKIATEST/');
        expect(headers['authorization']).toContain('x-amz-object-lock-retain-until-date');
        expect(headers['x-amz-object-lock-mode']).toBe('COMPLIANCE');
        expect(Date.parse(String(headers['x-amz-object-lock-retain-until-date']))).toBe(hub.clock.now() + 400 * 86_400_000);
        expect(headers['x-amz-checksum-sha256']).toBeDefined();
      }
      expect(await shown()).toMatchObject({ health: { status: 'healthy', pending: 0 } });
      const before = bucket.received.length;
      await run('audit-anchor');
      expect(bucket.received).toHaveLength(before);
    });

    it('says once that they are not taken, shows how late they are, and brings them when they are', async () => {
      bucket.answer(() => ({ status: 403 }));
      await hour();
      await run('audit-anchor');
      hub.clock.advance(3_600_000);
      await run('audit-anchor');
      expect([await count('anchor.failed'), (await shown()).health]).toMatchObject([
        1,
        { status: 'failing', sentence: 'It answered 403.' },
      ]);
      const metrics = await (await hub.get('/metrics')).text();
      expect(Number(/^writ_audit_anchor_lag_seconds (\d+)/m.exec(metrics)?.[1])).toBeGreaterThan(3_000);
      bucket.answer(() => ({ status: 200 }));
      hub.clock.advance(3_600_000);
      await run('audit-anchor');
      expect([await count('anchor.recovered'), (await shown()).health]).toMatchObject([1, { status: 'healthy', pending: 0 }]);
    });

    it('posts them to whoever takes them by HTTP, with the bearer and nothing to sign', async () => {
      const from = bucket.received.length;
      expect((await put({ kind: 'http', url: `${bucket.url}/keep` })).status).toBe(400);
      expect((await put({ kind: 'http', url: `${bucket.url}/keep`, secret: { value: 'sesame-sesame' } })).status).toBe(200);
      await run('audit-anchor');
      const posted = bucket.received.slice(from);
      expect(posted.map(({ method, path, headers }) => [method, path, headers.authorization])).toEqual(
        posted.map(() => ['POST', '/keep', 'Bearer sesame-sesame']),
      );
      // Another place begins with where every chain stands.
      expect(posted.map(({ body }) => line.parse(JSON.parse(body)).chain).sort()).toEqual(['', 'acme']);
      const events = await (await hub.admin('GET', '/admin/v1/events?type=admin.changed')).text();
      expect(events).not.toContain('sesame');
    });

    it('goes nowhere inside, and goes away', async () => {
      await put({ kind: 'http', url: 'https://10.0.0.7/keep', secret: { value: 'sesame-sesame' } });
      await hour();
      expect((await shown()).health).toMatchObject({ status: 'failing', sentence: 'It cannot be reached (blocked_address).' });
      expect((await hub.admin('DELETE', '/admin/v1/settings/anchor')).status).toBe(204);
      expect((await hub.admin('DELETE', '/admin/v1/settings/anchor')).status).toBe(404);
      expect(await shown()).toEqual({ anchor: null, health: null });
      expect(await (await hub.get('/metrics')).text()).not.toMatch(/^writ_audit_anchor_lag_seconds/m);
    });

    it.each([
      ['a bucket without a key', { kind: 's3', url: 'https://s3.example.com/vault', secret: { value: 'x' } }],
      ['a bucket without a secret', { ...S3, url: 'https://s3.example.com/vault' }],
      ['a lock for what is no bucket', { kind: 'http', url: 'https://keep.example.com/', lockDays: 3 }],
      ['a query', { kind: 'http', url: 'https://keep.example.com/?a=b' }],
    ])('refuses %s', async (_, of) => {
      expect((await put(of)).status).toBe(400);
    });
  });
}
