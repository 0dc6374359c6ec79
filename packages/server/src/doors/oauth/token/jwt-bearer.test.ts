import { GRANT_TYPES } from '@writ/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPlatform, type Platform } from '../../../rooms/issuers/platform.suite.ts';
import { basic, BOOKS, claimsIn, openWorkloads, OPS, type Answered, type WorkloadWorld } from './workload.suite.ts';

let world: WorkloadWorld;
beforeAll(async () => {
  world = await openWorkloads();
});
afterAll(() => world.close());

const expectRefused = async (answer: Answered, error: string, reason: string): Promise<void> => {
  expect([answer.status, answer.body['error']]).toEqual([400, error]);
  expect((await world.last('token.refused'))?.reason).toBe(reason);
};
const JAG = { typ: 'oauth-id-jag+jwt' };
const jag = (more: Record<string, unknown> = {}) => world.idp.sign(world.person(more), JAG);

describe('the jwt-bearer grant for a workload', () => {
  it('needs no client authentication beside the assertion, and gives the client its token, judged as jwt_bearer', async () => {
    const answer = await world.asGrant(await world.cluster.sign(world.pod()), { scope: 'incidents:read' });
    expect(answer.body).toMatchObject({ token_type: 'Bearer', scope: 'incidents:read' });
    expect(answer.body).not.toHaveProperty('refresh_token');
    expect(claimsIn(answer)).toMatchObject({ sub: 'payer', client_id: 'payer', aud: OPS });
    const entry = await world.last('token.issued');
    expect(entry).toMatchObject({
      initiator: 'agent',
      actor: { client: 'payer' },
      data: {
        grant: GRANT_TYPES.jwt_bearer,
        vouched: { issuer: 'cluster', purpose: 'jwt_bearer', subject: 'system:serviceaccount:prod:payer' },
      },
    });
    expect(entry?.data['policy']).toMatchObject({ request: { grant: 'jwt_bearer' } });
  });

  it('124 takes an assertion once, with a jti and without, also when forty come at once', async () => {
    for (const more of [{}, { jti: undefined }]) {
      const assertion = await world.cluster.sign(world.pod(more));
      const answers = await Promise.all(Array.from({ length: 40 }, () => world.asGrant(assertion)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      await expectRefused(await world.asGrant(assertion), 'invalid_grant', 'assertion_replayed');
    }
  });

  it('gives no token without the details that were asked for (a wider one than was wanted)', async () => {
    const asked = { authorization_details: JSON.stringify([{ type: 'payment', amount: 1 }]) };
    await expectRefused(
      await world.asGrant(await world.cluster.sign(world.pod()), asked),
      'invalid_authorization_details',
      'details_undeclared',
    );
    await expectRefused(await world.asDesk(await jag(), asked), 'invalid_authorization_details', 'details_undeclared');
  });

  it('is not spoilt by a request that fails for another reason', async () => {
    const assertion = await world.cluster.sign(world.pod());
    await expectRefused(await world.asGrant(assertion, { resource: 'https://nowhere.test' }), 'invalid_target', 'unknown_target');
    expect((await world.asGrant(assertion)).status).toBe(200);
  });

  it('comes back where the trust lets it', async () => {
    await world.apply({
      issuers: [{ id: 'cluster', issuer: world.cluster.issuer, preset: 'kubernetes', reusable: ['client_assertion', 'jwt_bearer'] }],
    });
    const assertion = await world.cluster.sign(world.pod());
    expect([(await world.asGrant(assertion)).status, (await world.asGrant(assertion)).status]).toEqual([200, 200]);
    await world.apply({ issuers: [{ id: 'cluster', issuer: world.cluster.issuer, preset: 'kubernetes' }] });
  });

  it('115 answers invalid_grant for whoever it does not know, not invalid_client', async () => {
    await expectRefused(
      await world.asGrant(await world.idp.sign(world.pod({ iss: 'https://evil.test' }))),
      'invalid_grant',
      'untrusted_issuer',
    );
    await expectRefused(
      await world.asGrant(await world.cluster.sign(world.pod({ sub: 'system:serviceaccount:dev:x' }))),
      'invalid_grant',
      'workload_unknown',
    );
    await expectRefused(await world.asGrant('x'.repeat(200_000)), 'invalid_grant', 'assertion_too_long');
    await expectRefused(await world.asGrant(await world.cluster.sign(world.pod(), { typ: 'at+jwt' })), 'invalid_grant', 'assertion_type');
  });

  it('stands for no other client than the one that authenticated beside it', async () => {
    await expectRefused(
      await world.asDesk(await world.cluster.sign(world.pod()), { resource: OPS }),
      'invalid_grant',
      'assertion_of_another_client',
    );
  });

  it('does not authenticate anything at the other endpoints', async () => {
    const assertion = await world.cluster.sign(world.pod());
    const answer = await world.post('/oauth/introspect', { grant_type: GRANT_TYPES.jwt_bearer, assertion, token: 'x' });
    expect(answer.status).toBe(401);
  });
});

describe('an ID-JAG', () => {
  it('becomes an access token for its resource, of the user whom it names, in the tenant of its issuer', async () => {
    const answer = await world.asDesk(await jag({ groups: ['sre-eu'], dept: 'ops', acr: 'mfa', amr: ['otp'], auth_time: 1 }));
    expect(answer.body).toMatchObject({ token_type: 'Bearer', scope: 'incidents:read incidents:write' });
    expect(answer.body).not.toHaveProperty('refresh_token');
    expect(claimsIn(answer)).toMatchObject({
      sub: 'ann',
      client_id: 'desk',
      aud: OPS,
      tenant: 'acme',
      roles: ['SRE'],
      acr: 'mfa',
      amr: ['otp'],
    });
    const ann = await (await world.admin('GET', '/admin/v1/users/ann')).json();
    expect(ann).toMatchObject({ attributes: { department: 'ops' }, tenants: [{ id: 'acme', roles: ['SRE'] }] });
    expect(await world.last('user.changed')).toMatchObject({
      initiator: 'agent-for-human',
      actor: { client: 'desk' },
      target: { id: 'ann' },
    });
    expect(await world.last('token.issued')).toMatchObject({
      initiator: 'agent-for-human',
      tenant: 'acme',
      data: { vouched: { purpose: 'id_jag' } },
    });
  });

  it('takes a role away that the claims no longer give, and leaves roles alone that it never gave', async () => {
    const answer = await world.asDesk(await jag({ groups: [] }));
    expect(answer.body['scope']).toBe('incidents:read');
    expect(claimsIn(answer)).not.toHaveProperty('roles');
  });

  it('makes a user who was not here before, once, also when ten come at once', async () => {
    const carl = { sub: 'idp-carl', email: 'carl@acme.test', name: 'Carl', dept: 'books' };
    const answers = await Promise.all(Array.from({ length: 10 }, async () => world.asDesk(await jag(carl))));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(new Set(answers.map((answer) => claimsIn(answer)['sub'])).size).toBe(1);
    const { items } = await (await world.admin('GET', '/admin/v1/users?email=carl@acme.test')).json();
    expect(items).toMatchObject([{ name: 'Carl', emailVerified: true, tenants: [{ id: 'acme' }], attributes: { department: 'books' } }]);
  });

  it('does not become a user of another tenant by address, nor take an address of strangers', async () => {
    await expectRefused(await world.asDesk(await jag({ sub: 'evil', email: 'gil@globex.test' })), 'invalid_grant', 'user_address_taken');
    const answer = await world.asDesk(await jag({ sub: 'idp-new', email: 'ceo@elsewhere.test', email_verified: true }));
    expect(answer.status).toBe(200);
    const { items } = await (await world.admin('GET', '/admin/v1/users?email=ceo@elsewhere.test')).json();
    expect(items).toMatchObject([{ emailVerified: false }]);
  });

  it('says of somebody who is in another tenant too only what they are in its own (cross-tenant attributes)', async () => {
    await world.apply({
      users: [
        {
          id: 'eva',
          email: 'eva@acme.test',
          name: 'Eva',
          attributes: { department: 'sales' },
          tenants: [{ id: 'acme' }, { id: 'globex' }],
        },
      ],
    });
    const answer = await world.asDesk(
      await jag({ sub: 'idp-eva', email: 'eva@acme.test', name: 'Root', dept: 'payments', groups: ['sre-eu'] }),
    );
    expect(claimsIn(answer)).toMatchObject({ sub: 'eva', tenant: 'acme', roles: ['SRE'] });
    expect(await (await world.admin('GET', '/admin/v1/users/eva')).json()).toMatchObject({
      name: 'Eva',
      attributes: { department: 'sales' },
      tenants: [{ id: 'acme', roles: ['SRE'] }, { id: 'globex' }],
    });
  });

  it('is good once', async () => {
    const assertion = await jag();
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.asDesk(assertion)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    await expectRefused(await world.asDesk(assertion), 'invalid_grant', 'assertion_replayed');
  });

  it.each([
    ['for another client', { client_id: 'other' }, 'assertion_client'],
    ['without a client', { client_id: undefined }, 'assertion_client'],
    ['for another authorization server', { aud: 'https://other.test' }, 'assertion_audience'],
    ['for several', { aud: ['http://localhost:8787', 'https://other.test'] }, 'assertion_audience'],
    ['for the token endpoint', { aud: 'http://localhost:8787/oauth/token' }, 'assertion_audience'],
    ['for a resource that is not here', { resource: 'https://nowhere.test' }, 'assertion_resource'],
    ['for several resources, one of them not here', { resource: [OPS, 'https://nowhere.test'] }, 'assertion_resource'],
    ['for another tenant', { aud_tenant: 'globex' }, 'assertion_tenant'],
    ['without the time of issue', { iat: undefined }, 'assertion_without_issue_time'],
    ['bound to a key that is not proved', { cnf: { jkt: 'A'.repeat(43) } }, 'assertion_key_not_proved'],
    ['bound in another way', { cnf: { 'x5t#S256': 'A' } }, 'assertion_key_not_proved'],
    ['of nobody', { sub: '' }, 'assertion_subject'],
    ['of somebody new without an address', { sub: 'idp-x', email: undefined }, 'assertion_email'],
  ])('%s is not accepted', async (_, more, reason) => {
    await expectRefused(await world.asDesk(await jag(more)), 'invalid_grant', reason);
  });

  it('119 older than ten minutes or with a long life is not accepted', async () => {
    const now = Math.floor(world.clock.now() / 1000);
    await expectRefused(await world.asDesk(await jag({ iat: now - 700 })), 'invalid_grant', 'assertion_too_old');
    await expectRefused(await world.asDesk(await jag({ exp: now + 7_200 })), 'invalid_grant', 'assertion_lives_too_long');
  });

  it('bounds resource and scopes of the request', async () => {
    expect((await world.asDesk(await jag({ scope: 'incidents:read' }))).body['scope']).toBe('incidents:read');
    expect((await world.asDesk(await jag(), { resource: OPS, scope: 'incidents:read' })).body['scope']).toBe('incidents:read');
    await expectRefused(await world.asDesk(await jag(), { resource: BOOKS }), 'invalid_target', 'target_not_asserted');
    await expectRefused(await world.asDesk(await jag({ scope: 'ledger:read' })), 'invalid_scope', 'scope_not_assigned');
  });

  it('needs a client that proves itself, of the tenant if it has one', async () => {
    const assertion = await jag({ client_id: 'open' });
    const form = { grant_type: GRANT_TYPES.jwt_bearer, assertion, client_id: 'open' };
    await expectRefused(await world.token(form), 'unauthorized_client', 'public_client');
    const foreign = { grant_type: GRANT_TYPES.jwt_bearer, assertion: await jag({ client_id: 'foreign' }) };
    await expectRefused(await world.token(foreign, { authorization: basic('foreign') }), 'invalid_grant', 'assertion_tenant_not_served');
    expect((await world.token({ grant_type: GRANT_TYPES.jwt_bearer, assertion })).body['error']).toBe('invalid_grant');
  });

  it('is refused for a user who is frozen, and the claims do not bring them back', async () => {
    await world.admin('POST', '/admin/v1/users/ann/freeze', { reason: 'test' });
    await expectRefused(await world.asDesk(await jag({ groups: ['sre-x'] })), 'invalid_grant', 'user_frozen');
    await world.admin('POST', '/admin/v1/users/ann/unfreeze', { reason: 'test' });
    expect((await world.asDesk(await jag())).status).toBe(200);
  });

  it('is refused as soon as the trust is gone', async () => {
    const kept = await (await world.admin('GET', '/admin/v1/issuers/acme-idp')).json();
    await world.admin('DELETE', '/admin/v1/issuers/acme-idp');
    await expectRefused(await world.asDesk(await jag()), 'invalid_grant', 'untrusted_issuer');
    const { createdAt: _, about: __, ...config } = kept;
    expect((await world.admin('PUT', '/admin/v1/issuers/acme-idp', config)).status).toBe(201);
    expect((await world.asDesk(await jag())).status).toBe(200);
  });
});

describe('a plain assertion of a person (RFC 7523)', () => {
  it('leads to the same user, for a client that an administrator made and that proves itself', async () => {
    const answer = await world.asDesk(await world.idp.sign(world.person({ client_id: undefined })));
    expect(claimsIn(answer)).toMatchObject({ sub: 'ann', client_id: 'desk', tenant: 'acme' });
    const form = { grant_type: GRANT_TYPES.jwt_bearer, assertion: await world.idp.sign(world.person()), client_id: 'open' };
    await expectRefused(await world.token(form), 'unauthorized_client', 'public_client');
  });
});

describe('an issuer of people for the whole hub', () => {
  let staff: Platform;
  const users = { link: 'email' };
  beforeAll(async () => {
    staff = await openPlatform('/staff');
    await world.apply({
      issuers: [{ id: 'staff', issuer: staff.issuer, purposes: ['id_jag', 'jwt_bearer'], users }],
      users: [
        { id: 'hal', email: 'hal@acme.test', tenants: [{ id: 'acme' }] },
        { id: 'two', email: 'two@acme.test', tenants: [{ id: 'acme' }, { id: 'globex' }] },
      ],
    });
  });
  afterAll(() => staff.close());
  const of = (id: string) =>
    staff.sign(world.person({ iss: staff.issuer, sub: `staff-${id}`, email: `${id}@acme.test`, email_verified: true }), JAG);

  it('leads into the tenant of the person, and stops with it (a frozen tenant is not walked around)', async () => {
    expect(claimsIn(await world.asDesk(await of('hal')))).toMatchObject({ sub: 'hal', tenant: 'acme' });
    await world.admin('POST', '/admin/v1/tenants/acme/freeze', { reason: 'test' });
    await expectRefused(await world.asDesk(await of('hal')), 'invalid_grant', 'tenant_frozen');
    await world.admin('POST', '/admin/v1/tenants/acme/unfreeze', { reason: 'test' });
    expect((await world.asDesk(await of('hal'))).status).toBe(200);
  });

  it('wants one of several tenants named, and takes no other', async () => {
    await expectRefused(await world.asDesk(await of('two')), 'invalid_request', 'tenant_missing');
    expect(claimsIn(await world.asDesk(await of('two'), { tenant: 'globex' }))).toMatchObject({ sub: 'two', tenant: 'globex' });
    await expectRefused(await world.asDesk(await of('hal'), { tenant: 'globex' }), 'invalid_request', 'tenant_not_served');
    expect(claimsIn(await world.asDesk(await of('new')))).not.toHaveProperty('tenant');
  });

  it('does not bring a client into a tenant that it does not serve', async () => {
    const form = { grant_type: GRANT_TYPES.jwt_bearer, resource: OPS };
    const by = { authorization: basic('foreign') };
    const assert = async (id: string) =>
      staff.sign(
        world.person({ iss: staff.issuer, sub: `staff-${id}`, client_id: 'foreign', email: `${id}@acme.test`, email_verified: true }),
        JAG,
      );
    await expectRefused(await world.token({ ...form, assertion: await assert('hal') }, by), 'invalid_grant', 'assertion_tenant_not_served');
    expect(claimsIn(await world.token({ ...form, assertion: await assert('two') }, by))).toMatchObject({ tenant: 'globex' });
  });
});

describe('the preview of a mapping', () => {
  const preview = async (claims: object) => (await world.admin('POST', '/admin/v1/issuers/acme-idp/preview', { claims })).json();

  it('says what an assertion would do, by the code that does it, and keeps nothing', async () => {
    expect(await preview({ sub: 'idp-dora', email: 'dora@acme.test', groups: ['sre-eu'], dept: 'ops' })).toMatchObject({
      deed: 'created',
      user: {
        id: null,
        email: 'dora@acme.test',
        emailVerified: true,
        tenants: [{ id: 'acme', roles: ['SRE'] }],
        attributes: { department: 'ops' },
      },
      rolesGiven: ['SRE'],
    });
    const { items } = await (await world.admin('GET', '/admin/v1/users?email=dora@acme.test')).json();
    expect(items).toEqual([]);
    const ann = { email: 'ann@acme.test', groups: ['sre-eu'], dept: 'books' };
    for (const [sub, deed] of [
      ['idp-ann', 'updated'],
      ['idp-ann-elsewhere', 'linked'],
      ['idp-ann-elsewhere', 'linked'],
    ])
      expect(await preview({ ...ann, sub })).toMatchObject({ deed, user: { id: 'ann' } });
    expect(await preview({ sub: 'x', email: 'gil@globex.test' })).toMatchObject({ deed: 'refused', reason: 'user_address_taken' });
  });
});
