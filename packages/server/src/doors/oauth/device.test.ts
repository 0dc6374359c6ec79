import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engines } from '../../../testing/database.ts';
import { rows } from '../../base/db.ts';
import type { House } from '../../house.ts';
import { expireAll } from '../../rooms/approvals/jobs.ts';
import { authorizePath, ISSUER } from '../journey/hub.suite.ts';
import { BANK, claimsIn, openWaiting, OPS, type Waiting } from './device.suite.ts';

for (const engine of engines()) {
  describe(`the device grant on ${engine}`, () => {
    let hub: Waiting;
    beforeAll(async () => {
      hub = await openWaiting({ engine });
    });
    afterAll(() => hub.close());
    // One for all tests: each node holds connections.
    let node: Promise<House> | undefined;
    const second = (): Promise<House> => (node ??= hub.secondNode());

    const newest = async (type: string) => (await hub.events(type)).at(-1);
    const count = async (type: string) => (await hub.events(type)).length;
    const allowed = async (user = 'ann', more: Record<string, string> = {}, scope?: string[]) => {
      const device = await hub.startDevice(more);
      const browser = await hub.signedIn(user);
      const done = await browser.submit(await hub.consentPage(browser, device.complete), 'allow', scope === undefined ? {} : { scope });
      expect(done.html).toContain('The device is in');
      return device;
    };

    describe('asking', () => {
      it('answers as RFC 8628 §3.2 says, with a code that people can read out', async () => {
        const told = await hub.send('/oauth/device', { client_id: 'tv', resource: OPS });
        expect(told).toMatchObject({ status: 200, body: { verification_uri: `${ISSUER}/device`, expires_in: 900, interval: 5 } });
        expect(told.body['user_code']).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
        expect(told.body['verification_uri_complete']).toBe(`${ISSUER}/device?user_code=${String(told.body['user_code'])}`);
        expect(told.headers.get('cache-control')).toContain('no-store');
      });

      it('is announced in the metadata', async () => {
        const metadata = await (await hub.house.fetch(new Request(`${ISSUER}/.well-known/oauth-authorization-server`))).json();
        expect(metadata).toMatchObject({
          device_authorization_endpoint: `${ISSUER}/oauth/device`,
          grant_types_supported: expect.arrayContaining(['urn:ietf:params:oauth:grant-type:device_code']),
        });
      });

      it('keeps neither code as it is', async () => {
        const { deviceCode, userCode } = await hub.startDevice();
        const found = JSON.stringify(await rows(hub.house.rooms.database.db, sql`SELECT * FROM pending_authorizations`));
        expect(found).not.toContain(deviceCode);
        expect(found).not.toContain(userCode);
        expect(found).not.toContain(userCode.replace('-', ''));
        expect(JSON.stringify(await hub.events())).not.toContain(userCode);
      });

      it.each([
        ['a scope that the resource does not have', { scope: 'nothing:here' }, 'invalid_scope'],
        ['a resource that is not here', { resource: 'https://else.test/mcp' }, 'invalid_target'],
        ['details that are no JSON', { authorization_details: '{' }, 'invalid_authorization_details'],
        ['details without a type', { authorization_details: '[{"amount":1}]' }, 'invalid_authorization_details'],
        ['details beyond reading', { authorization_details: JSON.stringify([{ type: 'x', text: 'y'.repeat(9_000) }]) }, 'invalid_request'],
        ['details that the resource does not know', { authorization_details: '[{"type":"x"}]' }, 'invalid_authorization_details'],
        ['a max_age that is no number', { max_age: 'soon' }, 'invalid_request'],
      ])('refuses %s, and starts nothing', async (_, more, error) => {
        const before = await hub.count('pending_authorizations');
        const told = await hub.send('/oauth/device', { client_id: 'tv', resource: OPS, ...more });
        expect(told).toMatchObject({ status: 400, body: { error } });
        expect(await hub.count('pending_authorizations')).toBe(before);
        expect(await newest('journey.refused')).toMatchObject({ actor: { client: 'tv' }, data: { error } });
      });

      it('refuses a client that is not registered for it, is unknown, or is stopped', async () => {
        expect(await hub.send('/oauth/device', { client_id: 'cli' })).toMatchObject({
          status: 400,
          body: { error: 'unauthorized_client' },
        });
        expect(await hub.send('/oauth/device', { client_id: 'nobody' })).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
        await hub.contain({
          kind: 'client',
          id: 'radio',
          to: 'frozen',
          reason: 'test',
          by: { initiator: 'hub', actor: {}, origin: { request: 't' } },
        });
        expect(await hub.send('/oauth/device', { client_id: 'radio' })).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
        await hub.contain({
          kind: 'client',
          id: 'radio',
          to: 'active',
          reason: 'test',
          by: { initiator: 'hub', actor: {}, origin: { request: 't' } },
        });
      });

      it('refuses a parameter that stands twice', async () => {
        const form = new URLSearchParams('client_id=tv&scope=a&scope=b');
        expect(await hub.send('/oauth/device', form)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
      });
    });

    describe('answering', () => {
      it('shows who asks, from where and when, and lets the device in with what was ticked', async () => {
        const device = await hub.startDevice();
        expect(await newest('approval.requested')).toMatchObject({ actor: { client: 'tv' }, data: { kind: 'device_code' } });
        hub.clock.advance(3 * 60_000);
        const browser = await hub.signedIn('ann');
        const typed = await browser.open(device.complete);
        expect(typed.html).toContain(`value="${device.userCode}"`);
        const page = await browser.submit(typed, 'continue');
        for (const seen of ['Acme TV', 'Asked by another device', '3 minutes ago', '127.0.0.1', 'tv/1.0', 'press Deny'])
          expect(page.html).toContain(seen);
        const done = await browser.submit(page, 'allow', { scope: ['incidents:read'] });
        expect(done.html).toContain('The device is in');
        const got = await hub.pollDevice(device.deviceCode);
        expect(got).toMatchObject({
          status: 200,
          body: { scope: 'incidents:read', token_type: 'Bearer', refresh_token: expect.any(String) },
        });
        expect(claimsIn(got)).toMatchObject({ sub: 'ann', client_id: 'tv', tenant: 'acme', aud: OPS });
        expect(await newest('approval.given')).toMatchObject({ actor: { user: 'ann', client: 'tv' }, tenant: 'acme' });
        expect(await newest('token.issued')).toMatchObject({ data: { grant: 'urn:ietf:params:oauth:grant-type:device_code' } });
      });

      it('leads through sign-in and keeps the code on the way', async () => {
        const device = await hub.startDevice();
        const browser = hub.browser();
        const page = await browser.open(device.complete);
        expect(page.html).toContain('to let a device in');
        const typed = await browser.submit(page, 'continue', { email: 'ann@acme.test', password: 'correct-horse-9-battery' });
        expect(typed.html).toContain(`value="${device.userCode}"`);
      });

      it('takes the code however it is typed', async () => {
        const device = await hub.startDevice();
        const browser = await hub.signedIn('ann');
        const page = await browser.submit(await browser.open('/device'), 'continue', {
          code: ` ${device.userCode.toLowerCase().replace('-', '  ')} `,
        });
        expect(page.html).toContain('Asked by another device');
      });

      it('asks again for every device, whatever was allowed before, and opens no other way', async () => {
        await allowed();
        const again = await hub.startDevice();
        const browser = await hub.signedIn('ann');
        expect((await hub.consentPage(browser, again.complete)).buttons).toContain('allow');
        const elsewhere = await browser.open(authorizePath({ client_id: 'own', redirect_uri: 'https://own.example/cb' }));
        expect(elsewhere.location ?? '').toContain('code=');
        const grants = await rows(
          hub.house.rooms.database.db,
          sql<{ redirect_uri: string }>`SELECT redirect_uri FROM grants WHERE client_id = 'tv'`,
        );
        expect(grants).toEqual([{ redirect_uri: 'urn:ietf:params:oauth:grant-type:device_code' }]);
      });

      it('binds what was to be allowed in detail into the token, having shown it', async () => {
        const details = [{ type: 'payment', amount: 12.5, creditor: 'ACME <b>Corp</b>' }];
        const device = await hub.startDevice({ resource: BANK, scope: 'accounts:pay', authorization_details: JSON.stringify(details) });
        const browser = await hub.signedIn('ann');
        const page = await hub.consentPage(browser, device.complete);
        for (const seen of ['Make a payment', 'Goes to', 'ACME &lt;b&gt;Corp&lt;/b&gt;', '12.5']) expect(page.html).toContain(seen);
        await browser.submit(page, 'allow');
        const got = await hub.pollDevice(device.deviceCode);
        expect(claimsIn(got)).toMatchObject({ authorization_details: details });
        const refreshed = await hub.send('/oauth/token', {
          grant_type: 'refresh_token',
          client_id: 'tv',
          refresh_token: String(got.body['refresh_token']),
        });
        expect(claimsIn(refreshed)).toMatchObject({ authorization_details: details });
      });

      it('takes a no for good', async () => {
        const device = await hub.startDevice();
        const browser = await hub.signedIn('ann');
        const page = await hub.consentPage(browser, device.complete);
        expect((await browser.submit(page, 'deny')).html).toContain('The device was refused');
        expect(await newest('approval.refused')).toMatchObject({ actor: { user: 'ann', client: 'tv' }, reason: 'user_refused' });
        for (let times = 0; times < 2; times += 1) {
          expect(await hub.pollDevice(device.deviceCode)).toMatchObject({ status: 400, body: { error: 'access_denied' } });
          hub.clock.advance(10_000);
        }
        expect((await browser.submit(await browser.open(device.complete), 'continue')).html).toContain('not one of ours');
        expect([400, 403]).toContain((await browser.submit(page, 'allow')).status);
        expect(await hub.pollDevice(device.deviceCode)).toMatchObject({ body: { error: 'access_denied' } });
      });

      it('lets one of two people decide who typed the same code', async () => {
        const device = await hub.startDevice();
        const [ann, dan] = [await hub.signedIn('ann'), await hub.signedIn('dan')];
        const pages = [await hub.consentPage(ann, device.complete), await hub.consentPage(dan, device.complete)];
        const ends = await Promise.all([ann.submit(pages[0] ?? fail(), 'allow'), dan.submit(pages[1] ?? fail(), 'allow')]);
        expect(ends.filter(({ html }) => html.includes('The device is in'))).toHaveLength(1);
        expect(ends.filter(({ html }) => html.includes('answered already'))).toHaveLength(1);
      });

      it('hides what policy does not let a device have, and refuses a refresh when it no longer does', async () => {
        const device = await allowed();
        const got = await hub.pollDevice(device.deviceCode);
        await hub.policy({
          id: 'no-tv',
          effect: 'deny',
          subject: { clients: ['tv'] },
          target: { resources: ['ops'] },
          grants: ['device_code'],
          scopes: ['incidents:write'],
        });
        const browser = await hub.signedIn('ann');
        const page = await hub.consentPage(browser, (await hub.startDevice()).complete);
        expect(page.html).toContain('incidents:read');
        expect(page.html).not.toContain('incidents:write');
        const refreshed = await hub.send('/oauth/token', {
          grant_type: 'refresh_token',
          client_id: 'tv',
          refresh_token: String(got.body['refresh_token']),
        });
        expect(refreshed.body['scope']).toBe('incidents:read');
        await hub.admin('DELETE', '/admin/v1/policies/no-tv');
      });

      it('does not let a device act in a tenant that allows no devices', async () => {
        await hub.tenant({ id: 'acme', name: 'Acme', settings: { allowedGrants: ['authorization_code'] } });
        const device = await hub.startDevice();
        const browser = await hub.signedIn('ann');
        const page = await browser.submit(await browser.open(device.complete), 'continue');
        expect(page.html).toContain('does not let apps act for its people this way');
        await browser.submit(page, 'continue');
        expect(await hub.pollDevice(device.deviceCode)).toMatchObject({ body: { error: 'access_denied' } });
        await hub.tenant({ id: 'acme', name: 'Acme' });
      });
    });

    describe('polling', () => {
      it('waits, is told to slow down by five seconds each time, and remembers it on every node', async () => {
        const { deviceCode } = await hub.startDevice();
        const other = await second();
        const poll = (node = hub.house) => hub.pollDevice(deviceCode, {}, node);
        const entries = await count('token.refused');
        expect(await poll()).toMatchObject({ status: 400, body: { error: 'authorization_pending' } });
        hub.clock.advance(5_000);
        expect((await poll(other)).body).toMatchObject({ error: 'authorization_pending' });
        expect(await count('token.refused')).toBe(entries);
        hub.clock.advance(3_000);
        expect((await poll()).body).toMatchObject({ error: 'slow_down' });
        hub.clock.advance(5_000);
        expect((await poll(other)).body).toMatchObject({ error: 'slow_down' });
        hub.clock.advance(15_000);
        expect((await poll()).body).toMatchObject({ error: 'authorization_pending' });
        expect(await count('token.refused')).toBe(entries + 2);
      });

      it('is over after its time, with an entry, also for who could not decide in time', async () => {
        const device = await hub.startDevice();
        const browser = await hub.signedIn('ann');
        const page = await hub.consentPage(browser, device.complete);
        hub.clock.advance(900_000);
        expect(await hub.pollDevice(device.deviceCode)).toMatchObject({ status: 400, body: { error: 'expired_token' } });
        expect((await browser.submit(page, 'allow')).html).toContain('answered already, or it is too old');
        const before = await count('approval.expired');
        await expireAll({ audit: hub.house.rooms.audit, clock: hub.clock });
        expect(await count('approval.expired')).toBeGreaterThan(before);
        expect(await hub.pollDevice(device.deviceCode)).toMatchObject({ body: { error: 'expired_token' } });
      });

      it('gives the token once', async () => {
        const { deviceCode } = await allowed();
        expect((await hub.pollDevice(deviceCode)).status).toBe(200);
        expect(await hub.pollDevice(deviceCode)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
      });

      it('gives one token to twenty polls at once on two nodes', async () => {
        const { deviceCode } = await allowed();
        const other = await second();
        const answers = await Promise.all(
          Array.from({ length: 20 }, (_, index) => hub.pollDevice(deviceCode, {}, index % 2 === 0 ? hub.house : other)),
        );
        expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
        expect(answers.filter(({ body }) => body['error'] === 'invalid_grant')).toHaveLength(19);
      });

      it('is nothing for another client, and does not slow the right one down', async () => {
        const { deviceCode } = await hub.startDevice();
        expect(await hub.pollDevice(deviceCode)).toMatchObject({ body: { error: 'authorization_pending' } });
        for (let times = 0; times < 3; times += 1)
          expect(await hub.pollDevice(deviceCode, { client_id: 'radio' })).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
        expect(await newest('token.refused')).toMatchObject({ reason: 'client_mismatch', actor: { client: 'radio' } });
        hub.clock.advance(5_000);
        expect(await hub.pollDevice(deviceCode)).toMatchObject({ body: { error: 'authorization_pending' } });
      });

      it('is nothing with a code that never was, and refused without one', async () => {
        expect(await hub.pollDevice('x'.repeat(43))).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
        expect(await hub.pollDevice('')).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
      });

      it('gives nothing when the user was stopped after saying yes', async () => {
        const device = await allowed('dan');
        const by = { initiator: 'hub', actor: {}, origin: { request: 't' } } as const;
        await hub.contain({ kind: 'user', id: 'dan', to: 'frozen', reason: 'test', by });
        expect(await hub.pollDevice(device.deviceCode)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
        await hub.contain({ kind: 'user', id: 'dan', to: 'active', reason: 'test', by });
        expect(await hub.pollDevice(device.deviceCode)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
      });

      it('waits for an approval that policy wants besides, without asking the user again', async () => {
        const approval = { from: { users: ['dan'] }, count: 1, expiresIn: 3_600 };
        const reach = { subject: { clients: ['tv'] }, target: { resources: ['ops'] }, scopes: ['incidents:write'] };
        await hub.policy({ id: 'tv-needs-leave', effect: 'require', ...reach, require: { approval } });
        const { deviceCode } = await allowed();
        const first = await hub.pollDevice(deviceCode, { scope: 'incidents:write' });
        expect(first).toMatchObject({ status: 400, body: { error: 'interaction_required' } });
        const id = String(first.body['approval_id']);
        const poll = () => hub.pollDevice(deviceCode, { scope: 'incidents:write', approval_id: id });
        expect((await poll()).body).toMatchObject({ error: 'authorization_pending' });
        expect((await poll()).body).toMatchObject({ error: 'slow_down' });
        hub.clock.advance(1_200_000);
        expect((await poll()).body).toMatchObject({ error: 'expired_token' });
        await hub.admin('DELETE', '/admin/v1/policies/tv-needs-leave');
      });

      it('keeps a yes alive for a day while people are asked, and no longer (a code that outlives its consent)', async () => {
        const approval = { from: { users: ['dan'] }, count: 1, expiresIn: 600 };
        const reach = { subject: { clients: ['tv'] }, target: { resources: ['ops'] }, scopes: ['incidents:write'] };
        await hub.policy({ id: 'tv-needs-leave', effect: 'require', ...reach, require: { approval } });
        const { deviceCode } = await allowed();
        const poll = async () => String((await hub.pollDevice(deviceCode, { scope: 'incidents:write' })).body['error']);
        let polls = 0;
        for (; polls < 500 && (await poll()) === 'interaction_required'; polls += 1) hub.clock.advance(590_000);
        expect([polls > 100, polls < 160, await poll()]).toEqual([true, true, 'expired_token']);
        await hub.admin('DELETE', '/admin/v1/policies/tv-needs-leave');
      });

      it('takes the token when the approval was given, and names it there', async () => {
        const approval = { from: { users: ['dan'] }, count: 1, expiresIn: 3_600 };
        const reach = { subject: { clients: ['tv'] }, target: { resources: ['ops'] }, scopes: ['incidents:write'] };
        await hub.policy({ id: 'tv-needs-leave', effect: 'require', ...reach, require: { approval } });
        const { deviceCode } = await allowed();
        const more = { scope: 'incidents:write' };
        const id = String((await hub.pollDevice(deviceCode, more)).body['approval_id']);
        const by = { initiator: 'human', actor: { user: 'dan' }, origin: { request: 't' } } as const;
        expect(await hub.house.rooms.deciding.decide({ id, userId: 'dan', verdict: 'give', by })).toMatchObject({ ok: true });
        const got = await hub.pollDevice(deviceCode, more);
        expect(got.status).toBe(200);
        expect(claimsIn(got)).toMatchObject({ sub: 'ann', approval_id: id });
        expect(await hub.pollDevice(deviceCode, more)).toMatchObject({ body: { error: 'invalid_grant' } });
        await hub.admin('DELETE', '/admin/v1/policies/tv-needs-leave');
      });

      it('names no other resource than the one that was allowed', async () => {
        const { deviceCode } = await allowed();
        expect(await hub.pollDevice(deviceCode, { resource: 'https://else.test' })).toMatchObject({ body: { error: 'invalid_target' } });
      });
    });

    it.each(['constructor', '__proto__', 'toString'])(
      'shows nothing of its insides for the word %s in an address (prototype lookup)',
      async (word) => {
        const browser = await hub.signedIn('ann');
        for (const path of [
          `/account/answered?how=${word}`,
          `/device?done=${word}`,
          `/account?done=${word}`,
          `/account/security?done=${word}`,
        ]) {
          const { html } = await browser.open(path);
          expect(html).not.toMatch(/native code|\[object Object\]|<h1><\/h1>/);
        }
      },
    );

    describe('guessing', () => {
      it('writes down a wrong code, and rests after twenty from one person', async () => {
        const browser = await hub.signedIn('bob');
        const page = await browser.open('/device');
        const wrong = await browser.submit(page, 'continue', { code: 'BBBB-CCCC' });
        expect(wrong.status).toBe(400);
        expect(wrong.html).toContain('not one of ours');
        expect(await newest('journey.refused')).toMatchObject({ reason: 'user_code_unknown', actor: { user: 'bob' } });
        for (let times = 0; times < 19; times += 1) await browser.submit(page, 'continue', { code: 'BBBB-CCCC' });
        const { userCode } = await hub.startDevice();
        const locked = await browser.submit(page, 'continue', { code: userCode });
        expect(locked.status).toBe(429);
        expect(await newest('approval.rate_limited')).toMatchObject({ actor: { user: 'bob' }, data: { kind: 'user_code' } });
        hub.clock.advance(600_000);
      });

      it('takes no page that it did not show', async () => {
        const { userCode } = await hub.startDevice();
        const browser = await hub.signedIn('ann');
        const page = await browser.open('/device');
        expect((await browser.submit(page, 'continue', { code: userCode, token: 'x'.repeat(43) })).status).toBe(403);
        expect((await browser.submit(page, 'continue', { code: userCode, token: null })).status).toBe(403);
      });

      it('starts no more than a hundred and twenty codes for one network in a quarter of an hour', async () => {
        hub.clock.advance(1_000_000);
        const answers = await Promise.all(Array.from({ length: 125 }, () => hub.send('/oauth/device', { client_id: 'tv', resource: OPS })));
        expect(answers.filter(({ status }) => status === 200)).toHaveLength(120);
        const late = answers.find(({ status }) => status === 429);
        expect(late).toMatchObject({ body: { error: 'slow_down' } });
        expect(late?.headers.get('retry-after')).toBe('900');
      });
    });
  });
}

function fail(): never {
  throw new Error('no page');
}
