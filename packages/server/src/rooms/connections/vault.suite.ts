import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { freshDatabase, type Engine } from '../../../testing/database.ts';
import { createChangeFeed } from '../../base/changes.ts';
import { fixedClock } from '../../base/clock.ts';
import { openDatabase, type Database } from '../../base/db.ts';
import type { Keks } from '../../base/kek/kek.ts';
import { localKek } from '../../base/kek/local.ts';
import { createLog } from '../../base/log.ts';
import type { Author } from '../audit/author.ts';
import { createAudit, type Audit } from '../audit/store.ts';
import { createDataKeys, type DataKeys } from '../keys/data-keys.store.ts';
import { openRoot } from '../keys/root.store.ts';
import { connectionConfig } from './config.ts';
import type { Credential } from './credential.ts';
import { putConnection } from './store.ts';
import { createVault, type Putting, type Vault } from './vault.store.ts';

export const BY: Author = { initiator: 'admin', actor: { client: 'tests' }, origin: { request: 'req_test' } };
export const START = Date.parse('2026-07-01T12:00:00Z');
export const KEK = randomBytes(32);

export type VaultNode = { vault: Vault; keys: DataKeys; audit: Audit; put(of: Putting): Promise<Credential> };

export type VaultWorld = {
  url: string;
  database: Database;
  clock: ReturnType<typeof fixedClock>;
  /** Another node on the same database: nothing unwrapped yet. */
  node(keks?: Keks): VaultNode;
  close(): Promise<void>;
};

/** A database with users ann and bob, tenants acme and globex (both in both), connections search (API key) and calendar (OAuth). */
export async function vaultWorld(engine?: Engine): Promise<VaultWorld> {
  const { url, drop } = await freshDatabase(engine);
  const database = openDatabase(url);
  const { db } = database;
  const clock = fixedClock(START);
  const audits: Audit[] = [];
  const node = (keks: Keks = { current: localKek(KEK), also: [] }): VaultNode => {
    const keys = createDataKeys({ db, keks, clock });
    const vault = createVault({ db, keys, clock });
    const audit = createAudit(database, createChangeFeed(database, createLog('silent')), clock);
    audits.push(audit);
    const put = (of: Putting): Promise<Credential> => db.transaction().execute(async (tx) => (await vault.put(tx, of, BY)).value);
    return { vault, keys, audit, put };
  };
  await openRoot(db, { current: localKek(KEK), also: [] }, START);
  for (const tenant of ['acme', 'globex']) await sql`INSERT INTO tenants (id, name) VALUES (${tenant}, ${tenant})`.execute(db);
  for (const user of ['ann', 'bob']) {
    await sql`INSERT INTO users (id, email, email_key) VALUES (${user}, ${user}, ${user})`.execute(db);
    for (const tenant of ['acme', 'globex'])
      await sql`INSERT INTO user_tenants (user_id, tenant_id) VALUES (${user}, ${tenant})`.execute(db);
  }
  await sql`INSERT INTO agents (id, client_id, principal_kind, principal_id, created_at) VALUES ('agt_1', 'worker', 'client', 'worker', now())`.execute(
    db,
  );
  const { keys } = node();
  for (const input of CONNECTIONS) await db.transaction().execute((tx) => putConnection(tx, keys, connectionConfig.parse(input), BY));
  return {
    url,
    database,
    clock,
    node,
    async close() {
      for (const audit of audits) await audit.close();
      await database.close();
      await drop();
    },
  };
}

const CONNECTIONS = [
  { id: 'search', type: 'api_key', header: 'x-api-key', baseUrl: 'https://api.search.test' },
  { id: 'maps', type: 'api_key' },
  {
    id: 'calendar',
    type: 'oauth',
    authorizationUrl: 'https://cal.test/authorize',
    tokenUrl: 'https://cal.test/token',
    clientId: 'writ',
    clientSecret: { value: 'canary-client-secret' },
    scopes: ['calendar.readonly', 'calendar.events'],
  },
];
