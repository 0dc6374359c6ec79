import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import pg from 'pg';
import { freePort, startHub } from '../harness.ts';
import type { Hub } from '../harness.ts';
import { CLIENT } from './provider.ts';
import { openWorld } from './world.ts';
import type { World } from './world.ts';

let world: World;
let second: Hub;
const KEK = Buffer.alloc(32, 7).toString('base64');
const nodeOf = (port: number): Promise<Hub> =>
  startHub({
    port,
    env: { WRIT_DATABASE_URL: world.database.url, WRIT_KEK: KEK, WRIT_ISSUER: world.hub.issuer, WRIT_ADMIN_TOKEN: world.hub.adminToken },
  });
beforeAll(async () => {
  world = await openWorld();
  const { issuer } = world.provider;
  const service = {
    type: 'oauth',
    grant: 'client_credentials',
    tokenUrl: `${issuer}/token`,
    clientId: CLIENT.id,
    clientSecret: { value: CLIENT.secret },
  };
  await world.hub.apply({ connections: [{ id: 'service', name: 'Service', scopes: ['calendar.read'], owners: ['tenant'], ...service }] });
  second = await nodeOf(await freePort());
});
afterAll(async () => {
  await second.stop();
  await world.close();
});
beforeEach(() => world.provider.set({ mode: 'honest', rotates: true }));

let made = 0;
const connected = async (connection = 'calendar'): Promise<string> => {
  made += 1;
  const { credential } = await world.connect({ connection, user: 'ann', label: `account ${made}` });
  // The last refresh was long ago, or a forced one would be taken for the same.
  await world.database.query(`UPDATE credentials SET connected_at = now() - interval '1 hour', refreshed_at = NULL WHERE id = $1`, [
    credential['id'],
  ]);
  return String(credential['id']);
};
const aged = (id: string): Promise<unknown> =>
  world.database.query(
    `UPDATE credentials SET connected_at = connected_at - interval '1 hour', refreshed_at = refreshed_at - interval '1 hour', refresh_at = NULL,
    refresh_lease_until = refresh_lease_until - interval '1 hour' WHERE id = $1`,
    [id],
  );
const one = async (id: string): Promise<Record<string, unknown>> => {
  const answer: unknown = await (await world.hub.admin('GET', `credentials/${id}`)).json();
  return typeof answer === 'object' && answer !== null ? { ...answer } : {};
};
const refreshes = (): number => world.provider.asked['refresh_token'] ?? 0;

describe('refreshing', () => {
  it('F20 fifty at once on two nodes are one request to a provider that rotates and burns', async () => {
    const id = await connected();
    const before = refreshes();
    world.provider.set({ mode: 'slow' });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => world.refresh(id, index % 2 === 0 ? world.hub.issuer : second.issuer)),
    );
    expect(answers.map(({ result }) => result)).toEqual(Array.from({ length: 50 }, () => 'fresh'));
    expect(refreshes() - before).toBe(1);
    expect((await world.events('credential.refreshed')).filter(({ target }) => JSON.stringify(target).includes(id)).length).toBe(1);
    world.provider.set({ mode: 'honest' });
    await aged(id);
    expect(await world.refresh(id)).toMatchObject({ result: 'fresh' });
    expect(refreshes() - before).toBe(2);
  });

  it('rotated tokens are kept through many turns, on whichever node', async () => {
    const id = await connected();
    for (let turn = 0; turn < 6; turn += 1) {
      await aged(id);
      expect(await world.refresh(id, turn % 2 === 0 ? second.issuer : world.hub.issuer)).toMatchObject({
        result: 'fresh',
        credential: { state: 'active' },
      });
    }
  });

  it('a provider that does not rotate leaves the refresh token in force', async () => {
    world.provider.set({ rotates: false });
    const id = await connected();
    for (let turn = 0; turn < 3; turn += 1) {
      await aged(id);
      expect(await world.refresh(id)).toMatchObject({ result: 'fresh' });
    }
  });

  it('F21 invalid_grant is marked once, recorded once, and the provider is not asked again', async () => {
    const id = await connected();
    await world.provider.revokeAll();
    const before = refreshes();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => world.refresh(id, index % 2 === 0 ? world.hub.issuer : second.issuer)),
    );
    expect(new Set(answers.map(({ result }) => result))).toEqual(new Set(['reauth']));
    expect(refreshes() - before).toBe(1);
    expect(await one(id)).toMatchObject({ state: 'failed', failure: expect.stringContaining('invalid_grant') });
    const entries = (await world.events('credential.failed')).filter(({ target }) => JSON.stringify(target).includes(id));
    expect(entries.length).toBe(1);
    expect(entries[0]).toMatchObject({ reason: 'invalid_grant', outcome: 'failed', data: { again: false } });
  });

  it('a failed account is mended by connecting again, in the same place', async () => {
    const id = await connected();
    await world.provider.revokeAll();
    await world.refresh(id);
    const { label } = await one(id);
    const { seen } = await world.connect({ user: 'ann', label });
    expect(seen.page.title).toBe('Calendar is connected');
    expect(await one(id)).toMatchObject({ id, state: 'active', failure: null });
  });

  it('somebody who connects again while a refresh is under way keeps what they connected', async () => {
    const id = await connected();
    const { label } = await one(id);
    world.provider.set({ mode: 'held' });
    const before = refreshes();
    const running = world.refresh(id);
    await world.until(async () => refreshes() > before);
    world.provider.set({ mode: 'honest' });
    await world.connect({ user: 'ann', label });
    world.provider.release();
    expect(await running).toMatchObject({ result: 'fresh' });
    await aged(id);
    expect(await world.refresh(id)).toMatchObject({ result: 'fresh', credential: { state: 'active' } });
  });

  it('a credential that is locked while it is refreshed loses nothing', async () => {
    const id = await connected();
    world.provider.set({ mode: 'held' });
    const before = refreshes();
    const running = world.refresh(id);
    await world.until(async () => refreshes() > before);
    expect((await world.hub.admin('POST', `credentials/${id}/lock`, { reason: 'looking into it' })).status).toBeLessThan(300);
    world.provider.set({ mode: 'honest' });
    world.provider.release();
    expect(await running).toMatchObject({ result: 'reauth', reason: 'locked' });
    const asked = refreshes();
    expect((await world.hub.admin('POST', `credentials/${id}/unlock`, {})).status).toBeLessThan(300);
    await aged(id);
    expect(await world.refresh(id)).toMatchObject({ result: 'fresh' });
    expect(refreshes()).toBe(asked);
    await aged(id);
    expect(await world.refresh(id)).toMatchObject({ result: 'fresh' });
    expect(refreshes()).toBe(asked + 1);
  });

  it('one that is removed while it is refreshed stays removed', async () => {
    const id = await connected();
    world.provider.set({ mode: 'held' });
    const before = refreshes();
    const running = world.refresh(id);
    await world.until(async () => refreshes() > before);
    expect((await world.hub.admin('DELETE', `credentials/${id}`)).status).toBe(204);
    world.provider.set({ mode: 'honest' });
    world.provider.release();
    expect(await running).toMatchObject({ result: 'reauth' });
    expect((await world.hub.admin('GET', `credentials/${id}`)).status).toBe(404);
  });
});

describe('a connection that is its own account', () => {
  it('gets its token without a person, and another when that one ends, once for two nodes', async () => {
    const start = (body: object): Promise<Response> => world.hub.admin('POST', 'connections/service/connect', body);
    expect((await start({ user: 'ann' })).status).toBe(400);
    expect((await start({ tenant: 'acme' })).status).toBe(200);
    const [credential] = await world.credentials('connection=service');
    expect(credential).toMatchObject({ owner: { tenant: 'acme' }, granted: ['calendar.read'], refreshable: false, state: 'active' });
    const id = String(credential?.['id']);
    await aged(id);
    const before = world.provider.asked['client_credentials'] ?? 0;
    const answers = await Promise.all([world.refresh(id), world.refresh(id, second.issuer), world.refresh(id)]);
    expect(answers.map(({ result }) => result)).toEqual(['fresh', 'fresh', 'fresh']);
    expect(world.provider.asked['client_credentials']).toBe(before + 1);
    world.provider.set({ mode: 'html' });
    expect((await start({ tenant: 'globex' })).status).toBe(502);
    expect((await world.credentials('connection=service')).length).toBe(1);
  });
});

describe('a hub that dies between the answer of a provider and its storing', () => {
  const crash = async (rotates: boolean): Promise<string> => {
    world.provider.set({ rotates });
    const id = await connected();
    const victim = await nodeOf(await freePort());
    const locker = new pg.Client({ connectionString: world.database.url });
    await locker.connect();
    try {
      world.provider.set({ mode: 'held' });
      const before = refreshes();
      const running = world.refresh(id, victim.issuer).catch(() => ({ died: true }));
      await world.until(async () => refreshes() > before);
      // The answer arrives while nothing can be stored: the chain of entries is held.
      await locker.query('BEGIN');
      await locker.query('LOCK TABLE audit_heads IN ACCESS EXCLUSIVE MODE');
      world.provider.set({ mode: 'honest' });
      world.provider.release();
      await world.until(async () => {
        const waiting = await world.database.query(`SELECT 1 FROM pg_locks WHERE NOT granted`);
        return waiting.length > 0;
      });
      await victim.kill();
      expect(await running).toEqual({ died: true });
    } finally {
      await locker.query('ROLLBACK');
      await locker.end();
    }
    return id;
  };

  it('F20 leaves a rotating account in a defined state: connect again, on record', async () => {
    const id = await crash(true);
    // Until its lease runs out nobody knows that it died.
    await aged(id);
    expect(await world.refresh(id)).toMatchObject({ result: 'reauth', reason: 'interrupted' });
    expect(await one(id)).toMatchObject({ state: 'failed', failure: expect.stringContaining('interrupted') });
    expect((await world.events('credential.failed')).find(({ target }) => JSON.stringify(target).includes(id))).toMatchObject({
      reason: 'interrupted',
    });
  });

  it('and one that does not rotate goes on', async () => {
    const id = await crash(false);
    await aged(id);
    expect(await world.refresh(id)).toMatchObject({ result: 'fresh', credential: { state: 'active' } });
  });
});

describe('a provider that is not well', () => {
  it('183 F19 what it answers changes nothing that is stored, and it is left alone for a while', async () => {
    const id = await connected('twin');
    const stored = async (): Promise<unknown> =>
      world.database.query('SELECT sealed, state, expires_at, version FROM credentials WHERE id = $1', [id]);
    const before = await stored();
    for (const mode of ['html', 'broken', 'empty'] as const) {
      world.provider.set({ mode });
      await aged(id);
      expect(await world.refresh(id)).toMatchObject({ result: 'unavailable' });
    }
    world.provider.set({ mode: 'busy' });
    await aged(id);
    const busy = await world.refresh(id);
    expect(busy).toMatchObject({ result: 'unavailable', reason: '429' });
    expect(Number(busy['retryAt']) - Date.now()).toBeGreaterThan(100_000);
    const asked = refreshes();
    world.provider.set({ mode: 'honest' });
    const [again, other] = await Promise.all([world.refresh(id), world.refresh(id)]);
    expect([again['reason'], other['reason']]).toEqual(['backing_off', 'backing_off']);
    await aged(id);
    expect(await world.refresh(id)).toMatchObject({ result: 'unavailable', reason: 'breaker' });
    expect(refreshes()).toBe(asked);
    expect(await stored()).toEqual(before);
    // One entry for a row of failures, not one for each.
    expect((await world.events('credential.failed')).filter(({ target }) => JSON.stringify(target).includes(id)).length).toBe(1);
    const metrics = await (await fetch(`${world.hub.issuer}/metrics`)).text();
    expect(metrics).toMatch(/writ_credential_refresh_total\{provider="twin",result="breaker"\} 1/);
  });
});
