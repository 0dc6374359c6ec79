import { createHash, randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { freshDatabase, type Engine } from '../../../testing/database.ts';
import { createChangeFeed } from '../../base/changes.ts';
import { fixedClock } from '../../base/clock.ts';
import { openDatabase, row, rows, type Tx } from '../../base/db.ts';
import { createDispatch } from '../../base/http/dispatch.ts';
import { fetchHandler } from '../../base/http/fetch.ts';
import { createRouter } from '../../base/http/router.ts';
import { createLog } from '../../base/log.ts';
import { createMailer } from '../../base/mail/mailer.ts';
import { createPasswordHasher } from '../../base/passwords/hasher.ts';
import { fail, ok } from '../../base/result.ts';
import { createSecretBox } from '../../base/secretbox.ts';
import { hubAuthor, type PutOutcome } from '../../rooms/audit/author.ts';
import type { AuditEvent } from '../../rooms/audit/event.ts';
import { createAudit } from '../../rooms/audit/store.ts';
import { createClientAuthentication } from '../../rooms/clients/authenticate.store.ts';
import { clientConfig } from '../../rooms/clients/config.ts';
import { findClient, putClient } from '../../rooms/clients/store.ts';
import { createJourneys } from '../../rooms/flows/dispatch.store.ts';
import { createPolicyDesk } from '../../rooms/policies/desk.store.ts';
import { putPolicy, readPolicy } from '../../rooms/policies/store.ts';
import { createCatalogue } from '../../rooms/resources/catalogue.store.ts';
import { resourceConfig } from '../../rooms/resources/config.ts';
import { putResource } from '../../rooms/resources/store.ts';
import { createContainment } from '../../rooms/signals/contain.store.ts';
import { roleConfig, tenantConfig } from '../../rooms/tenants/config.ts';
import { putRole } from '../../rooms/tenants/role.store.ts';
import { putTenant } from '../../rooms/tenants/store.ts';
import { issueCode } from '../../rooms/tokens/code.store.ts';
import { userConfig } from '../../rooms/users/config.ts';
import { createGuard } from '../../rooms/users/guard.store.ts';
import { createJoin, type Registration } from '../../rooms/users/join.store.ts';
import { createLogin } from '../../rooms/users/login.store.ts';
import { createPost } from '../../rooms/users/post.store.ts';
import { createReset } from '../../rooms/users/reset.store.ts';
import { createSessions } from '../../rooms/users/session.store.ts';
import { prepareUser, putUser } from '../../rooms/users/store.ts';
import { accountRoutes } from '../account/routes.ts';
import { authorizeRoutes } from '../oauth/authorize/routes.ts';
import { createBrowser } from './browser.suite.ts';
import { linkRoutes } from './links.ts';
import { journeyRoutes } from './routes.ts';

export const ISSUER = 'http://localhost:8787';
export const NOON = Date.UTC(2026, 10, 21, 12);
export const PASSWORD = 'correct-horse-9-battery';
export const VERIFIER = 'a'.repeat(43);
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

export type Hub = Awaited<ReturnType<typeof openHub>>;

/** The doors of this folder and of the authorization endpoint on a database of their own, wired as the house wires them. */
export async function openHub(options: { engine?: Engine; registration?: Registration } = {}) {
  const fresh = await freshDatabase(options.engine);
  const database = openDatabase(fresh.url);
  const { db } = database;
  const clock = fixedClock(NOON);
  const log = createLog('silent');
  const feed = createChangeFeed(database, log);
  const audit = createAudit(database, feed, clock);
  const secretBox = createSecretBox(randomBytes(32));
  const hasher = createPasswordHasher();
  const mailer = createMailer({ smtpUrl: undefined, from: 'Writ <hub@writ.test>', clock });
  const post = createPost({ mailer, log });
  const guard = createGuard({ db, secretBox });
  const people = { database, audit, clock, hasher, secretBox, guard, post, issuer: ISSUER };
  const sessions = createSessions({ db, audit, clock, issuer: ISSUER });
  const join = createJoin({ ...people, registration: options.registration ?? 'invite' });
  const reset = createReset(people);
  const onError = (error: unknown): never => {
    throw error;
  };
  const catalogue = createCatalogue({ db, feed, onError });
  const desk = createPolicyDesk({ db, feed, onError });
  const clients = {
    async find(id: string) {
      const client = await findClient(db, id);
      return client === undefined ? fail({ reason: 'no_such_client', detail: '' }) : ok(client);
    },
  };
  const consents: string[] = [];
  const journeys = createJourneys({
    db,
    database,
    audit,
    clock,
    issuer: ISSUER,
    clients,
    catalogue,
    desk,
    sessions,
    issueCode,
    login: createLogin(people),
    join,
    reset,
    observe: (result) => void consents.push(result),
  });
  const outbound = { get: () => Promise.reject(new Error('nothing is fetched here')) };
  const authentication = createClientAuthentication({ db, issuer: ISSUER, directory: clients, outbound, clock });
  const contain = createContainment({ database, audit, clock });
  const common = { db, issuer: ISSUER, audit, sessions, journeys, clients, catalogue, authentication, join, reset, contain, clock };
  const failures: unknown[] = [];
  const dispatch = createDispatch({
    router: createRouter([...authorizeRoutes(common), ...journeyRoutes(common), ...linkRoutes(common), ...accountRoutes(common)]),
    clock,
    log: { ...log, error: (...of: unknown[]) => void failures.push(of) } as typeof log, // reason: only these two are called, and a test wants to see them
    clientAddress: (peer) => peer,
    hostAllowed: () => true,
    isUnavailable: () => false,
    observe: () => {},
  });
  const fetchHub = fetchHandler(dispatch);
  const by = hubAuthor('test');

  const put = async <T>(deed: (tx: Tx) => Promise<PutOutcome<T>>): Promise<T> => {
    const outcome = await audit.commit(async (tx) => {
      const done = await deed(tx);
      const [
        first = {
          type: 'admin.changed' as const,
          initiator: 'hub' as const,
          actor: {},
          outcome: 'success' as const,
          origin: { request: 'test' },
        },
        ...rest
      ] = done.entries;
      return { value: done.value, entries: [first, ...rest], changed: done.changed };
    });
    await Promise.all([catalogue.ready(), desk.ready()]);
    return outcome;
  };

  return {
    db,
    clock,
    audit,
    consents,
    failures,
    sessions,
    join,
    reset,
    contain,
    mailer,
    post,
    browser: () => createBrowser(fetchHub, ISSUER),
    tenant: (of: object) => put((tx) => putTenant(tx, tenantConfig.parse(of), by)),
    role: (of: object) => put((tx) => putRole(tx, roleConfig.parse(of), by)),
    resource: (of: object) => put((tx) => putResource(tx, resourceConfig.parse(of), by)),
    client: (of: object) => put((tx) => putClient(tx, clientConfig.parse(of), by)),
    async user(of: object) {
      const prepared = await prepareUser({ db, hasher }, userConfig.parse({ password: { value: PASSWORD }, ...of }));
      if (!prepared.ok) throw new Error(prepared.error.message);
      const { value } = prepared;
      return put((tx) => putUser(tx, value, by));
    },
    async policy(of: object) {
      const parsed = await readPolicy(db, of);
      if (!parsed.ok) throw new Error(JSON.stringify(parsed));
      const { rule } = parsed;
      return put((tx) => putPolicy(tx, rule, by));
    },
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
    async close() {
      await audit.close();
      await database.close();
      await fresh.drop();
    },
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
