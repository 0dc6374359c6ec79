import { TOKEN_TYPES } from '@writ/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEDGER, openExchangeWorld, VAULT, type ExchangeWorld } from './token-exchange.suite.ts';
import { basic, BOOKS, claimsOf, OPS } from './world.suite.ts';

let world: ExchangeWorld;
beforeAll(async () => {
  world = await openExchangeWorld();
});
afterAll(() => world.close());

const TO_BOOKS = { resource: BOOKS, scope: 'ledger:read' };

describe('a token that is exchanged', () => {
  it("speaks for the user to another audience, and says that the server acts for the user's client", async () => {
    const { access, agentId, grantId } = await world.userToken();
    const { status, body, headers } = await world.exchange('ops-server', access, TO_BOOKS);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toEqual({
      access_token: expect.any(String),
      issued_token_type: TOKEN_TYPES.access_token,
      token_type: 'Bearer',
      expires_in: 600,
      scope: 'ledger:read',
    });
    const before = claimsOf(access);
    const claims = claimsOf(body['access_token']);
    expect(claims).toMatchObject({
      sub: 'ann',
      aud: BOOKS,
      client_id: 'ops-server',
      tenant: 'acme',
      roles: ['SRE'],
      txn: 'txn_1',
      grant_id: grantId,
    });
    for (const name of ['auth_time', 'acr', 'amr', 'exp']) expect([name, claims[name]]).toEqual([name, before[name]]);
    expect(claims['act']).toEqual({ sub: 'ops-server', agent: claims['agent'], act: { sub: 'cli', agent: agentId } });
    expect(claims['lineage']).toEqual([before['jti']]);
    expect(claims['agent']).not.toBe(agentId);
    expect(claims).not.toHaveProperty('ident');
  });

  it('goes on for three hops, each named, with one txn and never a longer life', async () => {
    const { access, agentId } = await world.userToken();
    world.clock.advance(100_000);
    const second = (await world.exchange('ops-server', access, TO_BOOKS)).body['access_token'] ?? '';
    world.clock.advance(100_000);
    const third = await world.exchange('books-server', second, { resource: LEDGER });
    expect(third.body).toMatchObject({ expires_in: 400, scope: 'entries:read' });
    const [one, two, three] = [access, second, third.body['access_token']].map(claimsOf);
    expect(three).toMatchObject({
      sub: 'ann',
      txn: one?.['txn'],
      exp: one?.['exp'],
      lineage: [two?.['jti'], one?.['jti']],
      act: { sub: 'books-server', act: { sub: 'ops-server', agent: two?.['agent'], act: { sub: 'cli', agent: agentId } } },
    });
    world.clock.advance(400_000);
    expect(await world.active(third.body['access_token'] ?? '')).toBe(false);
  });

  it('of a service keeps its subject, and no user comes to be', async () => {
    const service = await world.serviceToken('worker', { scope: 'incidents:read' });
    const { body } = await world.exchange('ops-server', service, TO_BOOKS);
    const claims = claimsOf(body['access_token']);
    expect(claims).toMatchObject({
      sub: 'worker',
      client_id: 'ops-server',
      tenant: 'acme',
      act: { sub: 'ops-server', act: { sub: 'worker' } },
    });
    for (const name of ['roles', 'auth_time', 'acr', 'grant_id']) expect(claims).not.toHaveProperty(name);
    expect(await world.active(body['access_token'] ?? '')).toBe(true);
    expect(
      await world.active(
        (await world.exchange('books-server', body['access_token'] ?? '', { resource: LEDGER })).body['access_token'] ?? '',
      ),
    ).toBe(true);
  });

  it("of a service without a tenant makes an agent for that service, not the server's own", async () => {
    const { entries, result } = await world.during(async () => {
      const subject = await world.serviceToken('loner', { scope: 'incidents:read' });
      return world.exchange('ops-server', subject, TO_BOOKS);
    });
    expect(claimsOf(result.body['access_token'])).toMatchObject({ sub: 'loner', client_id: 'ops-server' });
    const made = entries.filter(({ type, actor }) => type === 'agent.created' && actor.client === 'ops-server');
    expect(made).toMatchObject([{ data: { principal: { kind: 'client', id: 'loner' } } }]);
  });

  it('may be for the client itself: one call of an agent, one narrow token, and nobody is named twice', async () => {
    const redirectUri = 'https://assistant.test/cb';
    const { access, agentId } = await world.userToken({ client: 'assistant', redirectUri });
    const narrow = await world.exchange('assistant', access, { scope: 'incidents:read' });
    const claims = claimsOf(narrow.body['access_token']);
    expect(claims).toMatchObject({ aud: OPS, scope: 'incidents:read', act: { sub: 'assistant', agent: agentId } });
    expect(claims['act']).not.toHaveProperty('act');
    const elsewhere = await world.exchange('assistant', narrow.body['access_token'] ?? '', TO_BOOKS);
    expect(claimsOf(elsewhere.body['access_token'])['act']).toEqual({ sub: 'assistant', agent: agentId });
  });

  it('bears the type that was asked for, and never comes with a refresh token', async () => {
    const { access } = await world.userToken();
    for (const requested of [undefined, TOKEN_TYPES.access_token, TOKEN_TYPES.jwt]) {
      const { body } = await world.exchange('ops-server', access, {
        ...TO_BOOKS,
        requested_token_type: requested,
        scope: 'ledger:read offline_access',
      });
      expect([requested, body['issued_token_type'], body['token_type'], body['refresh_token']]).toEqual([
        requested,
        requested ?? TOKEN_TYPES.access_token,
        'Bearer',
        undefined,
      ]);
    }
  });

  it('is written down with its parent, chain and decision, before it is told', async () => {
    const { access } = await world.userToken();
    const { result, entries } = await world.during(() => world.exchange('ops-server', access, TO_BOOKS));
    const claims = claimsOf(result.body['access_token']);
    expect(entries).toMatchObject([
      {
        type: 'token.exchanged',
        initiator: 'agent-for-human',
        outcome: 'success',
        tenant: 'acme',
        actor: { user: 'ann', client: 'ops-server', agent: claims['agent'], chain: ['ops-server', 'cli'] },
        target: { type: 'resource', id: 'books' },
        decision: expect.stringMatching(/^dec_/),
        txn: 'txn_1',
        data: {
          jti: claims['jti'],
          lineage: [claimsOf(access)['jti']],
          parent: { jti: claimsOf(access)['jti'], client: 'cli', audience: OPS },
          scopes: ['ledger:read'],
          policy: { request: { grant: 'token_exchange', delegation: { actors: ['ops-server', 'cli'], depth: 1 } } },
        },
      },
    ]);
    expect(JSON.stringify(entries)).not.toContain(access.split('.')[2]);
  });
});

describe('the target of an exchange', () => {
  it.each([
    ['its URI', { resource: BOOKS }],
    ['an alias', { resource: 'https://ledger.test' }],
    ['its URI as audience', { audience: BOOKS }],
    ['an alias as audience', { audience: 'https://ledger.test' }],
    ['its id as audience', { audience: 'books' }],
    ['two of its names', { resource: BOOKS, audience: 'books' }],
  ])('is found by %s, and the token names the resource itself', async (_, target) => {
    const { access } = await world.userToken();
    expect(claimsOf((await world.exchange('ops-server', access, target)).body['access_token'])['aud']).toBe(BOOKS);
  });

  it('is the same resource when none is named', async () => {
    const { access } = await world.userToken();
    const { body } = await world.exchange('ops-server', access);
    expect([claimsOf(body['access_token'])['aud'], body['scope']]).toEqual([OPS, 'incidents:read incidents:write']);
  });

  it.each([
    ['a resource that nobody knows', { resource: 'https://nowhere.test' }],
    ['an id where a URI belongs', { resource: 'books' }],
    ['an audience that nobody knows', { audience: 'nothing' }],
    ['two different ones', { resource: BOOKS, audience: 'ledger' }],
    ['101 a resource that no policy lets the client reach', { resource: LEDGER }],
    ['the administration of the hub', { audience: 'writ-admin' }],
    ['the credential of a connection', { resource: 'urn:writ:connection:calendar' }],
    ['two connections', { resource: 'urn:writ:connection:calendar', audience: 'urn:writ:connection:search' }],
  ])('is refused as invalid_target when it is %s', async (_, target) => {
    const { access } = await world.userToken();
    const { status, body } = await world.exchange('ops-server', access, target);
    expect([status, body['error']]).toEqual([400, 'invalid_target']);
  });

  it('101 that no policy reaches is refused by a decision (CVE-2022-1245)', async () => {
    const { access } = await world.userToken();
    const { result, entries } = await world.during(() => world.exchange('ops-server', access, { resource: LEDGER, scope: 'entries:read' }));
    expect(result.body).toMatchObject({ error: 'invalid_target', decision_id: expect.stringMatching(/^dec_/) });
    expect(entries).toMatchObject([
      { type: 'token.refused', reason: 'policy_no_reach', actor: { user: 'ann', client: 'ops-server' }, txn: 'txn_1' },
    ]);
  });
});

describe('the scopes of an exchange', () => {
  const scopes = async (client: string, of: Parameters<ExchangeWorld['userToken']>[0], more: Record<string, string>) => {
    const { access } = await world.userToken(of);
    const { body } = await world.exchange(client, access, more);
    return body['error'] ?? body['scope'];
  };
  const READ = { scopes: ['incidents:read'] };

  it('102 for the same resource are no more than the token has', async () => {
    expect(await scopes('ops-server', READ, {})).toBe('incidents:read');
    expect(await scopes('ops-server', READ, { scope: 'incidents:read' })).toBe('incidents:read');
    expect(await scopes('ops-server', READ, { scope: 'incidents:read incidents:write' })).toBe('invalid_scope');
    expect(await scopes('ops-server', READ, { scope: 'incidents:write' })).toBe('invalid_scope');
  });

  it('for another resource are what policy allows: all of what is asked for, or nothing', async () => {
    const { access } = await world.userToken();
    const second = (await world.exchange('ops-server', access, { resource: BOOKS })).body;
    expect(second['scope']).toBe('ledger:read ledger:write');
    const third = async (scope: string) =>
      (await world.exchange('books-server', second['access_token'] ?? '', { resource: LEDGER, scope })).body;
    expect((await third('entries:read'))['scope']).toBe('entries:read');
    for (const scope of ['entries:read entries:write', 'entries:write', 'nothing:here', 'openid entries:read', 'ENTRIES:READ'])
      expect([scope, (await third(scope))['error']]).toEqual([scope, 'invalid_scope']);
  });

  it('stay within what the client may ever ask for', async () => {
    expect(await scopes('capped-server', {}, { resource: BOOKS })).toBe('ledger:read');
    expect(await scopes('capped-server', {}, { resource: BOOKS, scope: 'ledger:read ledger:write' })).toBe('invalid_scope');
  });

  it("stay within the user's permissions as they are now", async () => {
    expect(await scopes('ops-server', {}, { resource: VAULT, scope: 'incidents:write' })).toBe('incidents:write');
    expect(await scopes('ops-server', { user: 'bob', ...READ }, { resource: VAULT, scope: 'incidents:write' })).toBe('invalid_scope');
  });

  it("come back to the resource of the user's grant with nothing that the grant does not hold", async () => {
    const { access } = await world.userToken(READ);
    const books = (await world.exchange('ops-server', access, TO_BOOKS)).body['access_token'] ?? '';
    expect((await world.exchange('books-server', books, { resource: OPS })).body['scope']).toBe('incidents:read');
    expect((await world.exchange('books-server', books, { resource: OPS, scope: 'incidents:write' })).body['error']).toBe('invalid_scope');
  });

  it('are lost with the grant when the user takes some of them back', async () => {
    const { access } = await world.userToken();
    await world.login({ scopes: ['incidents:read'] });
    expect((await world.exchange('ops-server', access)).body['scope']).toBe('incidents:read');
    expect((await world.exchange('ops-server', access, { scope: 'incidents:write' })).body['error']).toBe('invalid_scope');
  });
});

describe('who may exchange', () => {
  it('is the client that got the token, and the server that it was made for, and nobody else', async () => {
    const { access } = await world.userToken();
    for (const client of ['books-server', 'stranger']) {
      const { result, entries } = await world.during(() => world.exchange(client, access, TO_BOOKS));
      expect([client, result.status, result.body['error']]).toEqual([client, 400, 'invalid_request']);
      expect(entries).toMatchObject([{ type: 'token.refused', reason: 'subject_of_another_client', actor: { client } }]);
    }
    const redirectUri = 'https://assistant.test/cb';
    const own = await world.userToken({ client: 'assistant', redirectUri });
    expect((await world.exchange('assistant', own.access, TO_BOOKS)).status).toBe(200);
    expect((await world.exchange('assistant', access, TO_BOOKS)).body['error']).toBe('invalid_request');
  });

  it('is no public client, and none that is not registered for it', async () => {
    const { access } = await world.userToken();
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: access,
      subject_token_type: TOKEN_TYPES.access_token,
    };
    for (const answer of [await world.token({ ...form, client_id: 'cli' }), await world.exchange('unregistered', access, TO_BOOKS)])
      expect([answer.status, answer.body['error']]).toEqual([400, 'unauthorized_client']);
    expect((await world.token(form, basic('ops-server', 'wrong-secret-of-the-server'))).status).toBe(401);
  });

  it('095 is nobody whose client or agent is frozen', async () => {
    const { access } = await world.userToken();
    const agent = String(claimsOf((await world.exchange('ops-server', access, TO_BOOKS)).body['access_token'])['agent']);
    for (const [kind, id] of [
      ['clients', 'ops-server'],
      ['agents', agent],
    ]) {
      await world.admin('POST', `/admin/v1/${kind}/${id}/freeze`, { reason: 'test' });
      const { status, body } = await world.exchange('ops-server', access, TO_BOOKS);
      expect([kind, status, body['error']]).toEqual([kind, 401, 'invalid_client']);
      await world.admin('POST', `/admin/v1/${kind}/${id}/unfreeze`, { reason: 'test' });
      expect([kind, (await world.exchange('ops-server', access, TO_BOOKS)).status]).toEqual([kind, 200]);
    }
  });

  it('may bring its own token as the actor, which changes nothing but what the new token follows from', async () => {
    const { access } = await world.userToken();
    const actor = await world.serviceToken('ops-server');
    const types = { actor_token: actor, actor_token_type: TOKEN_TYPES.access_token };
    const { body } = await world.exchange('ops-server', access, { ...TO_BOOKS, ...types });
    const claims = claimsOf(body['access_token']);
    expect(claims).toMatchObject({
      act: { sub: 'ops-server', act: { sub: 'cli' } },
      lineage: [claimsOf(access)['jti'], claimsOf(actor)['jti']],
    });
    await world.post('/oauth/revoke', { token: actor }, basic('ops-server'));
    expect(await world.active(body['access_token'] ?? '')).toBe(false);
    expect((await world.exchange('ops-server', access, { ...TO_BOOKS, ...types })).body['error']).toBe('invalid_request');
  });

  it('108 109 splices no actor of another delegation into the chain', async () => {
    const { access } = await world.userToken();
    const ofAnother = (await world.exchange('ops-server', access, TO_BOOKS)).body['access_token'] ?? '';
    const actors = {
      'of another client': await world.serviceToken('books-server', { resource: BOOKS }),
      'of a user': access,
      'handed on': ofAnother,
      garbage: 'a.b.c',
      'of another tenant': await world.serviceToken('acme-server'),
    };
    for (const [which, actor] of Object.entries(actors)) {
      const client = which === 'of another tenant' ? 'acme-server' : 'ops-server';
      const subject = which === 'of another tenant' ? (await world.userToken({ tenant: 'globex' })).access : access;
      const { result, entries } = await world.during(() =>
        world.exchange(client, subject, { ...TO_BOOKS, actor_token: actor, actor_token_type: TOKEN_TYPES.access_token }),
      );
      expect([which, result.status, result.body['error'], entries.map(({ type }) => type)]).toEqual([
        which,
        400,
        'invalid_request',
        ['token.refused'],
      ]);
    }
  });
});

describe('what was allowed in detail', () => {
  const transfer = (max: number) => ({ type: 'transfer', max });
  const detailType = {
    type: 'transfer',
    title: 'Transfer',
    description: 'Move money.',
    schema: { properties: { max: { type: 'integer' } }, required: ['max'] },
  };
  /** A token of the hub as an approval would leave it: bound to details of `ops`. */
  const bound = async (details: readonly object[]) => {
    const { access } = await world.userToken();
    return world.house.rooms.keys.signer().sign('at+jwt', { ...claimsOf(access), authorization_details: details });
  };
  const OF_OPS = { id: 'ops', type: 'mcp', uri: OPS, scopes: [{ name: 'incidents:read' }, { name: 'incidents:write' }] };

  it('stays with the resource that it is about, or becomes less, and is never left out', async () => {
    await world.apply({ resources: [{ ...OF_OPS, detailTypes: [detailType] }] });
    const subject = await bound([transfer(10), transfer(20)]);
    const details = async (more: Record<string, string>) => {
      const { body } = await world.exchange('ops-server', subject, more);
      return body['error'] ?? claimsOf(body['access_token'])['authorization_details'];
    };
    expect(await details({})).toEqual([transfer(10), transfer(20)]);
    expect(await details({ authorization_details: JSON.stringify([transfer(10)]) })).toEqual([transfer(10)]);
    expect(await details({ authorization_details: JSON.stringify([transfer(99)]) })).toBe('invalid_authorization_details');
    expect(await details({ ...TO_BOOKS })).toBeUndefined();
    expect(await details({ ...TO_BOOKS, authorization_details: JSON.stringify([transfer(10)]) })).toBe('invalid_authorization_details');
  });

  it('ends the exchange when the resource no longer knows it', async () => {
    await world.apply({ resources: [{ ...OF_OPS, detailTypes: [detailType] }] });
    const subject = await bound([transfer(10)]);
    await world.apply({ resources: [OF_OPS] });
    expect((await world.exchange('ops-server', subject)).body['error']).toBe('invalid_authorization_details');
  });
});
