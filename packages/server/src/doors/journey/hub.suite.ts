import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Engine } from '../../../testing/database.ts';
import { testHouse } from '../../../testing/house.ts';
import { row, rows } from '../../base/db.ts';
import type { AuditEvent } from '../../rooms/audit/event.ts';
import { createBrowser } from './browser.suite.ts';

export const ISSUER = 'http://localhost:8787';
export const PASSWORD = 'correct-horse-9-battery';
const VERIFIER = 'a'.repeat(43);
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

export type Hub = Awaited<ReturnType<typeof openHub>>;

/** The whole hub on a database of its own, with browsers, and a look at what it keeps. */
export async function openHub(options: { engine?: Engine; env?: Record<string, string>; registration?: 'open' } = {}) {
  const { house, clock, apply, admin, close, secondNode, settle } = await testHouse(options);
  const { database, sessions, join, contain, mailer } = house.rooms;
  const { db } = database;
  if (options.registration === 'open') await admin('PUT', '/admin/v1/settings/accounts', { registration: 'open' });
  const put = (kind: string) => (of: Record<string, unknown>) => apply({ [kind]: [of] });
  const user = put('users');
  return {
    house,
    clock,
    close,
    admin,
    secondNode,
    settle,
    sessions,
    join,
    contain,
    mailer,
    browser: () => createBrowser((request) => house.fetch(request), ISSUER),
    tenant: put('tenants'),
    role: put('roles'),
    resource: put('resources'),
    client: put('clients'),
    policy: put('policies'),
    flow: put('flows'),
    connection: put('connections'),
    user: (of: Record<string, unknown>) => user({ password: { value: PASSWORD }, ...of }),
    async events(type?: string): Promise<AuditEvent[]> {
      const found = await rows(
        db,
        sql<{ body: string }>`SELECT body FROM audit_events ${type === undefined ? sql`` : sql`WHERE type = ${type}`} ORDER BY id`,
      );
      return found.map((one) => JSON.parse(one.body));
    },
    async count(table: string): Promise<number> {
      return (await row(db, sql<{ count: number }>`SELECT count(*) AS count FROM ${sql.table(table)}`))?.count ?? -1;
    },
    parRows: () => rows(db, sql<{ params: unknown }>`SELECT params FROM par_requests`),
  };
}

/** Two tenants, a user in one and a user in both, a resource with scopes of every risk, clients of every kind, and a policy that lets them. */
export async function furnish(hub: Hub): Promise<void> {
  await hub.tenant({ id: 'acme', name: 'Acme' });
  await hub.tenant({ id: 'globex', name: 'Globex' });
  await hub.role({ name: 'SRE', permissions: ['incidents:delete'] });
  await hub.user({ id: 'ann', email: 'ann@acme.test', name: 'Ann', tenants: [{ id: 'acme', roles: ['SRE'] }] });
  await hub.user({ id: 'bob', email: 'bob@acme.test', tenants: [{ id: 'acme' }, { id: 'globex' }] });
  await hub.user({ id: 'dan', email: 'dan@acme.test', tenants: [{ id: 'acme', roles: ['SRE'] }] });
  await hub.user({ id: 'eve', email: 'eve@else.test' });
  await hub.resource({
    id: 'ops',
    type: 'mcp',
    uri: 'http://localhost:9000/mcp',
    name: 'Operations',
    scopes: [
      { name: 'incidents:delete', title: 'Delete incidents', description: 'Remove incidents for good', risk: 'high' },
      { name: 'incidents:read', title: 'Read incidents', description: 'See open incidents', risk: 'low' },
      { name: 'incidents:write', title: 'Write incidents', description: 'Change incidents', risk: 'elevated' },
      { name: 'incidents:list', title: 'List incidents', description: 'Know which there are', risk: 'low', required: true },
    ],
  });
  await hub.client({ id: 'cli', name: 'Acme CLI', kind: 'cli', public: true, redirectUris: ['http://127.0.0.1/callback'] });
  await hub.client({ id: 'web', name: 'Acme Web', public: true, redirectUris: ['https://app.example/cb', 'https://app.example/cb2?x=1'] });
  await hub.client({
    id: 'backend',
    name: 'Acme Backend',
    redirectUris: ['https://back.example/cb'],
    auth: { secrets: [{ value: 'a-long-secret-of-the-backend' }] },
  });
  await hub.client({ id: 'own', name: 'Own', public: true, firstParty: true, redirectUris: ['https://own.example/cb'] });
  await hub.policy({ id: 'all', effect: 'allow', subject: { any: true }, target: { resources: 'all' }, scopes: 'all' });
}

/** A good request of the client `web`, changed by `changes`; null leaves a parameter out, a list says it several times. */
export function authorizePath(changes: Record<string, string | readonly string[] | null> = {}): string {
  return `/oauth/authorize?${authorizeParams(changes).toString()}`;
}

export function authorizeParams(changes: Record<string, string | readonly string[] | null> = {}): URLSearchParams {
  const good = {
    response_type: 'code',
    client_id: 'web',
    redirect_uri: 'https://app.example/cb',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    state: 'st-1 +&',
    resource: 'http://localhost:9000/mcp',
    scope: 'incidents:read incidents:write',
  };
  const params = new URLSearchParams();
  const wanted: Record<string, string | readonly string[] | null> = { ...good, ...changes };
  for (const [name, value] of Object.entries(wanted))
    for (const one of value === null ? [] : typeof value === 'string' ? [value] : value) params.append(name, one);
  return params;
}
