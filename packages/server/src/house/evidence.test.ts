import { createLocalJWKSet, jwtVerify } from 'jose';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { engines } from '../../testing/database.ts';
import { testHouse, type TestHouse } from '../../testing/house.ts';
import { canonical } from '../base/canonical.ts';
import { row, rows } from '../base/db.ts';
import { digest } from '../base/digest.ts';
import { createLog } from '../base/log.ts';
import { CHECKPOINT_TYP } from '../rooms/audit/checkpoint.ts';
import { makeCheckpoints } from '../rooms/audit/checkpoint.store.ts';
import { verifyChains } from '../rooms/audit/read.store.ts';
import { notaryOf } from './evidence.ts';
import { jobsOf } from './jobs.ts';

type Stored = { seq: number; body: string };
const checkpoint = z.object({ seq: z.number(), data: z.object({ seq: z.number(), hash: z.string(), jws: z.string() }) });

for (const engine of engines()) {
  describe(`checkpoints of the audit chains on ${engine}`, () => {
    let hub: TestHouse;
    beforeAll(async () => {
      hub = await testHouse({ engine });
      await hub.apply({ tenants: [{ id: 'acme', name: 'Acme' }] });
    });
    afterAll(() => hub.close());

    const db = () => hub.house.rooms.database.db;
    const notary = () => notaryOf(hub.house.rooms.keys, hub.issuer);
    const make = () => makeCheckpoints({ ...hub.house.rooms, notary: notary(), clock: hub.clock });
    const run = async (name: string): Promise<void> => {
      const jobs = jobsOf({ rooms: hub.house.rooms, clock: hub.clock, log: createLog('silent'), issuer: hub.issuer });
      await jobs.find((job) => job.name === name)?.run();
    };
    const entries = (tenant: string) => rows(db(), sql<Stored>`SELECT seq, body FROM audit_events WHERE tenant = ${tenant} ORDER BY seq`);
    const checkpoints = async (tenant: string) => {
      const found = await rows(
        db(),
        sql<Stored>`SELECT seq, body FROM audit_events WHERE tenant = ${tenant} AND type = 'audit.checkpoint' ORDER BY seq`,
      );
      return found.map(({ body }) => checkpoint.parse(JSON.parse(body)));
    };
    const grow = async (name: string): Promise<void> => hub.apply({ tenants: [{ id: 'acme', name }] });
    const metric = async (name: string, node = hub.house): Promise<string | undefined> => {
      const text = await (await node.fetch(new Request(`${hub.issuer}/metrics`))).text();
      return text
        .split('\n')
        .find((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
        ?.split(' ')
        .at(-1);
    };
    const asSuperuser = async (change: () => Promise<void>): Promise<void> => {
      await sql`ALTER TABLE audit_events DISABLE TRIGGER USER`.execute(db());
      await change();
      await sql`ALTER TABLE audit_events ENABLE TRIGGER USER`.execute(db());
    };

    it('are signed for each chain that grew, so that anybody with the published keys can check them', async () => {
      expect(await make()).toMatchObject({ ok: true, made: 2 });
      const [made] = await checkpoints('acme');
      const before = (await entries('acme')).at(-2);
      expect(made?.data).toMatchObject({ seq: before?.seq, hash: digest(before?.body ?? '') });
      const keys = createLocalJWKSet(z.object({ keys: z.array(z.any()) }).parse(await (await hub.get('/oauth/jwks')).json()));
      const read = await jwtVerify(made?.data.jws ?? '', keys, { typ: CHECKPOINT_TYP, issuer: hub.issuer, clockTolerance: 5 });
      expect(read.payload).toMatchObject({ chain: 'acme', seq: before?.seq, hash: made?.data.hash });
    });

    it('are not made for a chain that holds nothing new but its last checkpoint', async () => {
      await make();
      expect(await make()).toMatchObject({ ok: true, checked: 0, made: 0 });
      await grow('Acme Limited');
      expect(await make()).toMatchObject({ ok: true, made: 1 });
      expect(await checkpoints('acme')).toHaveLength(2);
      expect(await verifyChains(db(), undefined, notary())).toMatchObject({ ok: true });
    });

    it('are not taken from another hand: not a token of this hub, and nothing signed by a key that is gone', () => {
      const { keys } = hub.house.rooms;
      const claims = { iss: hub.issuer, iat: 1, chain: 'acme', seq: 1, hash: 'x' };
      expect(notary().read(keys.signer().sign('at+jwt', claims))).toBe('forged');
      expect(notary().read(keys.signer().sign(CHECKPOINT_TYP, { ...claims, iss: 'https://other.test' }))).toBe('forged');
      expect(notary().read('')).toBe('forged');
      const [, payload, signature] = keys.signer().sign(CHECKPOINT_TYP, claims).split('.');
      const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: CHECKPOINT_TYP, kid: 'gone' })).toString('base64url');
      expect(notary().read(`${header}.${payload}.${signature}`)).toBe('unknown');
    });

    it('let the metric say nothing before the first verification, and then the same on every node', async () => {
      expect(await metric('writ_audit_chain_ok')).toBeUndefined();
      await run('audit-checkpoint');
      hub.clock.advance(10_000);
      expect(await metric('writ_audit_chain_ok')).toBe('1');
      expect(await metric('writ_audit_chain_ok', await hub.secondNode())).toBe('1');
    });

    it('find a chain that somebody with all rights rewrote and hashed anew from the first entry on', async () => {
      await asSuperuser(() => rewrite('acme', (body) => body.replace('Acme Limited', 'Acne Limited')));
      expect(await verifyChains(db(), 'acme')).toMatchObject({ ok: true });
      const firstBroken = { chain: 'acme', fault: 'contradicted' };
      expect(await verifyChains(db(), 'acme', notary())).toMatchObject({ ok: false, firstBroken });
      expect(await (await hub.admin('GET', '/admin/v1/events/verify')).json()).toMatchObject({ ok: false, firstBroken });
      hub.clock.advance(10_000);
      expect(await metric('writ_audit_chain_ok')).toBe('0');
      await asSuperuser(() => rewrite('acme', (body) => body.replace('Acne Limited', 'Acme Limited')));
      await run('audit-verify');
      hub.clock.advance(10_000);
      expect(await metric('writ_audit_chain_ok')).toBe('1');
    });

    it('are withheld from a chain that is broken, and only reading everything makes the metric well again', async () => {
      await grow('Acme & Sons');
      const [seq = 0, had] = [(await entries('acme')).at(-1)?.seq, (await checkpoints('acme')).length];
      const alter = (from: string, to: string) =>
        asSuperuser(async () => {
          await sql`UPDATE audit_events SET body = replace(body, ${from}, ${to}) WHERE tenant = 'acme' AND seq = ${seq}`.execute(db());
        });
      await alter('Sons', 'Suns');
      await run('audit-checkpoint');
      expect(await checkpoints('acme')).toHaveLength(had);
      hub.clock.advance(10_000);
      expect(await metric('writ_audit_chain_ok')).toBe('0');
      await alter('Suns', 'Sons');
      await run('audit-checkpoint');
      expect(await checkpoints('acme')).toHaveLength(had + 1);
      hub.clock.advance(10_000);
      expect(await metric('writ_audit_chain_ok')).toBe('0');
      await run('audit-verify');
      hub.clock.advance(10_000);
      expect(await metric('writ_audit_chain_ok')).toBe('1');
    });

    /** The whole chain of a tenant, hashed anew so that it fits together. What the hub signed of it cannot be made anew. */
    async function rewrite(tenant: string, change: (body: string) => string): Promise<void> {
      let prev = '0'.repeat(43);
      for (const { seq, body } of await entries(tenant)) {
        const text = canonical({ ...JSON.parse(change(body)), prev });
        prev = digest(text);
        await sql`UPDATE audit_events SET body = ${text}, hash = ${prev} WHERE tenant = ${tenant} AND seq = ${seq}`.execute(db());
      }
      await sql`UPDATE audit_heads SET hash = ${prev} WHERE tenant = ${tenant}`.execute(db());
      const kept = await row(db(), sql<{ seq: number }>`SELECT seq FROM audit_checkpoints WHERE tenant = ${tenant}`);
      await sql`UPDATE audit_checkpoints SET hash = (SELECT hash FROM audit_events WHERE tenant = ${tenant} AND seq = ${kept?.seq}) WHERE tenant = ${tenant}`.execute(
        db(),
      );
    }
  });
}
