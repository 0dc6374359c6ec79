import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRevoked } from '../../../rooms/tokens/revoked.store.ts';
import { claimsOf, openWorld, OPS, BOOKS, type Answer, type Login, type World } from './world.suite.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const DAY = 86_400_000;
const start = async (of?: Login) => {
  const { code, agentId, grantId } = await world.login(of);
  const { body } = await world.redeem(code);
  return { token: body['refresh_token'] ?? '', access: body['access_token'], agentId, grantId };
};
const tokenOf = ({ body }: Answer) => body['refresh_token'] ?? '';
const revoked = (jwt: string | undefined) => isRevoked(world.house.rooms.database.db, String(claimsOf(jwt)['jti']));

describe('refresh_token', () => {
  it('rotates on every use and returns the new token at once', async () => {
    const { token } = await start();
    const second = await world.refresh(token);
    const third = await world.refresh(tokenOf(second));
    expect([second.status, third.status]).toEqual([200, 200]);
    expect(new Set([token, tokenOf(second), tokenOf(third)]).size).toBe(3);
    expect(new Set([token, tokenOf(second), tokenOf(third)].map((one) => one.split('.')[0])).size).toBe(1);
    expect(claimsOf(third.body['access_token'])).toMatchObject({
      sub: 'ann',
      aud: OPS,
      txn: 'txn_1',
      scope: 'incidents:read incidents:write',
    });
  });

  it('writes one entry with the generation it led to, and keeps no secret', async () => {
    const { token } = await start();
    const { result, entries } = await world.during(() => world.refresh(token));
    expect(entries).toMatchObject([
      {
        type: 'token.refreshed',
        tenant: 'acme',
        actor: { user: 'ann' },
        data: { generation: 1 },
        decision: expect.stringMatching(/^dec_/),
      },
    ]);
    const dump = await sql<{
      all: string;
    }>`SELECT (SELECT string_agg(f::text, ' ') FROM families f) || (SELECT string_agg(body, ' ') FROM audit_events) AS all`.execute(
      world.house.rooms.database.db,
    );
    for (const one of [token, tokenOf(result)]) expect(dump.rows[0]?.all).not.toContain(one.split('.')[1]);
  });

  it('renews the id_token without a nonce, with the auth_time of the login', async () => {
    const { token } = await start({ identity: ['openid'], nonce: 'n' });
    const { body } = await world.refresh(token);
    expect(claimsOf(body['id_token'])).toMatchObject({ sub: 'ann', aud: 'cli', auth_time: expect.any(Number) });
    expect(claimsOf(body['id_token'])).not.toHaveProperty('nonce');
  });
});

describe('a refresh token that comes again', () => {
  it('within sixty seconds yields the same child, as often as asked, so that a lost answer harms nobody', async () => {
    const { token } = await start();
    const first = await world.refresh(token);
    world.clock.advance(59_000);
    const { result, entries } = await world.during(() => world.refresh(token));
    expect(tokenOf(result)).toBe(tokenOf(first));
    expect(entries).toMatchObject([{ type: 'token.refreshed', data: { repeated: true, generation: 1 } }]);
    expect((await world.refresh(tokenOf(first))).status).toBe(200);
  });

  it('087 later ends the whole family, and every access token of it; the entry names the generation that came back', async () => {
    const { token, access } = await start();
    const second = await world.refresh(token);
    const third = await world.refresh(tokenOf(second));
    world.clock.advance(61_000);
    const { result, entries } = await world.during(() => world.refresh(token));
    expect([result.status, result.body['error']]).toEqual([400, 'invalid_grant']);
    expect(entries[0]).toMatchObject({ type: 'token.replayed', outcome: 'refused', data: { generation: 0, currentGeneration: 2 } });
    expect(entries.slice(1).map(({ type }) => type)).toEqual(['signal.sent', 'signal.sent', 'signal.sent']);
    for (const jwt of [access, second.body['access_token'], third.body['access_token']]) expect(await revoked(jwt)).toBe(true);
    expect((await world.refresh(tokenOf(third))).body['error']).toBe('invalid_grant');
  });

  it('087 a grandparent is a replay even within the sixty seconds', async () => {
    const { token } = await start();
    const second = await world.refresh(token);
    await world.refresh(tokenOf(second));
    const { entries } = await world.during(() => world.refresh(token));
    expect(entries[0]).toMatchObject({ type: 'token.replayed', data: { generation: 0, currentGeneration: 2 } });
  });

  it('092 is a replay also after every node was started anew (CVE-2026-9802)', async () => {
    const { token } = await start();
    const second = await world.refresh(token);
    await world.refresh(tokenOf(second));
    const node = await world.secondNode();
    expect((await world.refresh(token, {}, node)).body['error']).toBe('invalid_grant');
    expect((await world.refresh(tokenOf(second), {}, node)).body['error']).toBe('invalid_grant');
  });

  it('093 fifty at once on two nodes lead to one child and one live leaf (CVE-2026-1035, CVE-2026-53517)', async () => {
    const node = await world.secondNode();
    for (let round = 0; round < 3; round += 1) {
      const { token } = await start();
      const { result, entries } = await world.during(() =>
        Promise.all(Array.from({ length: 50 }, (_, n) => world.refresh(token, {}, n % 2 === 0 ? world.house : node))),
      );
      expect(result.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
      expect(new Set(result.map(tokenOf)).size).toBe(1);
      expect(entries.filter(({ type, data }) => type === 'token.refreshed' && data['repeated'] === undefined)).toHaveLength(1);
      expect(entries).toHaveLength(50);
      const family = await sql<{ generation: number }>`SELECT generation FROM families WHERE id = ${token.split('.')[0]}`.execute(
        world.house.rooms.database.db,
      );
      expect(family.rows).toEqual([{ generation: 1 }]);
      expect((await world.refresh(tokenOf(result[0] ?? (await world.refresh(token))))).status).toBe(200);
    }
  });

  it('many families at once, in any order, on two nodes, never wait for each other', async () => {
    const node = await world.secondNode();
    let tokens = await Promise.all(Array.from({ length: 20 }, async () => (await start()).token));
    for (let round = 0; round < 5; round += 1) {
      const order = round % 2 === 0 ? tokens : tokens.toReversed();
      const answers = await Promise.all(order.map((token, n) => world.refresh(token, {}, n % 2 === 0 ? world.house : node)));
      expect(answers.map(({ status }) => status)).toEqual(order.map(() => 200));
      tokens = answers.map(tokenOf);
    }
  });
});

describe('what a refresh token is bound to', () => {
  const expectRefused = async (attack: () => Promise<Answer>, error = 'invalid_grant'): Promise<void> => {
    const { result, entries } = await world.during(attack);
    expect([result.status, result.body['error']]).toEqual([400, error]);
    expect(entries.map(({ type }) => type)).toEqual(['token.refused']);
  };

  it('085 garbage, an access token, an id token, a code is no refresh token', async () => {
    const { code } = await world.login({ identity: ['openid'] });
    const other = await world.login();
    const { body } = await world.redeem(code);
    for (const artefact of [
      'garbage',
      body['access_token'],
      body['id_token'],
      other.code,
      `fam_${'0'.repeat(26)}.${'A'.repeat(43)}`,
      'x'.repeat(50_000),
    ])
      await expectRefused(() => world.refresh(artefact));
    await expectRefused(() => world.refresh(''), 'invalid_request');
    expect((await world.refresh(body['refresh_token'])).status).toBe(200);
  });

  it('088 no prefix and no token with one character changed is good, and none of them harms the family', async () => {
    const { token } = await start();
    const child = tokenOf(await world.refresh(token));
    for (let length = 1; length < child.length; length += 1)
      expect((await world.refresh(child.slice(0, length))).body['error']).toBe('invalid_grant');
    for (let at = 0; at < child.length; at += 1) {
      const changed = `${child.slice(0, at)}${child[at] === 'A' ? 'B' : 'A'}${child.slice(at + 1)}`;
      expect([at, (await world.refresh(changed)).body['error']]).toEqual([at, 'invalid_grant']);
    }
    expect((await world.refresh(child)).status).toBe(200);
  });

  it('086 idle for thirty days it is over, and after ninety days in any case', async () => {
    const idle = await start();
    let used = await start();
    world.clock.advance(29 * DAY);
    used = { ...used, token: tokenOf(await world.refresh(used.token)) };
    world.clock.advance(2 * DAY);
    await expectRefused(() => world.refresh(idle.token));
    for (const days of [27, 29, 3]) {
      used = { ...used, token: tokenOf(await world.refresh(used.token)) };
      world.clock.advance(days * DAY);
    }
    await expectRefused(() => world.refresh(used.token));
  });

  it('089 another client cannot use it, and the family is unharmed', async () => {
    const { token } = await start();
    await expectRefused(() => world.refresh(token, { client_id: 'other' }));
    expect((await world.events('token.refused')).at(-1)).toMatchObject({ reason: 'client_mismatch', actor: { client: 'other' } });
    expect((await world.refresh(token)).status).toBe(200);
  });

  it('089 another client cannot end the family with an old token either', async () => {
    const { token } = await start();
    const second = await world.refresh(token);
    const third = await world.refresh(tokenOf(second));
    await expectRefused(() => world.refresh(token, { client_id: 'other' }));
    expect((await world.refresh(tokenOf(third))).status).toBe(200);
  });

  it('090 wider than granted is invalid_scope; narrower is fine, and the next refresh may return to all', async () => {
    const { token } = await start({ scopes: ['incidents:read', 'incidents:write'] });
    await expectRefused(() => world.refresh(token, { scope: 'incidents:read runbooks:read' }), 'invalid_scope');
    const narrow = await world.refresh(token, { scope: 'incidents:read' });
    expect([narrow.status, narrow.body['scope'], claimsOf(narrow.body['access_token'])['scope']]).toEqual([
      200,
      'incidents:read',
      'incidents:read',
    ]);
    expect((await world.refresh(tokenOf(narrow))).body['scope']).toBe('incidents:read incidents:write');
  });

  it('091 a resource that was not granted is invalid_target, and nothing rotates', async () => {
    const { token } = await start();
    for (const resource of [BOOKS, 'https://nowhere.test']) await expectRefused(() => world.refresh(token, { resource }), 'invalid_target');
    expect((await world.refresh(token, { resource: OPS })).status).toBe(200);
  });

  it.each(['users', 'agents', 'grants', 'tenants', 'clients'])(
    '094 frozen %s: refused at once, and as good as before when restored',
    async (kind) => {
      const { token, agentId, grantId } = await start();
      const id = { users: 'ann', agents: agentId, grants: grantId, tenants: 'acme', clients: 'cli' }[kind];
      await world.admin('POST', `/admin/v1/${kind}/${id}/freeze`, { reason: 'test' });
      const { result, entries } = await world.during(() => world.refresh(token));
      expect([result.status, result.body['error']]).toEqual(kind === 'clients' ? [401, 'invalid_client'] : [400, 'invalid_grant']);
      expect(entries.map(({ type }) => type)).toEqual(['token.refused']);
      await world.admin('POST', `/admin/v1/${kind}/${id}/unfreeze`, { reason: 'test' });
      expect((await world.refresh(token)).status).toBe(200);
    },
  );

  it('094 frozen on one node is refused on the other at once: the rotation itself asks the primary', async () => {
    const node = await world.secondNode();
    const { token, agentId } = await start();
    const second = await world.refresh(token, {}, node);
    await world.admin('POST', `/admin/v1/agents/${agentId}/freeze`, { reason: 'test' });
    expect((await world.refresh(tokenOf(second), {}, node)).body['error']).toBe('invalid_grant');
    await world.admin('POST', `/admin/v1/agents/${agentId}/unfreeze`, { reason: 'test' });
  });

  it('094 a revoked grant ends its families for good', async () => {
    const { token, grantId } = await start({ user: 'bob', scopes: ['incidents:read'] });
    await world.admin('POST', `/admin/v1/grants/${grantId}/revoke`, { reason: 'test' });
    await expectRefused(() => world.refresh(token));
  });

  it('094 a role that was lost takes its scopes along (CVE-2026-43983)', async () => {
    const { token } = await start();
    const put = (roles: string[]) =>
      world.apply({ users: [{ id: 'ann', email: 'ann@acme.test', name: 'Ann', tenants: [{ id: 'acme', roles }] }] });
    await put([]);
    const less = await world.refresh(token);
    expect([less.status, less.body['scope']]).toEqual([200, 'incidents:read']);
    expect(claimsOf(less.body['access_token'])).not.toHaveProperty('roles');
    await put(['SRE']);
    expect((await world.refresh(tokenOf(less))).body['scope']).toBe('incidents:read incidents:write');
  });

  it('094 a user who left the tenant gets nothing for it', async () => {
    const { token, agentId } = await start();
    await world.apply({ users: [{ id: 'ann', email: 'ann@acme.test', name: 'Ann', tenants: [] }] });
    await expectRefused(() => world.refresh(token));
    await world.apply({ users: [{ id: 'ann', email: 'ann@acme.test', name: 'Ann', tenants: [{ id: 'acme', roles: ['SRE'] }] }] });
    // Whoever leaves loses their agents until somebody lets them go (rooms/signals, quarantine).
    await world.settle();
    await world.admin('POST', `/admin/v1/agents/${agentId}/unfreeze`, { reason: 'they are back' });
  });

  it('094 a user who allowed less since, in another window, is obeyed', async () => {
    const { token } = await start();
    await world.login({ scopes: ['incidents:read'] });
    expect((await world.refresh(token)).body['scope']).toBe('incidents:read');
  });

  it('a policy that denies now is obeyed, names the decision, and burns nothing', async () => {
    const { token } = await start();
    await world.apply({
      policies: [{ id: 'stop', effect: 'deny', subject: { clients: ['cli'] }, target: { resources: ['ops'] }, scopes: 'all' }],
    });
    const { body } = await world.refresh(token);
    expect(body).toMatchObject({ error: 'invalid_scope', decision_id: expect.stringMatching(/^dec_/) });
    expect((await world.admin('DELETE', '/admin/v1/policies/stop')).status).toBeLessThan(300);
    expect((await world.refresh(token)).status).toBe(200);
  });
});

describe('quirks of clients on refresh', () => {
  it('Codex and Claude Code send neither scope nor resource: both stay as they were', async () => {
    const { token } = await start();
    const { body } = await world.refresh(token);
    expect(claimsOf(body['access_token'])).toMatchObject({ aud: OPS, scope: 'incidents:read incidents:write' });
  });

  it('mcp-remote repeats its scope, offline_access and all', async () => {
    const { token } = await start();
    const { status, body } = await world.refresh(token, { scope: 'incidents:read incidents:write offline_access', resource: OPS });
    expect([status, body['scope']]).toEqual([200, 'incidents:read incidents:write']);
  });

  it('Claude Code refreshes before every request: four times in a row, each with the rotated token', async () => {
    let { token } = await start();
    for (let n = 0; n < 4; n += 1) {
      const answer = await world.refresh(token);
      expect([n, answer.status]).toEqual([n, 200]);
      token = tokenOf(answer);
    }
  });

  it('the SDK keeps the old token when none is returned, so one is always returned', async () => {
    const { token } = await start();
    expect(tokenOf(await world.refresh(token, { scope: 'incidents:read' }))).toMatch(/^fam_/);
  });
});
