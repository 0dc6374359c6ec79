import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testHouse, type TestHouse } from '../../../testing/house.ts';
import { handedOver } from './handed.store.ts';
import { createKeylessToken } from './person.suite.ts';

const provider = { id: 'staff', issuer: 'https://idp.test', clientId: 'writ', clientSecret: { value: 'a-secret-of-ours' } };
const builds = { id: 'builds', issuer: 'https://builds.test', jwksUri: 'https://builds.test/jwks' };
const robot = { id: 'robot', name: 'robot', kind: 'service', auth: { secrets: [{ value: 'a-long-secret-of-the-robot' }] } };
const tool = { id: 'tool', name: 'Tool', kind: 'cli', public: true, redirectUris: ['http://127.0.0.1/cb'] };
const deploy = { id: 'deploy', name: 'deploy', kind: 'service', workload: [{ issuer: 'builds', subject: 'main' }] };
const answer = z.looseObject({ type: z.string().optional(), unfreeze: z.looseObject({ id: z.string() }).optional() });

describe('an account that somebody else vouches for', () => {
  let hub: TestHouse;
  let person: ReturnType<typeof createKeylessToken>;
  beforeAll(async () => {
    hub = await testHouse();
    await hub.apply({
      tenants: [{ id: 'acme', name: 'Acme' }],
      users: ['ann', 'bob', 'cyd', 'dan', 'eve'].map((id) => ({ id, email: `${id}@acme.test`, tenants: [{ id: 'acme' }] })),
      clients: [robot, tool],
      policies: [
        { id: 'robots', effect: 'allow', subject: { clients: ['robot', 'tool'] }, target: { resources: ['writ-admin'] }, scopes: 'all' },
      ],
      identityProviders: [provider, { ...provider, id: 'acme-staff', tenant: 'acme' }],
      issuers: [builds],
    });
    await hub.apply({ clients: [deploy] });
    const { db } = hub.house.rooms.database;
    for (const [of, user] of [
      ['staff', 'bob'],
      ['acme-staff', 'dan'],
    ])
      await sql`INSERT INTO provider_users (provider_id, subject, user_id, created_at) VALUES (${of}, ${user}, ${user}, now())`.execute(db);
    await sql`INSERT INTO issuer_users (issuer_id, subject, user_id, created_at) VALUES ('builds', 'cyd', 'cyd', now())`.execute(db);
    // Accounts are as old as the database says.
    hub.clock.advance(60_000);
    person = createKeylessToken(hub);
    await hub.admin('PUT', '/admin/v1/settings/containment', { secondPerson: ['tenant'], askedFor: 86_400 });
    await hub.admin('POST', '/admin/v1/tenants/acme/freeze', { reason: 'leaked' });
    hub.clock.advance(1_000);
  });
  afterAll(() => hub.close());

  const post = async (path: string, as: string, client = 'robot') => {
    const response = await hub.house.fetch(
      new Request(`${hub.issuer}/admin/v1/${path}`, {
        method: 'POST',
        headers: { ...person(as, client), 'content-type': 'application/json' },
        body: JSON.stringify({ reason: 'checked' }),
      }),
    );
    return { status: response.status, ...answer.parse(await response.json()) };
  };

  it('confirms nothing once another hand could have had itself vouched for: a provider or issuer of it was changed since the freeze', async () => {
    const { unfreeze } = await post('tenants/acme/unfreeze', 'ann');
    const since = hub.clock.now() - 1_000;
    const { db } = hub.house.rooms.database;
    expect(await handedOver(db, { client: 'deploy' }, since)).toBe(false);
    // The keys and the way to the tokens are now wherever the administrator says.
    await hub.apply({
      identityProviders: ['staff', 'acme-staff'].map((id) => ({
        ...provider,
        id,
        ...(id === 'staff' ? {} : { tenant: 'acme' }),
        clientId: 'mine',
        clientSecret: { value: 'a-secret-of-mine' },
      })),
      issuers: [{ ...builds, jwksUri: 'https://mine.test/jwks' }],
    });
    for (const who of ['bob', 'cyd'])
      expect(await post(`unfreezes/${unfreeze?.id}/confirm`, who)).toMatchObject({
        status: 403,
        type: expect.stringContaining('handed_over'),
      });
    expect(await handedOver(db, { client: 'deploy' }, since)).toBe(true);
    // Nobody has changed how these come in: what a tenant's provider says opens no administration.
    for (const user of ['dan', 'eve']) expect(await handedOver(db, { user }, since)).toBe(false);
    // Their codes go elsewhere now: whoever was led to sign in by it may be somebody else by the time the token comes.
    await hub.apply({ clients: [{ ...tool, redirectUris: ['https://mine.test/cb'] }] });
    expect(await post(`unfreezes/${unfreeze?.id}/confirm`, 'dan', 'tool')).toMatchObject({ status: 403 });
    expect(await post(`unfreezes/${unfreeze?.id}/confirm`, 'dan')).toMatchObject({ status: 200 });
  });
});
