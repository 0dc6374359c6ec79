import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { engines } from '../../../testing/database.ts';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { digest } from '../../base/digest.ts';
import { newSecret } from '../../base/ids.ts';
import { beginAttempt, sweepAttempts, takeAttempt, whyNot } from './attempt.store.ts';
import { providerLinks } from './links.store.ts';
import { openProviderSecret } from './store.ts';

const OIDC = { name: 'Corp', issuer: 'https://idp.test', clientId: 'hub', clientSecret: { value: 'canary-secret-of-the-hub' } };
const PAGE = { type: 'external', url: 'https://login.test/writ', clientSecret: { value: 'canary-secret-that-both-of-them-have' } };
const faults = z.object({ errors: z.array(z.object({ field: z.string(), message: z.string() })) });

for (const engine of engines()) {
  describe(`identity providers on ${engine}`, () => {
    let hub: TestHouse;
    beforeAll(async () => {
      hub = await testHouse({ engine, env: { WRIT_FLOW_NETWORKS: '10.1.0.0/16' } });
      await hub.apply({
        tenants: [{ id: 'acme', name: 'Acme', domains: ['acme.test'] }],
        roles: [{ name: 'SRE' }],
        users: [{ id: 'ann', email: 'ann@acme.test', emailVerified: true, tenants: [{ id: 'acme', roles: [] }] }],
      });
    });
    afterAll(() => hub.close());
    const put = (id: string, of: object) => hub.admin('PUT', `/admin/v1/identity-providers/${id}`, of);
    const fieldsOf = async (answer: Response) => faults.parse(await answer.json()).errors.map(({ field }) => field);
    const secretOf = (id: string) => openProviderSecret(hub.house.rooms.database.db, hub.house.rooms.box, id);

    it('are put, shown without their secret, left alone when nothing differs, and removed', async () => {
      const made = await put('corp', OIDC);
      expect(made.status).toBe(201);
      const shown: unknown = await made.json();
      expect(shown).toMatchObject({
        id: 'corp',
        type: 'oidc',
        state: 'on',
        hasSecret: true,
        clientAuth: 'client_secret_basic',
        scopes: ['openid', 'email', 'profile'],
        users: { jit: true, link: 'none', trustEmail: false },
        callback: `${hub.issuer}/journey/callback/corp`,
        way: 'oidc:corp',
      });
      expect(JSON.stringify(shown)).not.toContain('canary');
      expect((await put('corp', { ...OIDC, clientSecret: undefined })).headers.get('etag')).toBe('"1"');
      expect(await secretOf('corp')).toBe('canary-secret-of-the-hub');
      expect((await hub.admin('DELETE', '/admin/v1/identity-providers/corp')).status).toBe(204);
      expect((await hub.admin('GET', '/admin/v1/identity-providers/corp')).status).toBe(404);
    });

    it('keep a secret that is left out, unless it would be shown to somebody else', async () => {
      await put('corp', OIDC);
      expect((await put('corp', { ...OIDC, clientSecret: undefined, name: 'Renamed' })).status).toBe(200);
      expect(await fieldsOf(await put('corp', { ...OIDC, clientSecret: undefined, issuer: 'https://evil.test' }))).toEqual([
        'clientSecret',
      ]);
      expect((await put('corp', { ...OIDC, clientAuth: 'none', clientSecret: undefined })).status).toBe(200);
      expect(await secretOf('corp')).toBeUndefined();
      expect(await fieldsOf(await put('corp', { ...OIDC, clientSecret: undefined }))).toEqual(['clientSecret']);
    });

    it.each([
      ['no issuer', { clientId: 'x', clientSecret: { value: 's' } }, ['issuer']],
      ['no client id', { issuer: 'https://idp.test', clientSecret: { value: 's' } }, ['clientId']],
      ['no secret', { issuer: 'https://idp.test', clientId: 'x' }, ['clientSecret']],
      ['plain http', { ...OIDC, issuer: 'http://idp.test' }, ['issuer']],
      ['the hub itself', { ...OIDC, issuer: 'http://localhost:8787' }, ['issuer']],
      ['an address inside', { ...OIDC, issuer: 'https://10.2.0.1' }, ['issuer']],
      ['the opened network, for a tenant', { ...OIDC, issuer: 'https://10.1.0.1', tenant: 'acme' }, ['issuer']],
      ['scopes without openid', { ...OIDC, scopes: ['email'] }, ['scopes']],
      ['a parameter that is the hub’s', { ...OIDC, authorizationParams: { state: 'x' } }, ['authorizationParams.state']],
      ['HMAC', { ...OIDC, algorithms: ['HS256'] }, ['algorithms[0]']],
      ['domains without a tenant', { ...OIDC, domains: ['acme.test'] }, ['domains']],
      ['a demand without a tenant', { ...OIDC, enforced: true }, ['enforced']],
      ['roles without a tenant', { ...OIDC, users: { roles: [{ claim: 'g', value: 'x', role: 'SRE' }] } }, ['users.roles']],
      ['a tenant that is not there', { ...OIDC, tenant: 'nobody' }, ['tenant']],
      ['a domain of somebody else', { ...OIDC, tenant: 'acme', domains: ['globex.test'] }, ['domains']],
      [
        'a role that is not there',
        { ...OIDC, tenant: 'acme', users: { roles: [{ claim: 'g', value: 'x', role: 'Nobody' }] } },
        ['users.roles'],
      ],
      ['a page without an address', { type: 'external', clientSecret: PAGE.clientSecret }, ['url']],
      ['a page with a client', { ...PAGE, clientId: 'x' }, ['clientId']],
      ['a page with a short secret', { ...PAGE, clientSecret: { value: 'short' } }, ['clientSecret']],
      ['a page with a key and a secret', { ...PAGE, jwksUri: 'https://login.test/jwks' }, ['clientSecret']],
    ])('are refused with %s', async (_, of, fields) => {
      const answer = await put('bad', of);
      expect(answer.status).toBe(400);
      expect(await fieldsOf(answer)).toEqual(fields);
    });

    it('of the whole hub may be in a network that the operator opened', async () => {
      expect((await put('inside', { ...OIDC, issuer: 'https://10.1.0.1' })).status).toBe(201);
    });

    it('come from a config file, with references for secrets, and go into one without', async () => {
      process.env['SSO_TEST_SECRET'] = 'canary-of-the-environment';
      await hub.apply({
        identityProviders: [
          { id: 'filed', ...OIDC, clientSecret: { env: 'SSO_TEST_SECRET' } },
          { id: 'page', ...PAGE },
        ],
        flowSecrets: [{ id: 'plan-api', hosts: ['api.test'], value: { env: 'SSO_TEST_SECRET' } }],
      });
      expect(await secretOf('filed')).toBe('canary-of-the-environment');
      const exported = await (await hub.admin('GET', '/admin/v1/export')).text();
      expect(exported).toContain('filed');
      expect(exported).not.toContain('canary');
      const again: Record<string, unknown> = JSON.parse(exported);
      const plan = await hub.admin('POST', '/admin/v1/plan', {
        identityProviders: again['identityProviders'],
        flowSecrets: again['flowSecrets'],
      });
      const { changes } = z.object({ changes: z.array(z.object({ change: z.string() })) }).parse(await plan.json());
      expect(new Set(changes.map(({ change }) => change))).toEqual(new Set(['none']));
    });

    it('show what claims would lead to, and keep nothing of it', async () => {
      await put('acme-idp', {
        ...OIDC,
        tenant: 'acme',
        users: { link: 'email', roles: [{ claim: 'groups', value: ['sre-*', 'ops'], role: 'SRE' }], attributes: { dept: 'department' } },
      });
      const preview = async (claims: object): Promise<unknown> =>
        (await hub.admin('POST', '/admin/v1/identity-providers/acme-idp/preview', { claims })).json();
      expect(await preview({ sub: '1', email: 'new@acme.test', groups: ['sre-eu'], department: 'ops' })).toMatchObject({
        deed: 'created',
        rolesGiven: ['SRE'],
        attributesGiven: { dept: 'ops' },
        user: { id: null, email: 'new@acme.test', emailVerified: true, tenants: [{ id: 'acme', roles: ['SRE'] }] },
      });
      expect(await preview({ sub: '2', email: 'ann@acme.test' })).toMatchObject({ deed: 'linked', user: { id: 'ann' } });
      expect(await preview({ sub: '3', email: 'x@else.test' })).toMatchObject({ deed: 'refused', reason: 'email_foreign', user: null });
      expect(await preview({ email: 'x@acme.test' })).toMatchObject({ type: 'urn:writ:problem:invalid_input' });
      const users = await (await hub.admin('GET', '/admin/v1/users')).text();
      expect(users).not.toContain('new@acme.test');
    });

    it('have attempts that one of many takes, of their own browser and provider, in time', async () => {
      const { db } = hub.house.rooms.database;
      await put('corp', OIDC);
      const now = hub.clock.now();
      const [state, browser] = [digest(newSecret()), digest(newSecret())];
      const attempt = {
        stateDigest: state,
        provider: 'corp',
        journeyId: 'jny_1',
        browserDigest: browser,
        sealed: Buffer.from('x'),
        until: now + 1_000,
      };
      await beginAttempt(db, attempt);
      const good = { stateDigest: state, provider: 'corp', browserDigest: browser, now };
      for (const [of, why] of [
        [{ ...good, provider: 'page' }, 'other_provider'],
        [{ ...good, browserDigest: digest('x') }, 'other_browser'],
        [{ ...good, now: now + 1_000 }, 'too_late'],
        [{ ...good, stateDigest: digest('y') }, 'unknown_state'],
      ] as const) {
        expect(await takeAttempt(db, of)).toBeUndefined();
        expect(await whyNot(db, of)).toBe(why);
      }
      const taken = await Promise.all(Array.from({ length: 20 }, () => takeAttempt(db, good)));
      expect(taken.filter((one) => one !== undefined)).toHaveLength(1);
      expect(await whyNot(db, good)).toBe('replayed');
      await sweepAttempts(db, now + 2 * 3_600_000);
      expect(await whyNot(db, good)).toBe('unknown_state');
    });

    it('forget who their people are when they speak of others', async () => {
      const { db } = hub.house.rooms.database;
      await put('corp', OIDC);
      await hub.house.rooms.audit.commit(async (tx) => {
        await providerLinks.add(tx, { voucher: 'corp', subject: 's', userId: 'ann', now: hub.clock.now() });
        return {
          value: undefined,
          entries: [{ type: 'user.changed', initiator: 'hub', actor: {}, outcome: 'success', origin: { request: 'req_test' } }],
        };
      });
      await put('corp', { ...OIDC, name: 'Renamed' });
      expect(await providerLinks.find(db, { voucher: 'corp', subject: 's' })).toBe('ann');
      await put('corp', { ...OIDC, issuer: 'https://other.test' });
      expect(await providerLinks.find(db, { voucher: 'corp', subject: 's' })).toBeUndefined();
    });
  });

  describe(`secrets of flows on ${engine}`, () => {
    let hub: TestHouse;
    beforeAll(async () => {
      hub = await testHouse({ engine });
    });
    afterAll(() => hub.close());
    const put = (of: object) => hub.admin('PUT', '/admin/v1/flow-secrets/plan-api', of);

    it('are entered as they are, shown by name only, and go nowhere new without being given again', async () => {
      expect((await put({ hosts: ['api.test'] })).status).toBe(400);
      expect((await put({ hosts: [], value: { value: 'canary' } })).status).toBe(400);
      const made = await put({ hosts: ['api.test'], value: { value: 'canary-1' } });
      expect(made.status).toBe(201);
      expect(await made.json()).toMatchObject({ id: 'plan-api', hosts: ['api.test'] });
      expect((await put({ hosts: ['api.test', 'evil.test'] })).status).toBe(400);
      expect((await put({ hosts: ['api.test', 'two.test'], value: { value: 'canary-2' } })).status).toBe(200);
      expect((await put({ hosts: ['two.test'] })).status).toBe(200);
      const seen = [
        await (await hub.admin('GET', '/admin/v1/flow-secrets')).text(),
        await (await hub.admin('GET', '/admin/v1/events')).text(),
      ];
      for (const text of seen) expect(text).not.toContain('canary');
      expect((await hub.admin('DELETE', '/admin/v1/flow-secrets/plan-api')).status).toBe(204);
    });
  });
}
