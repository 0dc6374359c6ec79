import { createHmac } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { engines } from '../../../testing/database.ts';
import { startReceiver, type Receiver } from '../../rooms/sinks/receiver.suite.ts';
import { saveGrant } from '../../rooms/consent/store.ts';
import { ensureAgent } from '../../rooms/agents/store.ts';
import { listSignals } from '../../rooms/signals/store.ts';
import { isAlive } from '../../rooms/tokens/alive.store.ts';
import { EVENT } from '../../rooms/streams/words.ts';
import { ssfWorld, type World } from './world.suite.ts';

const events = z.object({
  items: z.array(
    z.looseObject({ type: z.string(), tenant: z.string().nullable(), reason: z.string().optional(), data: z.looseObject({}) }),
  ),
});

for (const engine of engines()) {
  describe(`transmitters that are heeded on ${engine}`, () => {
    let hub: World;
    let upstream: Receiver;
    let key: CryptoKey;
    let stranger: CryptoKey;
    let jti = 0;
    /** What the transmitter answers when it is polled. */
    let offered: Record<string, string> = {};
    let asked: { body: string; authorization: string | undefined }[] = [];
    let pollStatus = 200;

    beforeAll(async () => {
      hub = await ssfWorld({ engine });
      upstream = await startReceiver();
      const pair = await generateKeyPair('ES256');
      key = pair.privateKey;
      stranger = (await generateKeyPair('ES256')).privateKey;
      const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
      upstream.answer(({ path, body, headers }) => {
        if (path === '/jwks') return { status: 200, body: JSON.stringify({ keys: [jwk] }) };
        if (path === '/.well-known/ssf-configuration')
          return { status: 200, body: JSON.stringify({ issuer: upstream.url, jwks_uri: `${upstream.url}/jwks` }) };
        if (path !== '/poll') return { status: 404 };
        asked.push({ body, authorization: headers.authorization });
        const question = z.looseObject({ ack: z.array(z.string()), setErrs: z.record(z.string(), z.unknown()) }).parse(JSON.parse(body));
        for (const gone of [...question.ack, ...Object.keys(question.setErrs)]) delete offered[gone];
        return { status: pollStatus, body: JSON.stringify({ sets: offered }) };
      });
      await hub.apply({
        tenants: [{ id: 'acme', name: 'Acme', domains: ['acme.test'] }],
        identityProviders: [
          { id: 'acme-idp', tenant: 'acme', issuer: upstream.url, clientId: 'writ', clientSecret: { value: 'a-secret-of-ours' } },
          { id: 'hub-idp', issuer: upstream.url, clientId: 'writ', clientSecret: { value: 'a-secret-of-ours' } },
        ],
        transmitters: [
          {
            id: 'acme-idp',
            tenant: 'acme',
            issuer: upstream.url,
            provider: 'acme-idp',
            domains: ['acme.test'],
            jwksUri: `${upstream.url}/jwks`,
          },
          { id: 'hub-idp', issuer: upstream.url, provider: 'hub-idp', does: { credentialChange: 'end' } },
          { id: 'shut', issuer: upstream.url, domains: ['acme.test'], secret: { value: 'a-bearer-of-the-two-of-us' } },
        ],
      });
      for (const [provider, subject, user] of [
        ['acme-idp', 'sub-ann', 'ann'],
        ['acme-idp', 'sub-bob', 'bob'],
        ['hub-idp', 'sub-bob', 'bob'],
      ])
        await sql`INSERT INTO provider_users (provider_id, subject, user_id, created_at) VALUES (${provider}, ${subject}, ${user}, now())`.execute(
          hub.house.rooms.database.db,
        );
    });
    beforeEach(() => {
      offered = {};
      asked = [];
      pollStatus = 200;
    });
    afterEach(async () => {
      for (const user of ['ann', 'bob']) await hub.admin('POST', `/admin/v1/users/${user}/unfreeze`, {});
    });
    afterAll(async () => {
      await hub.close();
      await upstream.close();
    });

    const subjectOf = (sub: string) => ({ format: 'iss_sub', iss: upstream.url, sub });
    const receiveUrl = (id: string) => `${hub.issuer}/ssf/receive/${id}`;
    type Wanted = {
      to?: string;
      by?: CryptoKey;
      header?: Record<string, unknown>;
      claims?: Record<string, unknown>;
      event?: string;
      sub_id?: object;
    };
    const set = ({
      to = 'acme-idp',
      by = key,
      header = {},
      claims = {},
      event = EVENT.accountDisabled,
      sub_id = subjectOf('sub-ann'),
    }: Wanted = {}) =>
      new SignJWT({
        iss: upstream.url,
        aud: receiveUrl(to),
        iat: Math.floor(hub.clock.now() / 1_000),
        jti: `jti-${(jti += 1)}`,
        sub_id,
        events: { [event]: {} },
        ...claims,
      })
        .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ: 'secevent+jwt', ...header })
        .sign(by);
    const push = (token: string, to = 'acme-idp', headers: Record<string, string> = {}) =>
      hub.house.fetch(
        new Request(receiveUrl(to), {
          method: 'POST',
          body: token,
          headers: { 'content-type': 'application/secevent+jwt', accept: 'application/json', ...headers },
        }),
      );
    const tell = async (wanted: Wanted): Promise<number> => (await push(await set(wanted), wanted.to)).status;
    const entries = async (type: string) =>
      events.parse(await (await hub.admin('GET', `/admin/v1/events?type=${type}&limit=200`)).json()).items;
    const stateOf = async (user: string): Promise<string> =>
      z.looseObject({ state: z.string() }).parse(await (await hub.admin('GET', `/admin/v1/users/${user}`)).json()).state;
    const user = async (id: string) => {
      hub.house.rooms.users.invalidate(id);
      return hub.house.rooms.users.get(id);
    };

    it('takes a member out of the tenant that the transmitter speaks for, leaves the rest of the person alone, and lets them in again', async () => {
      const { db } = hub.house.rooms.database;
      const grant = await db.transaction().execute(async (tx) => {
        const now = hub.clock.now();
        const { agent } = await ensureAgent(tx, { clientId: 'worker', principal: { kind: 'user', id: 'ann' }, tenantId: 'acme', now });
        const of = {
          clientId: 'worker',
          userId: 'ann',
          tenantId: 'acme',
          resourceId: 'ops',
          redirectUri: 'https://app.example/cb',
          agentId: agent.id,
        };
        return saveGrant(tx, { ...of, scopes: ['read'], persistent: true, now });
      });
      expect(await tell({})).toBe(202);
      expect([await stateOf('ann'), (await user('ann'))?.tenants]).toEqual(['active', []]);
      expect(await (await hub.admin('GET', '/admin/v1/users/ann')).json()).toMatchObject({ tenants: [{ id: 'acme' }], heldIn: ['acme'] });
      expect((await listSignals(db, { after: 0, limit: 200 })).at(-1)).toMatchObject({ kind: 'grant', subject: grant.id, state: 'frozen' });
      const token = { jti: 'tok_test', clientId: 'worker', userId: 'ann', tenantId: 'acme' };
      expect(await isAlive(db, token, hub.clock.now())).toBe(false);
      expect(await isAlive(db, { ...token, tenantId: undefined }, hub.clock.now())).toBe(true);
      // Whoever applies the config again does not thereby let them in.
      await hub.apply({ users: [{ id: 'ann', email: 'ann@acme.test', tenants: [{ id: 'acme', roles: [] }] }] });
      expect((await user('ann'))?.tenants).toEqual([]);
      expect(await tell({ event: EVENT.accountEnabled })).toBe(202);
      expect((await user('ann'))?.tenants).toEqual([{ id: 'acme', roles: [] }]);
      expect(await isAlive(db, token, hub.clock.now())).toBe(true);
      expect((await listSignals(db, { after: 0, limit: 200 })).at(-1)).toMatchObject({ subject: grant.id, state: 'restored' });
      expect((await entries('user.frozen')).find(({ tenant }) => tenant === 'acme')).toMatchObject({ reason: 'transmitter acme-idp' });
    });

    it('goes by what was said last, in whichever order it comes: an old word that comes late lets nobody go', async () => {
      const at = Math.floor(hub.clock.now() / 1_000);
      const hubWide = { to: 'hub-idp', sub_id: subjectOf('sub-bob') };
      const enabled = (iat: number) => ({ event: EVENT.accountEnabled, claims: { iat } });
      for (const of of [{}, hubWide]) {
        expect(await tell({ ...of, claims: { iat: at - 30 } })).toBe(202);
        expect(await tell({ ...of, claims: { iat: at - 10 } })).toBe(202);
        expect(await tell({ ...of, ...enabled(at - 20) })).toBe(202);
      }
      expect([(await user('ann'))?.tenants, await stateOf('bob')]).toEqual([[], 'frozen']);
      for (const of of [{}, hubWide]) expect(await tell({ ...of, ...enabled(at - 10) })).toBe(202);
      expect([(await user('ann'))?.tenants.length, await stateOf('bob')]).toEqual([1, 'active']);
    });

    it('freezes the user where it speaks for the whole hub, and lets go of nobody else than whom it froze', async () => {
      const of = { to: 'hub-idp', sub_id: subjectOf('sub-bob') };
      expect(await tell(of)).toBe(202);
      expect(await stateOf('bob')).toBe('frozen');
      expect(await (await hub.admin('GET', '/admin/v1/transmitters/hub-idp/holds')).json()).toMatchObject({
        items: [{ user: 'bob', tenant: null }],
      });
      expect((await hub.admin('POST', '/admin/v1/transmitters/hub-idp/holds/lift', { user: 'bob' })).status).toBe(409);
      expect(await tell({ ...of, event: EVENT.accountEnabled })).toBe(202);
      expect(await stateOf('bob')).toBe('active');
      await hub.admin('POST', '/admin/v1/users/bob/freeze', { reason: 'by hand' });
      expect(await tell(of)).toBe(202);
      expect(await tell({ ...of, event: EVENT.accountEnabled })).toBe(202);
      expect(await stateOf('bob')).toBe('frozen');
    });

    it('ends sessions: all of a user for a provider of the hub, those of the tenant for a provider of a tenant', async () => {
      const start = async (by: string[]) =>
        (
          await hub.house.rooms.sessions.start({
            user: { id: 'ann' },
            amr: ['pwd'],
            acr: '1',
            by,
            purpose: 'user',
            origin: { request: 'req_test' },
          })
        ).session.id;
      const [own, theirs] = [await start(['password']), await start(['sso:acme'])];
      expect(await tell({ event: EVENT.sessionRevoked })).toBe(202);
      const left = new Set((await hub.house.rooms.sessions.list('ann')).map(({ id }) => id));
      expect([left.has(own), left.has(theirs)]).toEqual([true, false]);
      await hub.house.rooms.sessions.start({
        user: { id: 'bob' },
        amr: ['pwd'],
        acr: '1',
        purpose: 'user',
        origin: { request: 'req_test' },
      });
      expect(await tell({ to: 'hub-idp', sub_id: subjectOf('sub-bob'), event: EVENT.credentialChange })).toBe(202);
      expect(await hub.house.rooms.sessions.list('bob')).toEqual([]);
    });

    it('knows somebody by an address of a domain of its own, and by no other', async () => {
      const email = (text: string) => ({ format: 'email', email: text });
      expect(await tell({ sub_id: email('Ann@ACME.test') })).toBe(202);
      expect((await user('ann'))?.tenants).toEqual([]);
      expect(await tell({ sub_id: email('ann@acme.test'), event: EVENT.accountEnabled })).toBe(202);
      expect((await user('ann'))?.tenants).toHaveLength(1);
      expect(await tell({ sub_id: email('bob@globex.test') })).toBe(202);
      expect((await user('bob'))?.tenants).toHaveLength(1);
    });

    it('never reaches somebody who is not of the tenant, nor a subject of another issuer', async () => {
      expect(await tell({ sub_id: subjectOf('sub-bob') })).toBe(202);
      expect([(await user('bob'))?.tenants.length, await stateOf('bob')]).toEqual([1, 'active']);
      expect(await tell({ sub_id: { format: 'iss_sub', iss: 'https://another.example', sub: 'sub-ann' } })).toBe(202);
      expect(await tell({ sub_id: { format: 'iss_sub', iss: hub.issuer, sub: 'ann' } })).toBe(202);
      expect(await tell({ sub_id: { format: 'opaque', id: 'ann' } })).toBe(202);
      expect((await user('ann'))?.tenants).toHaveLength(1);
      expect((await entries('transmitter.heard'))[0]).toMatchObject({ reason: 'nobody here is meant', tenant: 'acme' });
    });

    it('heeds a SET once, whoever brings it again and how many at once', async () => {
      const token = await set({ to: 'hub-idp', sub_id: subjectOf('sub-bob') });
      const other = await hub.secondNode();
      const heard = (await entries('transmitter.heard')).length;
      const again = (house = hub.house) =>
        house.fetch(
          new Request(receiveUrl('hub-idp'), { method: 'POST', body: token, headers: { 'content-type': 'application/secevent+jwt' } }),
        );
      const answers = await Promise.all([again(), again(other), again(), again(other)]);
      expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
      expect((await entries('transmitter.heard')).length - heard).toBe(1);
      await hub.admin('POST', '/admin/v1/users/bob/unfreeze', {});
      expect((await again()).status).toBe(202);
      expect(await stateOf('bob')).toBe('active');
    });

    const unsecured = (claims: object): string => {
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      return `${part({ alg: 'none', typ: 'secevent+jwt' })}.${part(claims)}.`;
    };
    const mac = (claims: object): string => {
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      const signed = `${part({ alg: 'HS256', typ: 'secevent+jwt', kid: 'k1' })}.${part(claims)}`;
      return `${signed}.${createHmac('sha256', 'k1').update(signed).digest('base64url')}`;
    };
    const plainClaims = () => ({
      iss: upstream.url,
      aud: receiveUrl('acme-idp'),
      iat: Math.floor(hub.clock.now() / 1_000),
      jti: 'plain',
      sub_id: subjectOf('sub-ann'),
      events: { [EVENT.accountDisabled]: {} },
    });
    const REFUSED: readonly [what: string, err: string, token: () => Promise<string> | string][] = [
      ['one that is for somebody else', 'invalid_audience', () => set({ claims: { aud: 'https://another.example' } })],
      ['one for another transmitter of this hub', 'invalid_audience', () => set({ to: 'hub-idp' })],
      ['one of another issuer', 'invalid_issuer', () => set({ claims: { iss: 'https://another.example' } })],
      ['one signed by another key', 'invalid_key', () => set({ by: stranger })],
      ['one signed by a key of an unknown name', 'invalid_key', () => set({ by: stranger, header: { kid: 'k2' } })],
      ['one that brings its own key', 'invalid_key', async () => set({ by: stranger, header: { kid: 'k3', jku: `${upstream.url}/evil` } })],
      ['one that nobody signed', 'invalid_key', () => unsecured(plainClaims())],
      ['one with a MAC', 'invalid_key', () => mac(plainClaims())],
      ['an id_token', 'invalid_request', () => set({ header: { typ: 'JWT' } })],
      ['one with a critical header', 'invalid_request', () => set({ header: { crit: ['exp'], exp: 1 } })],
      ['one of the future', 'invalid_request', () => set({ claims: { iat: Math.floor(hub.clock.now() / 1_000) + 3_600 } })],
      ['one of eight days ago', 'invalid_request', () => set({ claims: { iat: Math.floor(hub.clock.now() / 1_000) - 8 * 86_400 } })],
      ['one that has expired', 'invalid_request', () => set({ claims: { exp: Math.floor(hub.clock.now() / 1_000) - 3_600 } })],
      ['one without an id', 'invalid_request', () => set({ claims: { jti: undefined } })],
      ['one with sub', 'invalid_request', () => set({ claims: { sub: 'sub-ann' } })],
      ['one without events', 'invalid_request', () => set({ claims: { events: {} } })],
      ['one without a subject', 'invalid_request', () => set({ claims: { sub_id: undefined } })],
      ['no token', 'invalid_request', () => 'x'],
      ['one of 40,000 characters', 'invalid_request', () => set({ claims: { pad: 'x'.repeat(30_000) } })],
    ];
    it.each(REFUSED)('refuses %s with %s and one entry, and does nothing', async (what, err, token) => {
      const made = await Promise.resolve()
        .then(token)
        .catch(() => undefined);
      // jose signs no header that it does not understand.
      if (made === undefined) return expect(what).toContain('critical');
      const before = (await entries('transmitter.refused')).length;
      const answer = await push(made);
      expect([answer.status, answer.headers.get('content-type'), answer.headers.get('content-language')]).toEqual([
        400,
        'application/json',
        'en',
      ]);
      expect(await answer.json()).toMatchObject({ err, description: expect.any(String) });
      expect((await entries('transmitter.refused')).length - before).toBe(1);
      expect((await user('ann'))?.tenants).toHaveLength(1);
      expect(upstream.received.some(({ path }) => path === '/evil')).toBe(false);
    });

    it('refuses a body that does not say that it is a SET, one that is too large, and one for nobody', async () => {
      expect(await (await push(await set(), 'acme-idp', { 'content-type': 'application/json' })).json()).toMatchObject({
        err: 'invalid_request',
      });
      expect((await push('x'.repeat(100_000))).status).toBe(413);
      expect((await push(await set(), 'nobody')).status).toBe(404);
    });

    it('asks for the bearer that was agreed on', async () => {
      const of = { to: 'shut', sub_id: { format: 'email', email: 'ann@acme.test' }, event: EVENT.sessionRevoked };
      const wrong: Record<string, string>[] = [{}, { authorization: 'Bearer a-bearer-of-somebody-else' }];
      for (const headers of wrong)
        expect(await (await push(await set(of), 'shut', headers)).json()).toMatchObject({ err: 'authentication_failed' });
      expect((await push(await set(of), 'shut', { authorization: 'Bearer a-bearer-of-the-two-of-us' })).status).toBe(202);
      const shown = await (await hub.admin('GET', '/admin/v1/transmitters/shut')).text();
      expect(shown).toContain('"hasSecret":true');
      expect(shown).not.toContain('two-of-us');
    });

    it('says come again, and heeds nothing, while the keys cannot be had', async () => {
      await hub.admin('PUT', '/admin/v1/transmitters/deaf', {
        id: 'deaf',
        issuer: upstream.url,
        domains: ['acme.test'],
        jwksUri: `${upstream.url}/none`,
      });
      const answer = await push(await set({ to: 'deaf' }), 'deaf');
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '30']);
    });

    it('asks a transmitter that waits to be asked, acknowledges what it heeded and names what it refuses', async () => {
      await hub.apply({
        transmitters: [
          {
            id: 'asked',
            issuer: upstream.url,
            provider: 'hub-idp',
            delivery: 'poll',
            pollUrl: `${upstream.url}/poll`,
            pollSeconds: 30,
            secret: { value: 'a-bearer-that-we-show' },
          },
        ],
      });
      offered = {
        good: await set({ to: 'asked', sub_id: subjectOf('sub-bob'), claims: { jti: 'good' } }),
        bad: await set({ to: 'asked', by: stranger, claims: { jti: 'bad' } }),
      };
      await hub.deliver();
      expect(await stateOf('bob')).toBe('frozen');
      expect(offered).toEqual({});
      expect(asked.map(({ authorization }) => authorization)).toEqual(['Bearer a-bearer-that-we-show', 'Bearer a-bearer-that-we-show']);
      expect(JSON.parse(asked[1]?.body ?? '{}')).toMatchObject({ ack: ['good'], setErrs: { bad: { err: 'invalid_key' } } });
      await hub.deliver();
      expect(asked).toHaveLength(2);
      hub.clock.advance(31_000);
      await hub.deliver();
      expect(asked).toHaveLength(3);
    });

    it('says once that a transmitter cannot be asked, waits longer each time, and says when it can', async () => {
      hub.clock.advance(31_000);
      pollStatus = 500;
      await hub.deliver();
      await hub.deliver();
      expect(asked).toHaveLength(1);
      await hub.deliver(3);
      expect(await entries('transmitter.failed')).toHaveLength(1);
      expect(await (await hub.admin('GET', '/admin/v1/transmitters/asked')).json()).toMatchObject({
        health: { status: 'failing', sentence: 'It answered 500.' },
      });
      pollStatus = 200;
      hub.clock.advance(120_000);
      await hub.deliver();
      expect(await entries('transmitter.recovered')).toHaveLength(1);
    });

    it.each([
      ['a domain that is not of the tenant', { tenant: 'acme', domains: ['globex.test'] }, 'domains'],
      ['a provider of another tenant', { tenant: 'globex', provider: 'acme-idp' }, 'provider'],
      ["a tenant's provider for the whole hub", { provider: 'acme-idp' }, 'provider'],
      ['nobody to find people by', {}, 'provider'],
      ['the hub itself', { issuer: 'http://localhost:8787', domains: ['acme.test'] }, 'issuer'],
      ['keys inside', { domains: ['acme.test'], jwksUri: 'https://10.0.0.7/jwks' }, 'jwksUri'],
      ['no address to ask', { domains: ['acme.test'], delivery: 'poll' }, 'pollUrl'],
    ])('refuses a transmitter with %s', async (_, of, field) => {
      const answer = await hub.admin('PUT', '/admin/v1/transmitters/wrong', { id: 'wrong', issuer: upstream.url, ...of });
      expect([answer.status, z.looseObject({ field: z.string() }).parse(await answer.json()).field]).toEqual([400, field]);
    });

    it('is asked nowhere else with the secret that it had', async () => {
      const moved = { id: 'asked', issuer: upstream.url, provider: 'hub-idp', delivery: 'poll', pollUrl: `${upstream.url}/elsewhere` };
      const answer = await hub.admin('PUT', '/admin/v1/transmitters/asked', moved);
      expect(await answer.json()).toMatchObject({ field: 'secret' });
    });

    it('leaves whom it stopped stopped when it is removed, until an administrator lets them go', async () => {
      await hub.admin('PUT', '/admin/v1/transmitters/leaving', {
        id: 'leaving',
        tenant: 'acme',
        issuer: upstream.url,
        domains: ['acme.test'],
      });
      expect(await tell({ to: 'leaving', sub_id: { format: 'email', email: 'ann@acme.test' } })).toBe(202);
      expect((await hub.admin('DELETE', '/admin/v1/transmitters/leaving')).status).toBe(204);
      expect((await user('ann'))?.tenants).toEqual([]);
      const lifted = await hub.admin('POST', '/admin/v1/transmitters/leaving/holds/lift', { user: 'ann' });
      expect(await lifted.json()).toMatchObject({ lifted: 1 });
      expect((await user('ann'))?.tenants).toHaveLength(1);
      expect((await hub.admin('POST', '/admin/v1/transmitters/leaving/holds/lift', { user: 'ann' })).status).toBe(404);
    });
  });
}
