import { createServer, type IncomingHttpHeaders } from 'node:http';
import { once } from 'node:events';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../testing/database.ts';
import { rows } from '../../base/db.ts';
import type { House } from '../../house.ts';
import { expireAll } from '../../rooms/approvals/jobs.ts';
import { ISSUER, PASSWORD } from '../journey/hub.suite.ts';
import { claimsIn, openWaiting, OPS, type Waiting } from './device.suite.ts';

for (const engine of engines()) {
  describe(`backchannel requests (CIBA) on ${engine}`, () => {
    let hub: Waiting;
    beforeAll(async () => {
      hub = await openWaiting({ engine, env: { WRIT_ALLOW_LOOPBACK: 'true' } });
    });
    afterAll(() => hub.close());
    // One for all tests: each node holds connections.
    let node: Promise<House> | undefined;
    const second = (): Promise<House> => (node ??= hub.secondNode());

    const newest = async (type: string) => (await hub.events(type)).at(-1);
    const quiet = () => hub.clock.advance(61_000);
    const request = (more: Record<string, string>, client = 'desk') =>
      hub.send('/oauth/backchannel', { login_hint: 'ann@acme.test', resource: OPS, scope: 'openid incidents:read', ...more }, client);
    const linkIn = async (): Promise<string> => {
      await hub.settle();
      return /http:\S+/.exec(hub.mailer.kept()[0]?.text ?? '')?.[0] ?? '';
    };
    const answered = async (action: 'allow' | 'deny', more: Record<string, string> = {}) => {
      quiet();
      const id = await hub.ask(more);
      const browser = await hub.signedIn('ann');
      const page = await browser.open(await linkIn());
      return { id, page, done: await browser.submit(page, action) };
    };

    it('is announced in the metadata', async () => {
      const metadata = await (await hub.house.fetch(new Request(`${ISSUER}/.well-known/openid-configuration`))).json();
      expect(metadata).toMatchObject({
        backchannel_authentication_endpoint: `${ISSUER}/oauth/backchannel`,
        backchannel_token_delivery_modes_supported: ['poll', 'ping'],
        backchannel_user_code_parameter_supported: false,
        grant_types_supported: expect.arrayContaining(['urn:openid:params:grant-type:ciba']),
      });
      expect(metadata).not.toHaveProperty('backchannel_authentication_request_signing_alg_values_supported');
    });

    it('asks the user by mail, with the message on the page and not in the mail, and gives the token to who polls', async () => {
      const told = await request({ binding_message: 'Order 4711, Zürich' });
      expect(told).toMatchObject({
        status: 200,
        body: { auth_req_id: expect.stringMatching(/^[\w-]{43}$/), expires_in: 300, interval: 5 },
      });
      const id = String(told.body['auth_req_id']);
      expect(await hub.pollAsked(id)).toMatchObject({ status: 400, body: { error: 'authorization_pending' } });
      const link = await linkIn();
      expect(hub.mailer.kept()[0]).toMatchObject({ to: 'ann@acme.test', text: expect.not.stringContaining('4711') });
      const browser = hub.browser();
      const page = await browser.submit(await browser.open(link), 'continue', { email: 'ann@acme.test', password: PASSWORD });
      for (const seen of ['Service desk', 'Order 4711, Zürich', 'Asked without a browser']) expect(page.html).toContain(seen);
      expect((await browser.submit(page, 'allow')).html).toContain('It goes on by itself');
      const got = await hub.pollAsked(id);
      expect(got).toMatchObject({
        status: 200,
        body: { scope: 'incidents:read openid', id_token: expect.any(String), refresh_token: expect.any(String) },
      });
      expect(claimsIn(got)).toMatchObject({ sub: 'ann', client_id: 'desk', tenant: 'acme' });
      expect(claimsIn(got, 'id_token')).toMatchObject({ sub: 'ann', aud: 'desk' });
      expect(await newest('approval.given')).toMatchObject({ actor: { user: 'ann', client: 'desk' }, data: { kind: 'ciba' } });
      expect(await hub.pollAsked(id)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    });

    it('stands on the account page until it is answered', async () => {
      quiet();
      await hub.ask();
      const browser = await hub.signedIn('ann');
      const account = await browser.open('/account');
      expect(account.html).toContain('Waiting for your answer');
      expect(account.html).toContain('Service desk');
      const href = /href="(\/account\/approvals\/ask_[^"]+)"/.exec(account.html)?.[1] ?? '';
      await browser.submit(await browser.open(href), 'deny');
      expect((await browser.open('/account')).html).not.toContain(href);
    });

    it('takes a no for good, and tells the client', async () => {
      const { id, done } = await answered('deny');
      expect(done.html).toContain('You refused');
      expect(await hub.pollAsked(id)).toMatchObject({ status: 400, body: { error: 'access_denied' } });
      expect(await newest('approval.refused')).toMatchObject({ actor: { user: 'ann', client: 'desk' } });
    });

    it('asks only whom it means: to everybody else there is nothing', async () => {
      quiet();
      const id = await hub.ask();
      const link = await linkIn();
      const dan = await hub.signedIn('dan');
      const shown = await dan.open(link);
      expect(shown.status).toBe(404);
      expect(shown.html.replaceAll(/req_\w+/g, '')).toBe(
        (await dan.open('/account/approvals/ask_00000000000000000000000000')).html.replaceAll(/req_\w+/g, ''),
      );
      // Signing in as somebody else on the way, and saying no, is not the user's no.
      const ann = await hub.signedIn('ann');
      const switched = await ann.submit(await ann.open(link), 'switch');
      const denied = await ann.submit(switched, 'continue', { email: 'dan@acme.test', password: PASSWORD });
      expect(denied.html).toContain('another account');
      await ann.submit(denied, 'continue');
      expect(await hub.pollAsked(id)).toMatchObject({ body: { error: 'authorization_pending' } });
    });

    it('answers alike for users that exist and that do not, and nobody ever answers the latter', async () => {
      quiet();
      const known = await request({});
      const unknown = await request({ login_hint: 'nobody@acme.test' });
      expect(unknown.status).toBe(known.status);
      expect({ ...unknown.body, auth_req_id: '' }).toEqual({ ...known.body, auth_req_id: '' });
      const mails = hub.mailer.kept().length;
      await hub.settle();
      expect(hub.mailer.kept().filter(({ to }) => to === 'nobody@acme.test')).toEqual([]);
      expect(mails).toBeGreaterThan(0);
      const id = String(unknown.body['auth_req_id']);
      expect(await hub.pollAsked(id)).toMatchObject({ body: { error: 'authorization_pending' } });
      hub.clock.advance(300_000);
      expect(await hub.pollAsked(id)).toMatchObject({ body: { error: 'expired_token' } });
    });

    it('counts strangers to the tenants of the client among those who do not exist', async () => {
      quiet();
      expect((await request({ login_hint: 'ann@acme.test' }, 'bank')).status).toBe(200);
      expect(await newest('approval.requested')).toMatchObject({ reason: 'hint_names_nobody', actor: { client: 'bank' } });
    });

    it('says unknown_user_id where an administrator wants it said', async () => {
      await hub.admin('PUT', '/admin/v1/settings/approvals', { unknownUsers: 'tell', freshLogin: 900 });
      quiet();
      expect(await request({ login_hint: 'nobody@acme.test' })).toMatchObject({ status: 400, body: { error: 'unknown_user_id' } });
      await hub.admin('PUT', '/admin/v1/settings/approvals', { unknownUsers: 'conceal', freshLogin: 900 });
    });

    it('takes an id_token of the same client for a hint', async () => {
      const { id } = await answered('allow');
      const token = String((await hub.pollAsked(id)).body['id_token']);
      hub.clock.advance(86_400_000);
      const form = { id_token_hint: token, resource: OPS, scope: 'openid incidents:read' };
      expect((await hub.send('/oauth/backchannel', form, 'desk')).status).toBe(200);
      expect(await newest('approval.requested')).toMatchObject({ actor: { user: 'ann', client: 'desk' } });
      expect(await hub.send('/oauth/backchannel', form, 'bank')).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
      expect(await hub.send('/oauth/backchannel', { ...form, id_token_hint: `${token}x` }, 'desk')).toMatchObject({
        body: { error: 'invalid_request' },
      });
    });

    it.each([
      ['no hint', { login_hint: '' }, 'invalid_request'],
      ['two hints', { id_token_hint: 'x' }, 'invalid_request'],
      ['a login_hint_token', { login_hint: '', login_hint_token: 'x' }, 'invalid_request'],
      ['a signed request', { request: 'eyJ.eyJ.x' }, 'invalid_request'],
      ['an expiry that is no number', { requested_expiry: '-5' }, 'invalid_request'],
      ['a message with markup', { binding_message: '<b>Order</b>' }, 'invalid_binding_message'],
      ['a message of two lines', { binding_message: 'Order\n4711' }, 'invalid_binding_message'],
      ['a message that turns the text around', { binding_message: 'Order \u202E1174' }, 'invalid_binding_message'],
      ['a message of two thousand letters', { binding_message: 'a'.repeat(2_000) }, 'invalid_binding_message'],
      ['a scope that the resource does not have', { scope: 'nothing:here' }, 'invalid_scope'],
      ['a resource that is not here', { resource: 'https://else.test' }, 'invalid_target'],
    ])('refuses %s, and asks nobody', async (_, more, error) => {
      quiet();
      const before = await hub.count('pending_authorizations');
      expect(await request(more)).toMatchObject({ status: 400, body: { error } });
      expect(await hub.count('pending_authorizations')).toBe(before);
      expect(await newest('journey.refused')).toMatchObject({ data: { error } });
    });

    it('is for clients that prove themselves and are registered for it', async () => {
      expect(await request({}, 'plain')).toMatchObject({ status: 400, body: { error: 'unauthorized_client' } });
      expect(await hub.send('/oauth/backchannel', { client_id: 'desk', login_hint: 'ann@acme.test' })).toMatchObject({
        status: 401,
        body: { error: 'invalid_client' },
      });
      expect(await hub.send('/oauth/token', { grant_type: 'urn:openid:params:grant-type:ciba', auth_req_id: 'x' }, 'plain')).toMatchObject({
        body: { error: 'unauthorized_client' },
      });
    });

    it('keeps to the expiry that was asked for, up to an hour', async () => {
      quiet();
      expect((await request({ requested_expiry: '60' })).body['expires_in']).toBe(60);
      expect((await request({ requested_expiry: '999999' })).body['expires_in']).toBe(3_600);
      hub.clock.advance(60_000);
      await expireAll({ audit: hub.house.rooms.audit, clock: hub.clock });
      expect(await newest('approval.expired')).toMatchObject({ target: { type: 'approval' } });
    });

    it('is nothing for another client', async () => {
      quiet();
      const id = await hub.ask();
      const form = { grant_type: 'urn:openid:params:grant-type:ciba', auth_req_id: id };
      expect(await hub.send('/oauth/token', form, 'bank')).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
      expect(await newest('token.refused')).toMatchObject({ reason: 'client_mismatch' });
    });

    it('feeds no device code to who polls with an auth_req_id, nor the other way round', async () => {
      quiet();
      const [{ deviceCode }, id] = [await hub.startDevice(), await hub.ask()];
      expect(await hub.pollAsked(deviceCode)).toMatchObject({ body: { error: 'invalid_grant' } });
      expect(await hub.pollDevice(id)).toMatchObject({ body: { error: 'invalid_grant' } });
    });

    it('asks one person five times a minute for one client, and no more, whether they exist or not', async () => {
      quiet();
      for (const hint of ['bob@acme.test', 'nobody-else@acme.test']) {
        const answers = [];
        for (let times = 0; times < 8; times += 1) answers.push(await request({ login_hint: hint }));
        expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
        expect(answers.at(-1)?.headers.get('retry-after')).toBe('60');
      }
      expect((await hub.events('approval.rate_limited')).length).toBeGreaterThanOrEqual(6);
      await hub.settle();
      expect(hub.mailer.kept().filter(({ to }) => to === 'bob@acme.test')).toHaveLength(5);
    });

    it('054 tells by no spelling of a name, and by no second name, whether there is such a person (enumeration by the limit)', async () => {
      quiet();
      await hub.settle();
      const before = hub.mailer.kept().filter(({ to }) => to === 'bob@acme.test').length;
      for (const who of ['bob', 'nobody-at-all']) {
        const asked = async (hint: string, times: number) => {
          const answers = [];
          for (let time = 0; time < times; time += 1) answers.push((await request({ login_hint: hint })).status);
          return answers;
        };
        expect(await asked(`${who}@acme.test`, 5)).toEqual([200, 200, 200, 200, 200]);
        expect(await asked(`${who.toUpperCase()}@Acme.Test`, 1)).toEqual([429]);
        expect(await asked(who, 6)).toEqual([200, 200, 200, 200, 200, 429]);
      }
      await hub.settle();
      expect(hub.mailer.kept().filter(({ to }) => to === 'bob@acme.test')).toHaveLength(before + 5);
    });

    it('gives one token to twenty polls at once on two nodes', async () => {
      const { id } = await answered('allow');
      const other = await second();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => hub.pollAsked(id, {}, index % 2 === 0 ? hub.house : other)),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    });

    describe('ping', () => {
      let called: { headers: IncomingHttpHeaders; body: string }[] = [];
      let answers: number[] = [];
      const server = createServer((asked, reply) => {
        let text = '';
        asked.on('data', (chunk: Buffer) => (text += chunk.toString()));
        asked.on('end', () => {
          called.push({ headers: asked.headers, body: text });
          reply.writeHead(answers.shift() ?? 204).end();
        });
      });
      beforeAll(async () => {
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
        const address = server.address();
        const port = typeof address === 'object' && address !== null ? address.port : 0;
        const settings = { backchannel: { delivery: 'ping', notificationEndpoint: `http://127.0.0.1:${port}/ring` } };
        await hub.client({
          id: 'desk',
          name: 'Service desk',
          grants: ['ciba', 'refresh_token'],
          auth: { secrets: [{ value: 'a-long-secret-of-the-desk' }] },
          settings,
        });
      });
      afterAll(() => void server.close());

      it('wants a token to ring with', async () => {
        quiet();
        expect(await request({})).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
        expect(await request({ client_notification_token: 'two words' })).toMatchObject({ body: { error: 'invalid_request' } });
      });

      it('rings once when the user has answered, with the token, and keeps neither id nor token in the open', async () => {
        called = [];
        const { id } = await answered('allow', { client_notification_token: 'ring-me-8d9f67d8' });
        await hub.settle();
        expect(called.map(({ headers, body }) => [headers.authorization, JSON.parse(body)])).toEqual([
          ['Bearer ring-me-8d9f67d8', { auth_req_id: id }],
        ]);
        const kept = JSON.stringify(
          await rows(
            hub.house.rooms.database.db,
            sql`SELECT id, request::text, encode(coalesce(notice, ''), 'escape') FROM pending_authorizations`,
          ),
        );
        expect(kept).not.toContain('ring-me-8d9f67d8');
        expect(kept).not.toContain(id);
        expect((await hub.pollAsked(id)).status).toBe(200);
      });

      it('rings again later when nobody answered the bell, also for a no', async () => {
        called = [];
        answers = [500];
        await answered('deny', { client_notification_token: 'ring-me-again' });
        const { bell } = hub.house.rooms;
        await hub.settle();
        expect(called).toHaveLength(1);
        await bell.ringDue();
        expect(called).toHaveLength(1);
        hub.clock.advance(31_000);
        await bell.ringDue();
        await bell.ringDue();
        expect(called).toHaveLength(2);
      });
    });
  });
}
