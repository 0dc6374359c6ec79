import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { engines } from '../../../testing/database.ts';
import { ensureAgent } from '../../rooms/agents/store.ts';
import { saveGrant } from '../../rooms/consent/store.ts';
import { SIGNAL_KINDS } from '../../rooms/signals/signal.ts';
import { sendSignal, signalSent } from '../../rooms/signals/store.ts';
import type { Receiver } from '../../rooms/sinks/receiver.suite.ts';
import { ssfWorld, type Told, type World } from './world.suite.ts';

const streamView = z.looseObject({
  status: z.string(),
  pending: z.number(),
  delivered: z.number(),
  deadLetters: z.number(),
  health: z.looseObject({ status: z.string(), sentence: z.string().nullable() }),
});

for (const engine of engines()) {
  describe(`streams of shared signals on ${engine}`, () => {
    let hub: World;
    const receivers: Receiver[] = [];
    const made: { id: string; token: string }[] = [];
    beforeAll(async () => {
      hub = await ssfWorld({ engine });
    });
    afterEach(async () => {
      for (const { id, token } of made.splice(0)) await hub.call('DELETE', `/ssf/v1/stream?stream_id=${id}`, { token });
      for (const receiver of receivers.splice(0)) await receiver.close();
    });
    afterAll(() => hub.close());

    const pushed: World['pushed'] = async (client, of) => {
      const stream = await hub.pushed(client, of);
      made.push(stream);
      receivers.push(stream.receiver);
      return stream;
    };
    const polled: World['polled'] = async (client, of) => {
      const stream = await hub.polled(client, of);
      made.push(stream);
      return stream;
    };
    const shown = async (id: string) => streamView.parse(await (await hub.admin('GET', `/admin/v1/streams/${id}`)).json());
    const freeze = async (kind: string, id: string, verb = 'freeze'): Promise<void> => {
      const answer = await hub.admin('POST', `/admin/v1/${kind}/${id}/${verb}`, { reason: 'a test' });
      if (answer.status !== 200) throw new Error(`${verb} of ${kind}/${id}: ${answer.status} ${await answer.text()}`);
      // Whose owner is stopped is stopped too, a moment later.
      await hub.settle();
    };
    const eventsOf = async (type: string): Promise<number> =>
      z.object({ items: z.array(z.unknown()) }).parse(await (await hub.admin('GET', `/admin/v1/events?type=${type}&limit=200`)).json())
        .items.length;

    /** Things that can be stopped, by the plural of their route. */
    async function victims(): Promise<Record<string, string>> {
      const { db } = hub.house.rooms.database;
      const now = hub.clock.now();
      return db.transaction().execute(async (tx) => {
        const { agent } = await ensureAgent(tx, { clientId: 'worker', principal: { kind: 'user', id: 'ann' }, tenantId: 'acme', now });
        const grant = await saveGrant(tx, {
          clientId: 'worker',
          userId: 'ann',
          tenantId: 'acme',
          resourceId: 'ops',
          redirectUri: 'https://app.example/cb',
          agentId: agent.id,
          scopes: ['read'],
          persistent: true,
          now,
        });
        return { agents: agent.id, clients: 'worker', users: 'bob', tenants: 'acme', grants: grant.id };
      });
    }

    it('describes itself as SSF 1.0 wants', async () => {
      const answer = await hub.get('/.well-known/ssf-configuration');
      expect(await answer.json()).toMatchObject({
        spec_version: '1_0',
        issuer: hub.issuer,
        jwks_uri: `${hub.issuer}/oauth/jwks`,
        delivery_methods_supported: ['urn:ietf:rfc:8935', 'urn:ietf:rfc:8936'],
        configuration_endpoint: `${hub.issuer}/ssf/v1/stream`,
      });
    });

    it('tells every kind of stop that there is a route for, and every kind of signal', async () => {
      const { receiver } = await pushed('wide');
      const things = await victims();
      const routes = hub.house.routes.flatMap(({ path, audit }) => {
        const [, plural] = /^\/admin\/v1\/([a-z-]+)\/:id\/freeze$/.exec(path) ?? [];
        return plural === undefined || 'none' in audit || !audit.includes('signal.sent') ? [] : [plural];
      });
      // A new kind of stop has to be added to the victims, or this fails.
      expect(routes.filter((plural) => things[plural] === undefined)).toEqual([]);
      for (const plural of routes) {
        const before = receiver.received.length;
        await freeze(plural, things[plural] ?? '');
        await hub.deliver();
        const told = (await hub.heard(receiver, 'wide')).slice(before);
        expect([plural, told.map(({ event }) => event)]).toEqual([plural, expect.arrayContaining(['session-revoked'])]);
        expect(JSON.stringify(told.find(({ event }) => event === 'session-revoked')?.sub_id)).toContain(things[plural]);
        await freeze(plural, things[plural] ?? '', 'unfreeze');
      }
      for (const kind of SIGNAL_KINDS) {
        const before = receiver.received.length;
        await hub.house.rooms.audit.commit(async (tx) => {
          const signal = await sendSignal(tx, { kind, subject: `some_${kind}`, state: 'revoked', reason: 'a test', now: hub.clock.now() });
          return { value: undefined, entries: [signalSent(signal, { request: 'req_test' }, {})] };
        });
        await hub.deliver();
        const told = (await hub.heard(receiver, 'wide')).slice(before).filter(({ payload }) => 'event_timestamp' in payload);
        expect([kind, told.map(({ event }) => event)]).toEqual([kind, expect.arrayContaining(['session-revoked'])]);
      }
    });

    it('says whom it is about in forms that others know', async () => {
      const { receiver } = await pushed('wide');
      const things = await victims();
      await freeze('users', 'bob');
      await freeze('users', 'bob', 'unfreeze');
      await freeze('agents', things['agents'] ?? '');
      await freeze('agents', things['agents'] ?? '', 'unfreeze');
      await hub.deliver();
      const told = await hub.heard(receiver, 'wide');
      const [ann, bob] = ['ann', 'bob'].map((sub) => ({ format: 'iss_sub', iss: hub.issuer, sub }));
      const agent = { format: 'complex', application: { format: 'opaque', id: 'worker' }, user: ann };
      expect(told.map(({ event, sub_id }) => ({ event, sub_id }))).toMatchObject([
        { event: 'session-revoked', sub_id: bob },
        { event: 'account-disabled', sub_id: bob },
        { event: 'account-enabled', sub_id: bob },
        { event: 'session-revoked', sub_id: agent },
        { event: 'account-disabled', sub_id: agent },
        { event: 'account-enabled', sub_id: agent },
      ]);
      expect(told[0]?.payload).toMatchObject({ initiating_entity: 'admin', reason_admin: { en: 'a test' } });
      expect(told.every((one) => !('sub' in one) && !('exp' in one))).toBe(true);
    });

    it('tells of sessions that ended, of credentials and of roles that changed, and of a membership that is over', async () => {
      const { receiver } = await pushed('wide');
      await hub.house.rooms.sessions.start({
        user: { id: 'bob' },
        amr: ['pwd'],
        acr: '1',
        purpose: 'user',
        origin: { request: 'req_test' },
      });
      await hub.house.rooms.sessions.endAllOf('bob');
      const put = (body: object) => hub.admin('PUT', '/admin/v1/users/bob', { id: 'bob', email: 'bob@globex.test', ...body });
      await put({ tenants: [{ id: 'globex', roles: ['SRE'] }] });
      await put({ tenants: [{ id: 'globex', roles: ['SRE'] }], password: { value: 'correct-horse-9-battery' } });
      await put({ tenants: [] });
      await put({ tenants: [{ id: 'globex', roles: [] }] });
      await hub.deliver();
      const told = await hub.heard(receiver, 'wide');
      expect(told.map(({ event }) => event)).toEqual(['session-revoked', 'token-claims-change', 'credential-change', 'session-revoked']);
      expect(told[1]).toMatchObject({ payload: { claims: { roles: ['SRE'] } }, sub_id: { tenant: { id: 'globex' } } });
      expect(told[2]?.payload).toMatchObject({ credential_type: 'password', change_type: 'create' });
      expect(told[3]?.sub_id).toMatchObject({ format: 'complex', user: { sub: 'bob' }, tenant: { id: 'globex' } });
    });

    it('tells a stream of a tenant of that tenant and its people, not why, and never of another', async () => {
      const acme = await pushed('acme-ear');
      const globex = await pushed('globex-ear');
      await freeze('tenants', 'globex');
      await freeze('tenants', 'globex', 'unfreeze');
      await freeze('users', 'ann');
      await freeze('users', 'ann', 'unfreeze');
      await freeze('grants', (await victims())['grants'] ?? '');
      await hub.deliver();
      const told = await hub.heard(acme.receiver, 'acme-ear');
      expect(told.map(({ event }) => event)).toEqual(expect.arrayContaining(['session-revoked', 'account-disabled', 'account-enabled']));
      expect(JSON.stringify(told)).not.toContain('globex');
      expect(told.find(({ sub_id }) => sub_id.format === 'iss_sub')?.payload).not.toHaveProperty('reason_admin');
      const other = await hub.heard(globex.receiver, 'globex-ear');
      expect(other.map(({ event }) => event)).toEqual(['session-revoked', 'account-disabled', 'account-enabled']);
      // Three letters alone stand in some id by chance.
      expect(JSON.stringify(other)).not.toMatch(/"ann|ann@/);
    });

    it('loses nothing while a receiver is away, keeps the order, says so once, and says when it is back', async () => {
      const { id, receiver } = await pushed('wide');
      receiver.answer(() => ({ status: 503 }));
      for (let turn = 0; turn < 5; turn += 1) {
        await freeze('users', 'bob');
        await freeze('users', 'bob', 'unfreeze');
      }
      const [failed, recovered] = [await eventsOf('stream.failed'), await eventsOf('stream.recovered')];
      await hub.deliver(4);
      expect(await shown(id)).toMatchObject({ pending: 15, delivered: 0, health: { status: 'failing', sentence: 'It answered 503.' } });
      expect((await eventsOf('stream.failed')) - failed).toBe(1);
      receiver.answer(() => ({ status: 202 }));
      const from = receiver.received.length;
      hub.clock.advance(120_000);
      await hub.deliver();
      const told = (await hub.heard(receiver, 'wide')).slice(from);
      expect(told.map(({ event }) => event)).toEqual(
        Array.from({ length: 5 }, () => ['session-revoked', 'account-disabled', 'account-enabled']).flat(),
      );
      expect(new Set(told.map(({ jti }) => jti)).size).toBe(15);
      expect(await shown(id)).toMatchObject({ pending: 0, delivered: 15, health: { status: 'healthy' } });
      expect((await eventsOf('stream.recovered')) - recovered).toBe(1);
    });

    it('sends what was not acknowledged again under the same id', async () => {
      const { receiver } = await pushed('wide');
      receiver.answer((_, count) => ({ status: count === 0 ? 500 : 202 }));
      await freeze('users', 'bob');
      await freeze('users', 'bob', 'unfreeze');
      await hub.deliver(3);
      const told = await hub.heard(receiver, 'wide');
      expect(told[0]?.jti).toBe(told[1]?.jti);
      expect(new Set(told.map(({ jti }) => jti)).size).toBe(3);
    });

    it('sets one event aside that is refused as such, and goes on with the others', async () => {
      const { id, receiver } = await pushed('wide');
      receiver.answer(async ({ body }) => {
        const { event } = await hub.verify(body, 'wide');
        return event === 'account-disabled' ? { status: 400, body: '{"err":"invalid_request"}' } : { status: 202 };
      });
      await freeze('users', 'bob');
      await freeze('users', 'bob', 'unfreeze');
      await hub.deliver(8);
      expect(await shown(id)).toMatchObject({ pending: 0, delivered: 2, deadLetters: 1 });
      const letters = await (await hub.admin('GET', `/admin/v1/streams/${id}/dead-letters`)).json();
      expect(letters).toMatchObject({ items: [{ reason: 'It answered 400: invalid_request.' }] });
      receiver.answer(() => ({ status: 202 }));
      expect(await (await hub.admin('POST', `/admin/v1/streams/${id}/dead-letters/retry`)).json()).toMatchObject({ letters: 1 });
      await hub.deliver();
      expect(await shown(id)).toMatchObject({ deadLetters: 0, delivered: 3 });
    });

    it('delivers each event once when two nodes work on one database', async () => {
      const { receiver } = await pushed('wide');
      const other = await hub.secondNode();
      for (let turn = 0; turn < 5; turn += 1) {
        await freeze('users', 'bob');
        await freeze('users', 'bob', 'unfreeze');
      }
      await Promise.all([hub.deliver(), other.rooms.streams.run(), hub.deliver(), other.rooms.streams.run()]);
      // The clock stands still: whoever is under way keeps what it took.
      const told = async () => (await hub.heard(receiver, 'wide')).map(({ jti }) => jti);
      await expect.poll(async () => hub.deliver().then(async () => new Set(await told()).size)).toBe(15);
      expect(await told()).toHaveLength(15);
    });

    it('goes by polling: what is acknowledged is gone, what is not comes again, what is refused is set aside', async () => {
      const { id, poll } = await polled('wide');
      await freeze('users', 'bob');
      await freeze('users', 'bob', 'unfreeze');
      const first = await poll({ maxEvents: 2, returnImmediately: true });
      expect([Object.keys(first.sets).length, first.moreAvailable]).toEqual([2, true]);
      const told: Told[] = await Promise.all(Object.values(first.sets).map((set) => hub.verify(set, 'wide')));
      expect(told.map(({ event }) => event)).toEqual(['session-revoked', 'account-disabled']);
      expect(Object.keys((await poll()).sets)).toHaveLength(3);
      const [one = '', two = ''] = Object.keys(first.sets);
      const rest = await poll({ returnImmediately: true, ack: [one], setErrs: { [two]: { err: 'invalid_request', description: 'no' } } });
      expect([Object.keys(rest.sets).length, rest.moreAvailable]).toEqual([1, false]);
      expect(await shown(id)).toMatchObject({ pending: 1, delivered: 1, deadLetters: 1 });
      expect((await poll({ maxEvents: 0, ack: Object.keys(rest.sets) })).sets).toEqual({});
      expect(await shown(id)).toMatchObject({ pending: 0 });
    });

    it('calls a stream that nobody polls behind, and says since when', async () => {
      const { id, poll } = await polled('wide');
      expect(await shown(id)).toMatchObject({ pollUrl: `${hub.issuer}/ssf/v1/poll/${id}`, endpointUrl: null, askedAt: null });
      const made = hub.clock.now();
      await freeze('users', 'bob');
      await hub.deliver();
      expect((await shown(id)).health.status).toBe('healthy');
      hub.clock.advance(60_000);
      const never = { status: 'behind', sentence: 'Nobody has ever asked for what waits.', since: made };
      expect((await shown(id)).health).toMatchObject(never);
      const asked = hub.clock.now();
      const { sets } = await poll();
      expect(await shown(id)).toMatchObject({
        askedAt: asked,
        health: { status: 'behind', sentence: 'Its receiver asks, and does not acknowledge all that waits.' },
      });
      hub.clock.advance(300_000);
      const gone = { status: 'behind', sentence: 'Nobody asks any more for what waits.', since: asked };
      expect((await shown(id)).health).toMatchObject(gone);
      const listed = z.object({ items: z.array(z.looseObject({ id: z.string() })) });
      const { items } = listed.parse(await (await hub.admin('GET', '/admin/v1/streams')).json());
      expect(items.find((one) => one.id === id)).toMatchObject({ health: gone });
      await hub.admin('POST', `/admin/v1/streams/${id}/pause`, {});
      expect((await shown(id)).health.status).toBe('healthy');
      await hub.admin('POST', `/admin/v1/streams/${id}/resume`, {});
      const told = await poll({ returnImmediately: true, ack: Object.keys(sets) });
      await poll({ returnImmediately: true, ack: Object.keys(told.sets) });
      expect(await shown(id)).toMatchObject({ pending: 0, health: { status: 'healthy', sentence: null } });
      await freeze('users', 'bob', 'unfreeze');
    });

    it('answers a poll that may wait as soon as something happens', async () => {
      const { poll } = await polled('wide');
      const waiting = poll({});
      await freeze('users', 'bob');
      expect(Object.keys((await waiting).sets).length).toBeGreaterThan(0);
      await freeze('users', 'bob', 'unfreeze');
    });

    it('keeps what happens while a stream is paused, and gives it up while it is disabled', async () => {
      const { id, token, poll } = await polled('wide');
      const to = (status: string) => hub.call('POST', '/ssf/v1/status', { token, body: { stream_id: id, status } });
      await to('paused');
      await freeze('users', 'bob');
      expect((await poll()).sets).toEqual({});
      expect(await (await to('enabled')).json()).toEqual({ stream_id: id, status: 'enabled' });
      const held = Object.keys((await poll()).sets);
      expect(held).toHaveLength(2);
      await to('disabled');
      await freeze('users', 'bob', 'unfreeze');
      await to('enabled');
      expect((await poll()).sets).toEqual({});
    });

    it('is switched off by an administrator, tells the receiver, and stays off whatever the receiver says', async () => {
      const { id, token, receiver } = await pushed('wide');
      await hub.admin('POST', `/admin/v1/streams/${id}/pause`, { reason: 'looking into it' });
      await freeze('users', 'bob');
      await freeze('users', 'bob', 'unfreeze');
      await hub.deliver();
      const told = await hub.heard(receiver, 'wide');
      expect(told.map(({ event, payload }) => ({ event, payload }))).toEqual([
        { event: 'stream-updated', payload: { status: 'paused', reason: 'looking into it' } },
      ]);
      expect((await hub.call('POST', '/ssf/v1/status', { token, body: { stream_id: id, status: 'enabled' } })).status).toBe(403);
      await hub.admin('POST', `/admin/v1/streams/${id}/resume`, {});
      await hub.deliver();
      expect(receiver.received).toHaveLength(5);
    });

    it('verifies a stream with the state that was asked with, at most once in the interval', async () => {
      const { id, token, receiver } = await pushed('wide');
      const ask = (state: string) => hub.call('POST', '/ssf/v1/verify', { token, body: { stream_id: id, state } });
      expect((await ask('one')).status).toBe(204);
      expect((await ask('two')).status).toBe(429);
      hub.clock.advance(11_000);
      expect((await ask('three')).status).toBe(204);
      await hub.deliver();
      const told = await hub.heard(receiver, 'wide');
      expect(told.map(({ payload }) => payload)).toEqual([{ state: 'one' }, { state: 'three' }]);
      expect(told[0]?.sub_id).toEqual({ format: 'opaque', id });
    });

    it('leaves out whom a receiver removed, until it adds them again', async () => {
      const { id, token, poll } = await polled('wide');
      const subject = { format: 'iss_sub', iss: hub.issuer, sub: 'bob' };
      const move = (verb: string) => hub.call('POST', `/ssf/v1/subjects/${verb}`, { token, body: { stream_id: id, subject } });
      expect((await move('remove')).status).toBe(204);
      await freeze('users', 'bob');
      expect((await poll()).sets).toEqual({});
      expect((await move('add')).status).toBe(200);
      await freeze('users', 'bob', 'unfreeze');
      expect(Object.keys((await poll()).sets)).toHaveLength(1);
    });

    it('delivers only the events that were asked for', async () => {
      const { poll } = await polled('wide', {
        body: { events_requested: ['https://schemas.openid.net/secevent/risc/event-type/account-enabled', 'https://example.com/unknown'] },
      });
      await freeze('users', 'bob');
      await freeze('users', 'bob', 'unfreeze');
      const told = await Promise.all(Object.values((await poll()).sets).map((set) => hub.verify(set, 'wide')));
      expect(told.map(({ event }) => event)).toEqual(['account-enabled']);
    });

    it('reads, changes, replaces and removes its configuration as SSF 1.0 says', async () => {
      const { id, token } = await polled('wide', { body: { description: 'a test' } });
      const at = `/ssf/v1/stream?stream_id=${id}`;
      const read = await hub.call('GET', at, { token });
      const configuration = z.looseObject({}).parse(await read.json());
      expect(configuration).toMatchObject({
        stream_id: id,
        iss: hub.issuer,
        aud: 'wide',
        description: 'a test',
        delivery: { method: 'urn:ietf:rfc:8936', endpoint_url: `${hub.issuer}/ssf/v1/poll/${id}` },
      });
      expect(await (await hub.call('GET', '/ssf/v1/stream', { token })).json()).toHaveLength(1);
      const changed = await hub.call('PATCH', '/ssf/v1/stream', { token, body: { ...configuration, description: 'another' } });
      expect([changed.status, await changed.json()]).toMatchObject([200, { description: 'another' }]);
      const wrong = await hub.call('PATCH', '/ssf/v1/stream', { token, body: { stream_id: id, aud: 'somebody else' } });
      expect(wrong.status).toBe(400);
      const replaced = await hub.call('PUT', '/ssf/v1/stream', { token, body: { stream_id: id } });
      expect(await replaced.json()).not.toHaveProperty('description');
      expect((await hub.call('DELETE', at, { token })).status).toBe(204);
      expect((await hub.call('GET', at, { token })).status).toBe(404);
      expect((await hub.call('DELETE', at, { token })).status).toBe(404);
    });

    it('shows its authorization header to the receiver alone, and to no other address', async () => {
      const { id, token, receiver } = await pushed('wide');
      const at = { method: 'urn:ietf:rfc:8935', endpoint_url: `${receiver.url}/events` };
      await hub.call('PATCH', '/ssf/v1/stream', {
        token,
        body: { stream_id: id, delivery: { ...at, authorization_header: 'Bearer sesame-0123456789' } },
      });
      await freeze('users', 'bob');
      await hub.deliver();
      expect(receiver.received.map(({ headers }) => headers.authorization)).toEqual([
        'Bearer sesame-0123456789',
        'Bearer sesame-0123456789',
      ]);
      const read = await (await hub.call('GET', `/ssf/v1/stream?stream_id=${id}`, { token })).text();
      const events = await (await hub.admin('GET', '/admin/v1/events?type=stream.changed')).text();
      expect(`${read}${events}${await (await hub.admin('GET', `/admin/v1/streams/${id}`)).text()}`).not.toContain('sesame');
      await hub.call('PATCH', '/ssf/v1/stream', {
        token,
        body: { stream_id: id, delivery: { ...at, endpoint_url: `${receiver.url}/elsewhere` } },
      });
      await freeze('users', 'bob', 'unfreeze');
      await hub.deliver();
      expect(receiver.received.at(-1)).toMatchObject({ path: '/elsewhere' });
      expect(receiver.received.at(-1)?.headers.authorization).toBeUndefined();
    });
  });
}
