import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../testing/database.ts';
import { row, rows } from '../../base/db.ts';
import { hubAuthor } from '../audit/author.ts';
import { searchEvents } from '../audit/search.store.ts';
import { JWKS_CACHE_MS, LONGEST_TOKEN_MS, REMEMBERED_MS } from './key.ts';
import { claimsAt, ringHub, type RingHub, type RingNode } from './ring.suite.ts';
import { listKeys } from './store.ts';

const by = hubAuthor('test');
const AT = 'at+jwt';

for (const engine of engines()) {
  describe(`the key ring on ${engine}`, () => {
    let hub: RingHub;
    let one: RingNode;
    let two: RingNode;
    const statesOf = async (): Promise<string[]> => (await listKeys(hub.database.db)).map((key) => `${key.alg} ${key.state}`);
    const kids = (): string[] => one.ring.jwks().keys.map((key) => key.kid);

    beforeAll(async () => {
      hub = await ringHub(engine);
      one = hub.node();
      two = hub.node();
    });
    afterAll(() => hub.close());

    it('refuses to sign before it is ready', () => {
      expect(() => one.ring.signer()).toThrow(/before it was read/);
    });

    it('makes one pair when two nodes start at once on an empty database', async () => {
      await Promise.all([one.ring.ready(), two.ring.ready()]);
      expect(await statesOf()).toEqual(expect.arrayContaining(['ES256 active', 'ES256 next']));
      expect(await statesOf()).toHaveLength(2);
      expect(one.ring.signer().kid).toBe(two.ring.signer().kid);
      expect(await searchEvents(hub.database.db, { type: 'key.rotated', limit: 10 })).toMatchObject([
        { data: { deed: 'created' }, initiator: 'hub' },
      ]);
    });

    it('keeps private halves sealed: nothing of them can be read in the table', async () => {
      const [found] = await rows(
        hub.database.db,
        sql<{ text: string; bytes: string }>`SELECT k::text AS text, encode(sealed_private, 'escape') AS bytes FROM signing_keys k`,
      );
      expect(found?.text).not.toMatch(/"d"|PRIVATE/);
      // The object identifier of P-256, which every unsealed PKCS#8 of these keys holds.
      const oid = await row(
        hub.database.db,
        sql<{ at: number }>`SELECT max(position('\\x06082a8648ce3d030107'::bytea IN sealed_private)) AS at FROM signing_keys`,
      );
      expect(oid?.at).toBe(0);
    });

    it('refuses to start with another KEK than the one that sealed the keys', async () => {
      await expect(hub.node('of somebody else').ring.ready()).rejects.toThrow(/another KEK/);
    });

    it('publishes public halves only, with the next key among them', async () => {
      const { keys } = one.ring.jwks();
      expect(keys).toHaveLength(2);
      for (const key of keys) expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    });

    it('refuses to rotate to a key that verifiers may not know yet, and says from when', async () => {
      expect(await one.ring.rotate(by)).toMatchObject({
        ok: false,
        error: { reason: 'not_seasoned', readyAt: hub.clock.now() + 2 * JWKS_CACHE_MS },
      });
    });

    it('rotates once when two nodes rotate at the same moment', async () => {
      hub.clock.advance(2 * JWKS_CACHE_MS);
      const before = one.ring.signer().kid;
      const outcomes = await Promise.all([one.ring.rotate(by, { force: true }), two.ring.rotate(by, { force: true })]);
      expect(outcomes.flatMap((outcome) => (outcome.ok ? outcome.value : []))).toEqual([
        { alg: 'ES256', active: one.ring.signer().kid, retired: before, next: expect.any(String) },
      ]);
      expect(await statesOf()).toEqual(['ES256 retired', 'ES256 active', 'ES256 next']);
      expect(two.ring.signer().kid).toBe(one.ring.signer().kid);
    });

    it('destroys the private half of a key that signs no more', async () => {
      const retired = (await listKeys(hub.database.db)).filter((key) => key.state === 'retired');
      expect(retired.map((key) => key.sealedPrivate.length)).toEqual([0]);
    });

    it('lets a node that has not heard of a rotation sign on: its tokens are verified everywhere', async () => {
      const late = hub.node();
      await late.ring.ready();
      hub.clock.advance(2 * JWKS_CACHE_MS);
      await one.ring.rotate(by);
      const jwt = late.ring.signer().sign(AT, claimsAt(hub.clock.now()));
      expect(late.ring.signer().kid).not.toBe(one.ring.signer().kid);
      expect(one.ring.verify(jwt, { typ: AT, now: hub.clock.now() })).toMatchObject({ ok: true });
    });

    it('keeps a retired key published until the longest token it signed has expired, and known to itself for hints', async () => {
      const old = one.ring.signer();
      const jwt = old.sign('JWT', claimsAt(hub.clock.now()));
      hub.clock.advance(2 * JWKS_CACHE_MS);
      await one.ring.rotate(by);
      hub.clock.advance(LONGEST_TOKEN_MS + 59_999);
      expect(kids()).toContain(old.kid);
      hub.clock.advance(1);
      expect(kids()).not.toContain(old.kid);
      expect(one.ring.verify(jwt, { typ: 'JWT', now: hub.clock.now() })).toEqual({ ok: false, error: 'expired' });
      expect(one.ring.verify(jwt, { typ: 'JWT', now: hub.clock.now(), leewayMs: Infinity })).toMatchObject({ ok: true });
    });

    it('gives up a compromised key at once: unpublished, its tokens refused, the next one signs', async () => {
      const bad = one.ring.signer();
      const jwt = bad.sign(AT, claimsAt(hub.clock.now()));
      expect(one.ring.verify(jwt, { typ: AT, now: hub.clock.now() })).toMatchObject({ ok: true });
      expect(await one.ring.revoke(bad.kid, by, 'laptop stolen')).toEqual({ ok: true, value: { moved: true } });
      expect(kids()).not.toContain(bad.kid);
      expect(one.ring.verify(jwt, { typ: AT, now: hub.clock.now() })).toEqual({ ok: false, error: 'unknown_key' });
      expect(one.ring.signer().kid).not.toBe(bad.kid);
      const [entry] = await searchEvents(hub.database.db, { type: 'key.revoked', limit: 1 });
      expect(entry).toMatchObject({
        target: { type: 'key', id: bad.kid },
        reason: 'laptop stolen',
        data: { was: 'active', next: one.ring.signer().kid },
      });
    });

    it('hears on the other node of a revocation', async () => {
      await two.feed.poll();
      const bad = one.ring.signer();
      await two.feed.poll();
      await one.ring.revoke(bad.kid, by);
      await two.feed.poll();
      await two.ring.ready();
      expect(two.ring.jwks().keys.map((key) => key.kid)).not.toContain(bad.kid);
      expect(two.ring.signer().kid).toBe(one.ring.signer().kid);
    });

    it('replaces a next key that is given up, and does nothing the second time', async () => {
      const next = one.ring.list().find((key) => key.state === 'next')?.id ?? '';
      const signing = one.ring.signer().kid;
      expect(await one.ring.revoke(next, by)).toEqual({ ok: true, value: { moved: true } });
      expect(await one.ring.revoke(next, by)).toEqual({ ok: true, value: { moved: false } });
      expect(await one.ring.revoke('key_unknown', by)).toEqual({ ok: false, error: 'unknown' });
      expect(one.ring.signer().kid).toBe(signing);
      expect(one.ring.list().filter((key) => key.state === 'next')).toHaveLength(1);
    });

    it('makes keys of another algorithm when they are wanted, and signs with ES256 until they are there', async () => {
      expect(one.ring.signer('EdDSA').alg).toBe('ES256');
      await Promise.all([one.ring.ensureAlg('EdDSA'), one.ring.ensureAlg('RS256'), one.ring.ensureAlg('RS256')]);
      expect(one.ring.algs().toSorted()).toEqual(['ES256', 'EdDSA', 'RS256']);
      for (const alg of one.ring.algs()) {
        const jwt = one.ring.signer(alg).sign(AT, claimsAt(hub.clock.now()));
        expect(JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString())).toEqual({
          alg,
          typ: AT,
          kid: one.ring.signer(alg).kid,
        });
        expect(one.ring.verify(jwt, { typ: AT, now: hub.clock.now() })).toMatchObject({ ok: true });
      }
    });

    it('rotates by age only what is old, and forgets keys long after they signed last', async () => {
      const before = new Map(one.ring.algs().map((alg) => [alg, one.ring.signer(alg).kid]));
      expect(await one.ring.rotate(by, { onlyDue: true })).toEqual({ ok: true, value: [] });
      hub.clock.advance(REMEMBERED_MS);
      const turned = await one.ring.rotate(by, { onlyDue: true });
      expect(turned.ok ? turned.value.map(({ alg, retired }) => before.get(alg) === retired) : []).toEqual([true, true, true]);
      const gone = await one.ring.purge(by);
      expect(gone).toBeGreaterThan(3);
      expect((await statesOf()).toSorted()).toEqual(
        ['ES256', 'EdDSA', 'RS256'].flatMap((alg) => [`${alg} active`, `${alg} next`, `${alg} retired`]),
      );
      expect(await one.ring.purge(by)).toBe(0);
    });
  });
}
