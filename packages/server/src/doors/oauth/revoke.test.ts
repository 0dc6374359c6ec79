import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN } from '../../../testing/house.ts';
import { hubAuthor } from '../../rooms/audit/author.ts';
import { listSignals } from '../../rooms/signals/store.ts';
import { basic, claimsOf, openWorld, OPS, type World } from './token/world.suite.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const giveBack = async (token: string, form: Record<string, string>, headers: Record<string, string> = {}) => {
  const answer = await world.post('/oauth/revoke', { token, ...form }, headers);
  const text = await answer.text();
  return { status: answer.status, error: text === '' ? '' : String(JSON.parse(text)['error']) };
};
const isActive = async (token: string): Promise<unknown> => {
  const answer = await world.post('/oauth/introspect', { token }, { authorization: `Bearer ${ADMIN_TOKEN}` });
  return JSON.parse(await answer.text())['active'];
};
const CLI = { client_id: 'cli' };
const DONE = { status: 200, error: '' };
const serviceToken = async () =>
  (await world.token({ grant_type: 'client_credentials', resource: OPS }, basic('worker'))).body['access_token'] ?? '';
const userTokens = async () => {
  const { body } = await world.redeem((await world.login()).code);
  return { access: body['access_token'] ?? '', refresh: body['refresh_token'] ?? '' };
};
const signalled = async (after: number) =>
  (await listSignals(world.house.rooms.database.db, { after, limit: 100 })).map(({ kind, subject, state }) => ({ kind, subject, state }));
const lastSignal = async () => (await listSignals(world.house.rooms.database.db, { after: 0, limit: 10_000 })).at(-1)?.seq ?? 0;

describe('revocation', () => {
  it('ends an access token: refused by introspection, and told to resource servers', async () => {
    const token = await serviceToken();
    const before = await lastSignal();
    const { result, entries } = await world.during(() => giveBack(token, {}, basic('worker')));
    expect(result).toEqual(DONE);
    expect(await isActive(token)).toBe(false);
    const jti = claimsOf(token)['jti'];
    expect(await signalled(before)).toEqual([{ kind: 'token', subject: jti, state: 'revoked' }]);
    expect(entries).toMatchObject([
      { type: 'token.revoked', outcome: 'success', tenant: 'acme', target: { type: 'token', id: jti }, actor: { client: 'worker' } },
      { type: 'signal.sent', target: { type: 'token', id: jti } },
    ]);
  });

  it('ends a family with every access token of it, and leaves the grant', async () => {
    const first = await userTokens();
    const second = await world.refresh(first.refresh);
    const before = await lastSignal();
    expect(await giveBack(second.body['refresh_token'] ?? '', CLI)).toEqual(DONE);
    const jtis = [first.access, second.body['access_token']].map((token) => claimsOf(token)['jti']);
    expect(await signalled(before)).toEqual(expect.arrayContaining(jtis.map((subject) => ({ kind: 'token', subject, state: 'revoked' }))));
    expect([await isActive(first.access), await isActive(second.body['access_token'] ?? '')]).toEqual([false, false]);
    expect((await world.refresh(second.body['refresh_token'])).body['error']).toBe('invalid_grant');
    const again = await userTokens();
    expect(await isActive(again.access)).toBe(true);
  });

  it('takes an earlier refresh token of the family for the family', async () => {
    const first = await userTokens();
    const second = await world.refresh(first.refresh);
    const third = await world.refresh(second.body['refresh_token']);
    world.clock.advance(120_000);
    expect(await giveBack(first.refresh, CLI)).toEqual(DONE);
    expect((await world.refresh(third.body['refresh_token'])).body['error']).toBe('invalid_grant');
  });

  it('158 is 200 for what is no token, has expired or was revoked before, and writes nothing', async () => {
    const token = await serviceToken();
    const { refresh } = await userTokens();
    await giveBack(token, {}, basic('worker'));
    await giveBack(refresh, CLI);
    const forged = `${refresh.slice(0, -43)}${'A'.repeat(43)}`;
    const { entries } = await world.during(async () => {
      expect(await giveBack(token, {}, basic('worker'))).toEqual(DONE);
      for (const bad of [refresh, forged, 'garbage', 'fam_00000000000000000000000000.'.padEnd(74, 'A'), 'x'.repeat(30_000)])
        expect(await giveBack(bad, CLI)).toEqual(DONE);
    });
    expect(entries).toEqual([]);
  });

  it('158 a family id alone, as it stands in entries, ends nothing', async () => {
    const { refresh } = await userTokens();
    expect(await giveBack(`${refresh.slice(0, -43)}${'A'.repeat(43)}`, CLI)).toEqual(DONE);
    expect((await world.refresh(refresh)).status).toBe(200);
  });

  it("158 refuses another client's token, and the token stays active", async () => {
    const { access, refresh } = await userTokens();
    for (const token of [access, refresh]) {
      const { result, entries } = await world.during(() => giveBack(token, { client_id: 'other' }));
      expect(result).toEqual({ status: 400, error: 'invalid_request' });
      expect(entries).toMatchObject([{ type: 'token.revoked', outcome: 'refused', reason: 'client_mismatch', actor: { client: 'other' } }]);
      expect(await isActive(token)).toBe(true);
    }
  });

  it('does not let anybody in whose authentication fails', async () => {
    const token = await serviceToken();
    for (const headers of [{}, basic('worker', 'wrong-secret-of-the-worker'), basic('nobody')]) {
      expect(await giveBack(token, {}, headers)).toEqual({ status: 401, error: 'invalid_client' });
    }
    expect(await giveBack(token, { client_id: 'worker' })).toEqual({ status: 401, error: 'invalid_client' });
    expect(await giveBack('', CLI)).toEqual({ status: 400, error: 'invalid_request' });
    expect(await isActive(token)).toBe(true);
  });

  it('is refused to a frozen client', async () => {
    const frozen = { kind: 'client', id: 'other', reason: 'test', by: hubAuthor('test') } as const;
    await world.house.rooms.contain({ ...frozen, to: 'frozen' });
    expect(await giveBack('garbage', { client_id: 'other' })).toEqual({ status: 401, error: 'invalid_client' });
    await world.house.rooms.contain({ ...frozen, to: 'active' });
  });

  it('ends a token once when fifty ask at the same moment', async () => {
    const token = await serviceToken();
    const { refresh } = await userTokens();
    const { result, entries } = await world.during(() =>
      Promise.all(
        Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? giveBack(token, {}, basic('worker')) : giveBack(refresh, CLI))),
      ),
    );
    expect(new Set(result.map(({ status }) => status))).toEqual(new Set([200]));
    expect(entries.map(({ type }) => type).toSorted()).toEqual(['signal.sent', 'signal.sent', 'token.revoked', 'token.revoked']);
    expect(await isActive(token)).toBe(false);
    expect(await isActive(refresh)).toBe(false);
  });

  it('may be called by a page of any origin, without credentials of the browser', async () => {
    const answer = await world.post('/oauth/revoke', { token: 'x', ...CLI }, { origin: 'https://inspector.test' });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  });
});
