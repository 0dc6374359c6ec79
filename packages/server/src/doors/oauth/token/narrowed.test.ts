import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { House } from '../../../house.ts';
import { hubAuthor } from '../../../rooms/audit/author.ts';
import { saveGrant } from '../../../rooms/consent/store.ts';
import { expireGrants } from '../../../rooms/signals/end-date.store.ts';
import { isRevoked } from '../../../rooms/tokens/revoked.store.ts';
import { claimsOf, openWorld, REDIRECT, type Answer, type Login, type World } from './world.suite.ts';

let world: World;
let other: House;
beforeAll(async () => {
  world = await openWorld();
  other = await world.secondNode();
});
afterAll(() => world.close());

const DAY = 86_400_000;
const BY = hubAuthor('test');
const WRITE = 'incidents:write';

const start = async (of?: Login) => {
  const { code, agentId, grantId } = await world.login(of);
  const { body } = await world.redeem(code, { redirect_uri: of?.redirectUri ?? REDIRECT });
  return { token: body['refresh_token'] ?? '', access: body['access_token'] ?? '', agentId, grantId };
};
const post = async (path: string, body: unknown) => {
  const answer = await world.admin('POST', `/admin/v1/grants/${path}`, body);
  return { status: answer.status, body: z.record(z.string(), z.unknown()).parse(await answer.json()) };
};
const narrow = (grant: string, remove = [WRITE]) => post(`${grant}/narrow`, { remove, reason: 'not used' });
const isDead = (jwt: string | undefined) => isRevoked(world.house.rooms.database.db, String(claimsOf(jwt)['jti']));
const scopesOf = (answer: Answer) => String(claimsOf(answer.body['access_token'])['scope']);
const grantOf = async (id: string) => z.looseObject({}).parse(await (await world.admin('GET', `/admin/v1/grants/${id}`)).json());
/** The person says yes anew, to this. */
const sayYes = (agentId: string, scopes: string[], expiresAt?: number) =>
  world.house.rooms.database.db.transaction().execute((tx) =>
    saveGrant(tx, {
      clientId: 'cli',
      userId: 'ann',
      tenantId: 'acme',
      resourceId: 'ops',
      redirectUri: REDIRECT,
      agentId,
      scopes,
      persistent: true,
      now: world.clock.now(),
      expiresAt,
    }),
  );

describe('narrowing a grant', () => {
  it('takes the scope from the next token, kills the one that is out, and says who did it', async () => {
    const { token, access, grantId } = await start();
    const { result, entries } = await world.during(() => narrow(grantId));
    expect(result).toMatchObject({ status: 200, body: { removed: [WRITE], narrowing: expect.stringMatching(/^nar_/) } });
    expect(await isDead(access)).toBe(true);
    expect(entries.map(({ type }) => type).toSorted()).toEqual(['grant.narrowed', 'signal.sent']);
    expect(entries.find(({ type }) => type === 'grant.narrowed')).toMatchObject({
      tenant: 'acme',
      initiator: 'admin',
      reason: 'not used',
      target: { type: 'grant', id: grantId },
      data: { removed: [WRITE], left: ['incidents:read'], client: 'cli', user: 'ann' },
    });
    const next = await world.refresh(token);
    expect([next.status, scopesOf(next)]).toEqual([200, 'incidents:read']);
    expect(await isDead(next.body['access_token'])).toBe(false);
  });

  it('kills the token of a code that started no family, too', async () => {
    const { access, grantId } = await start({ persistent: false, user: 'bob' });
    expect((await narrow(grantId)).status).toBe(200);
    expect(await isDead(access)).toBe(true);
  });

  it('does nothing and writes nothing for a scope that is not in it', async () => {
    const { grantId } = await start();
    const { result, entries } = await world.during(() => narrow(grantId, ['runbooks:read']));
    expect(result).toMatchObject({ status: 200, body: { removed: [], narrowing: null } });
    expect(entries).toEqual([]);
  });

  it.each([
    ['all of them', async () => (await start()).grantId, ['incidents:read', WRITE], 409, 'nothing_left'],
    ['who somebody is', async () => (await start({ identity: ['openid'] })).grantId, ['openid'], 409, 'identity'],
    ['of a grant that is not there', async () => 'grt_nobody', [WRITE], 404, 'not_found'],
  ])('refuses to take %s', async (_, make, remove, status, type) => {
    const grant = await make();
    const { result, entries } = await world.during(() => narrow(grant, remove));
    expect([result.status, result.body['type']]).toEqual([status, expect.stringContaining(type)]);
    expect(entries).toEqual([]);
  });

  it('refuses for a grant that was revoked', async () => {
    const { grantId } = await start({ user: 'bob' });
    await post(`${grantId}/revoke`, {});
    expect(await narrow(grantId)).toMatchObject({ status: 409 });
  });

  it('is nobody’s to ask for but the person’s, where a person asks', async () => {
    const { grantId } = await start();
    const { narrowing } = world.house.rooms;
    const of = { id: grantId, remove: [WRITE], reason: 'mine', by: BY };
    expect(await narrowing.narrow({ ...of, only: 'bob' })).toEqual({ ok: false, error: 'unknown' });
    expect((await narrowing.narrow({ ...of, only: 'ann' })).ok).toBe(true);
    expect(await narrowing.undo({ id: grantId, by: BY, only: 'bob' })).toEqual({ ok: false, error: 'unknown' });
  });

  it('of two at once one takes it, and there is one entry', async () => {
    const { grantId } = await start();
    const { result, entries } = await world.during(() => Promise.all([narrow(grantId), narrow(grantId)]));
    expect(result.map(({ body }) => body['removed']).toSorted()).toEqual([[], [WRITE]].toSorted());
    expect(entries.filter(({ type }) => type === 'grant.narrowed')).toHaveLength(1);
  });

  it('leaves no token with the scope alive, however it crosses with refreshes and codes on two nodes', async () => {
    const families = await Promise.all(Array.from({ length: 6 }, () => start()));
    const { code, grantId } = await world.login();
    const nodes = [world.house, other];
    const [, ...answers] = await Promise.all([
      narrow(grantId),
      ...families.map(({ token }, index) => world.refresh(token, {}, nodes[index % 2])),
      world.redeem(code, {}, other),
    ]);
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      const held = scopesOf(answer).split(' ').includes(WRITE);
      expect(held && !(await isDead(answer.body['access_token']))).toBe(false);
    }
    await post(`${grantId}/undo`, {});
  });
});

describe('undoing a narrowing', () => {
  it('gives back what was taken, once, and says so', async () => {
    const { token, grantId } = await start({ redirectUri: 'https://web.test/undo' });
    await narrow(grantId);
    const { result, entries } = await world.during(() => post(`${grantId}/undo`, {}));
    expect(result).toMatchObject({ status: 200, body: { grant: { scopes: ['incidents:read', WRITE] } } });
    expect(entries).toMatchObject([{ type: 'grant.restored', data: { given: [WRITE] } }]);
    expect(scopesOf(await world.refresh(token))).toBe(`incidents:read ${WRITE}`);
    expect((await post(`${grantId}/undo`, {})).status).toBe(404);
  });

  it('is done by whoever took, in the capacity they took in: an administrator who is the person, too', async () => {
    const { narrowing } = world.house.rooms;
    const self = { initiator: 'admin', actor: { user: 'ann' }, origin: BY.origin } as const;
    const { grantId: asAdmin } = await start({ redirectUri: 'https://web.test/both' });
    await narrowing.narrow({ id: asAdmin, remove: [WRITE], reason: 'mine', by: self });
    expect(await narrowing.undo({ id: asAdmin, by: self, only: 'ann' })).toEqual({ ok: false, error: 'others' });
    expect((await narrowing.undo({ id: asAdmin, by: self })).ok).toBe(true);
    await narrowing.narrow({ id: asAdmin, remove: [WRITE], reason: 'mine', by: self, only: 'ann' });
    expect(await narrowing.undo({ id: asAdmin, by: self })).toEqual({ ok: false, error: 'others' });
    expect((await narrowing.undo({ id: asAdmin, by: self, only: 'ann' })).ok).toBe(true);
  });

  it('is refused when the named one was undone already, and of two at once one does it', async () => {
    const { grantId } = await start();
    const { body } = await narrow(grantId);
    const of = { narrowing: body['narrowing'] };
    const { result, entries } = await world.during(() => Promise.all([post(`${grantId}/undo`, of), post(`${grantId}/undo`, of)]));
    expect(result.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(entries).toHaveLength(1);
  });

  it('never gives more than the person said yes to since', async () => {
    const { grantId, agentId } = await start();
    await narrow(grantId);
    world.clock.advance(1_000);
    await sayYes(agentId, ['incidents:read']);
    expect(await post(`${grantId}/undo`, {})).toMatchObject({ status: 409, body: { detail: expect.stringContaining('anew') } });
    expect(await grantOf(grantId)).toMatchObject({ scopes: ['incidents:read'] });
  });

  it('is too late after thirty days', async () => {
    const { grantId } = await start();
    await narrow(grantId);
    world.clock.advance(30 * DAY + 1);
    expect((await post(`${grantId}/undo`, {})).body).toMatchObject({ detail: expect.stringContaining('thirty') });
  });
});

describe('a grant with an end', () => {
  it('lets no token outlive it, refuses from that moment on, and ends once for the record', async () => {
    const { token, grantId } = await start();
    const end = world.clock.now() + 5 * 60_000;
    expect(await post(`${grantId}/end`, { expiresAt: end, reason: 'project over' })).toMatchObject({ status: 200, body: { moved: true } });
    const refreshed = await world.refresh(token);
    expect(Number(claimsOf(refreshed.body['access_token'])['exp'])).toBeLessThanOrEqual(end / 1000);
    const pending = await world.login({ user: 'bob', client: 'cli' });
    world.clock.advance(5 * 60_000);
    expect(await world.refresh(refreshed.body['refresh_token'])).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect((await world.events('token.refused')).at(-1)?.reason).toBe('grant_expired');
    expect(pending.grantId).not.toBe(grantId);
    const deps = { audit: world.house.rooms.audit, clock: world.clock };
    const { entries } = await world.during(() =>
      Promise.all([expireGrants(deps), expireGrants({ ...deps, audit: other.rooms.audit }), expireGrants(deps)]),
    );
    const mine = entries.filter(({ target }) => target?.id === grantId);
    expect(mine).toMatchObject([
      { type: 'grant.expired', tenant: 'acme', actor: { user: 'ann', client: 'cli' }, data: { expiresAt: end } },
    ]);
    expect(await grantOf(grantId)).toMatchObject({ state: 'revoked' });
  });

  it('takes back the tokens that would outlive a nearer end', async () => {
    const { access, grantId } = await start();
    const { entries } = await world.during(() => post(`${grantId}/end`, { expiresAt: world.clock.now() + 60_000 }));
    expect(entries.map(({ type }) => type).toSorted()).toEqual(['grant.bounded', 'signal.sent']);
    expect(await isDead(access)).toBe(true);
  });

  it('leaves no token that outlives it alive, however shortening crosses with refreshes on two nodes', async () => {
    const families = await Promise.all(Array.from({ length: 6 }, () => start({ user: 'bob' })));
    const grantId = families[0]?.grantId ?? '';
    const end = world.clock.now() + 60_000;
    const [, ...answers] = await Promise.all([
      post(`${grantId}/end`, { expiresAt: end }),
      ...families.map(({ token }, index) => world.refresh(token, {}, index % 2 === 0 ? other : world.house)),
    ]);
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      const outlives = Number(claimsOf(body['access_token'])['exp']) * 1000 > end;
      expect(outlives && !(await isDead(body['access_token']))).toBe(false);
    }
  });

  it('gives nothing for a code that comes after it', async () => {
    const { code, grantId } = await world.login({ user: 'bob' });
    await post(`${grantId}/end`, { expiresAt: world.clock.now() + 30_000 });
    world.clock.advance(30_000);
    expect(await world.redeem(code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect((await world.events('token.refused')).at(-1)?.reason).toBe('grant_expired');
  });

  it.each([
    ['that lies behind', () => world.clock.now() - 1, 'past'],
    ['that is now', () => world.clock.now(), 'past'],
  ])('refuses an end %s', async (_, end, type) => {
    const { grantId } = await start({ user: 'ann', redirectUri: 'https://web.test/cb' });
    expect(await post(`${grantId}/end`, { expiresAt: end() })).toMatchObject({
      status: 409,
      body: { type: expect.stringContaining(type) },
    });
  });

  it('says nothing when the end is what it was', async () => {
    const { grantId } = await start({ redirectUri: 'https://web.test/other' });
    const { result, entries } = await world.during(() => post(`${grantId}/end`, { expiresAt: null }));
    expect([result.body['moved'], entries]).toEqual([false, []]);
  });

  it('of a person is brought nearer and never put off, by nobody; and nobody ends another’s as their own', async () => {
    const { grantId } = await start({ redirectUri: 'https://web.test/third' });
    const { grantEnd } = world.house.rooms;
    const now = world.clock.now();
    const of = { id: grantId, reason: 'mine', by: BY };
    expect((await grantEnd({ ...of, expiresAt: now + 7 * DAY, only: 'ann' })).ok).toBe(true);
    expect(await grantEnd({ ...of, expiresAt: now + 8 * DAY, only: 'ann' })).toEqual({ ok: false, error: 'later' });
    expect(await grantEnd({ ...of, expiresAt: null, only: 'ann' })).toEqual({ ok: false, error: 'later' });
    for (const expiresAt of [now + 8 * DAY, null]) {
      const { result, entries } = await world.during(() => post(`${grantId}/end`, { expiresAt }));
      expect([result.status, String(result.body['type']), entries]).toEqual([409, expect.stringContaining('later'), []]);
    }
    expect(await grantEnd({ ...of, expiresAt: now + DAY, only: 'bob' })).toEqual({ ok: false, error: 'unknown' });
  });

  it('ends what follows from a tenant’s grant with it', async () => {
    const { token, grantId } = await start({ redirectUri: 'https://web.test/tenant' });
    const { db } = world.house.rooms.database;
    await sql`INSERT INTO grants (id, client_id, agent_id, tenant_id, resource_id, scopes, redirect_uri, persistent, created_at, updated_at, consented_at)
      SELECT 'grt_of_acme', client_id, agent_id, tenant_id, resource_id, scopes, redirect_uri, true, created_at, updated_at, consented_at FROM grants WHERE id = ${grantId}`.execute(
      db,
    );
    await sql`UPDATE grants SET under = 'grt_of_acme', version = version + 1 WHERE id = ${grantId}`.execute(db);
    expect((await narrow('grt_of_acme')).status).toBe(200);
    expect(await grantOf(grantId)).toMatchObject({ scopes: ['incidents:read'] });
    const end = world.clock.now() + DAY;
    await post('grt_of_acme/end', { expiresAt: end });
    expect(await grantOf(grantId)).toMatchObject({ expiresAt: end });
    expect(await post(`${grantId}/end`, { expiresAt: null })).toMatchObject({
      status: 409,
      body: { type: expect.stringContaining('under') },
    });
    // The tenant's is an administrator's yes, which administrators give for longer; that of each person stays as it is.
    expect(await post('grt_of_acme/end', { expiresAt: end + DAY })).toMatchObject({ status: 200, body: { moved: true } });
    expect(await grantOf(grantId)).toMatchObject({ expiresAt: end });
    world.clock.advance(DAY);
    expect((await world.refresh(token)).status).toBe(400);
  });
});
