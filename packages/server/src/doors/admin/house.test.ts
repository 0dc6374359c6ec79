import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { testHouse, type TestHouse } from '../../../testing/house.ts';

const listed = z.object({ items: z.array(z.looseObject({ id: z.string() })), next: z.string().nullable() });
const SECRET = 'a-long-secret-of-the-worker';

let hub: TestHouse;

const read = async (path: string, headers: Record<string, string> = {}): Promise<{ status: number; body: unknown }> => {
  const answer = await hub.admin('GET', path, undefined, headers);
  return { status: answer.status, body: await answer.json() };
};
const token = async (form: Record<string, string>): Promise<{ status: number; body: Record<string, unknown> }> => {
  const answer = await hub.post(
    '/oauth/token',
    { grant_type: 'client_credentials', ...form },
    { authorization: `Basic ${Buffer.from(`worker:${SECRET}`).toString('base64')}` },
  );
  return { status: answer.status, body: z.record(z.string(), z.unknown()).parse(await answer.json()) };
};

beforeAll(async () => {
  hub = await testHouse();
  await hub.apply({
    tenants: [{ id: 'acme', name: 'Acme', attributes: { plan: 'pro' } }],
    resources: [
      { id: 'ops', type: 'mcp', uri: 'http://localhost:9000/mcp', scopes: [{ name: 'incidents:read' }, { name: 'incidents:write' }] },
    ],
    clients: [
      { id: 'worker', name: 'Worker', kind: 'service', auth: { secrets: [{ value: SECRET }] }, tags: ['production'], tenants: ['acme'] },
    ],
    policies: [
      {
        id: 'ops-read',
        effect: 'allow',
        subject: { conditions: [{ key: 'client.tags', operator: 'contains', value: 'production' }] },
        target: { resources: ['ops'] },
        scopes: ['incidents:read'],
      },
      {
        id: 'worker-administers',
        effect: 'allow',
        subject: { clients: ['worker'] },
        target: { resources: ['writ-admin'] },
        scopes: ['admin:agents:read', 'admin:agents:write'],
      },
    ],
  });
});
afterAll(() => hub.close());

describe('decisions', () => {
  it('explains the decision behind a token, also after the policy changed', async () => {
    expect((await token({ resource: 'http://localhost:9000/mcp', scope: 'incidents:read incidents:write' })).body).toMatchObject({
      scope: 'incidents:read',
    });
    const { body } = await read('/admin/v1/decisions?client=worker&limit=1');
    const [decision] = listed.parse(body).items;
    expect(decision).toMatchObject({
      type: 'token.issued',
      outcome: 'narrow',
      granted: ['incidents:read'],
      refused: [{ scope: 'incidents:write', by: 'no-allow' }],
      rules: ['ops-read'],
    });
    const one = await read(`/admin/v1/decisions/${decision?.id ?? ''}`);
    expect(one.body).toEqual(decision);
    const why = await read(`/admin/v1/decisions/${decision?.id ?? ''}/explain`);
    expect(why.body).toMatchObject({
      current: true,
      explanation: {
        scopes: [
          { scope: 'incidents:read', granted: true, sentence: 'incidents:read is granted by rule ops-read.' },
          { scope: 'incidents:write', granted: false },
        ],
      },
    });
    await hub.apply({ policies: [{ id: 'none', effect: 'deny', subject: { any: true }, target: { resources: ['ops'] } }] });
    const after = await read(`/admin/v1/decisions/${decision?.id ?? ''}/explain`);
    expect(after.body).toMatchObject({
      current: false,
      recorded: { outcome: 'narrow' },
      explanation: {
        scopes: [
          { granted: false, sentence: 'incidents:read is refused: rule none denies it, and a deny always wins.' },
          { granted: false },
        ],
      },
    });
    expect((await token({ resource: 'http://localhost:9000/mcp' })).status).toBe(400);
    await hub.admin('DELETE', '/admin/v1/policies/none');
  });

  it('knows nothing of a decision that was not made', async () => {
    for (const id of ['dec_0000000000000000000000000g', 'dec_zz', 'evt_1', '%27--'])
      expect((await read(`/admin/v1/decisions/${id}/explain`)).status).toBe(404);
  });
});

describe('a token of the hub for its own admin API', () => {
  const bearerFor = async (scope: string): Promise<Record<string, string>> => {
    const answer = await token({ resource: `${hub.issuer}/admin/v1`, scope });
    expect(answer.status).toBe(200);
    return { authorization: `Bearer ${String(answer.body['access_token'])}` };
  };

  it('opens what its scope says and nothing else', async () => {
    const headers = await bearerFor('admin:agents:read');
    expect((await read('/admin/v1/agents', headers)).status).toBe(200);
    expect((await read('/admin/v1/clients', headers)).status).toBe(403);
    expect((await read('/admin/v1/export', headers)).status).toBe(403);
  });

  it('is refused by every other resource, and tokens for other resources are refused here', async () => {
    const elsewhere = await token({ resource: 'http://localhost:9000/mcp' });
    expect((await read('/admin/v1/agents', { authorization: `Bearer ${String(elsewhere.body['access_token'])}` })).status).toBe(401);
  });

  it('dies at once with its client, and lives again when it is restored', async () => {
    const headers = await bearerFor('admin:agents:read');
    await hub.admin('POST', '/admin/v1/clients/worker/freeze', { reason: 'test' });
    expect((await read('/admin/v1/agents', headers)).status).toBe(401);
    const refused = listed.parse((await read('/admin/v1/events?type=admin.refused&limit=1')).body).items;
    expect(refused).toMatchObject([{ reason: 'client_frozen' }]);
    await hub.admin('POST', '/admin/v1/clients/worker/unfreeze', { reason: 'test' });
    expect((await read('/admin/v1/agents', headers)).status).toBe(200);
  });

  it('opens nothing for a person who is something in one tenant only: this API is of the whole hub (CVE-2025-64431)', async () => {
    await hub.apply({
      roles: [{ name: 'boss', permissions: ['admin:agents:read'] }],
      users: [{ id: 'ann', email: 'ann@acme.test', tenants: [{ id: 'acme', roles: ['boss'] }] }],
    });
    const iat = Math.floor(hub.clock.now() / 1000);
    const claims = { iss: hub.issuer, aud: `${hub.issuer}/admin/v1`, sub: 'ann', client_id: 'worker', auth_time: iat, iat, exp: iat + 60 };
    const readBy = (more: object) => {
      const jwt = hub.house.rooms.keys.signer().sign('at+jwt', { ...claims, scope: 'admin:agents:read', ...more });
      return read('/admin/v1/agents', { authorization: `Bearer ${jwt}` });
    };
    expect((await readBy({ jti: 'tok_of_hub' })).status).toBe(200);
    expect((await readBy({ jti: 'tok_of_tenant', tenant: 'acme', roles: ['boss'] })).status).toBe(401);
    const refused = listed.parse((await read('/admin/v1/events?type=admin.refused&limit=1')).body).items;
    expect(refused).toMatchObject([{ reason: 'tenant_token' }]);
  });

  it('is not granted by a policy for "all resources"', async () => {
    await hub.apply({
      policies: [{ id: 'everything', effect: 'allow', subject: { any: true }, target: { resources: 'all' }, scopes: 'all' }],
    });
    const answer = await token({ resource: `${hub.issuer}/admin/v1`, scope: 'admin:users:write' });
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_scope']);
    await hub.admin('DELETE', '/admin/v1/policies/everything');
  });
});

describe('events', () => {
  it('are found by type, tenant, client, outcome, time and txn, newest or oldest first', async () => {
    const all = listed.parse((await read('/admin/v1/events?limit=200')).body).items;
    expect(all.length).toBeGreaterThan(5);
    const oldest = listed.parse((await read('/admin/v1/events?limit=200&order=oldest')).body).items;
    expect(oldest.slice(0, 3).map((event) => event.id)).toEqual(
      all
        .slice(-3)
        .toReversed()
        .map((event) => event.id),
    );
    const issued = listed.parse((await read('/admin/v1/events?type=token.issued&client=worker&outcome=success')).body).items;
    expect(issued.length).toBeGreaterThan(0);
    const txn = z.string().parse(issued[0]?.['txn']);
    expect(listed.parse((await read(`/admin/v1/events?txn=${txn}`)).body).items).toEqual([issued[0]]);
    expect(listed.parse((await read(`/admin/v1/events?until=2000-01-01T00:00:00Z`)).body).items).toEqual([]);
    expect(listed.parse((await read('/admin/v1/events?tenant=acme&type=admin.changed')).body).items).toMatchObject([
      { target: { type: 'tenant', id: 'acme' } },
    ]);
    expect((await read(`/admin/v1/events/${issued[0]?.id ?? ''}`)).body).toEqual(issued[0]);
    for (const query of ['type=tokens.issued', 'since=yesterday', 'outcome=maybe', 'order=best'])
      expect((await read(`/admin/v1/events?${query}`)).status).toBe(400);
  });

  it('verify as unbroken until a row is altered behind our back, and then name it', async () => {
    expect((await read('/admin/v1/events/verify')).body).toMatchObject({ ok: true });
    const { db } = hub.house.rooms.database;
    await sql`ALTER TABLE audit_events DISABLE TRIGGER USER`.execute(db);
    await sql`UPDATE audit_events SET body = replace(body, 'Acme', 'Acne') WHERE tenant = 'acme' AND seq = 1`.execute(db);
    expect((await read('/admin/v1/events/verify')).body).toMatchObject({
      ok: false,
      firstBroken: { chain: 'acme', seq: 1, fault: 'altered' },
    });
    expect((await read('/admin/v1/events/verify?tenant=')).body).toMatchObject({ ok: true });
  });
});
