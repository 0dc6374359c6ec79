import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { freshDatabase, type Engine } from '../../../testing/database.ts';
import { createChangeFeed } from '../../base/changes.ts';
import { fixedClock } from '../../base/clock.ts';
import { openDatabase, type Database } from '../../base/db.ts';
import type { Keks } from '../../base/kek/kek.ts';
import { localKek } from '../../base/kek/local.ts';
import { createLog } from '../../base/log.ts';
import { sealWith } from '../../base/secretbox.ts';
import type { Author } from '../audit/author.ts';
import { createAudit, type Audit } from '../audit/store.ts';
import { createDataKeys, type DataKeys } from '../keys/data-keys.store.ts';
import { openRoot } from '../keys/root.store.ts';
import { connectionConfig } from './config.ts';
import { keyTenantOf, type Credential, type Owner } from './credential.ts';
import { credentialContext, encodeSecret } from './envelope.ts';
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

/** Many API keys at once: sealed as the vault seals them, and brought in by a statement for each thousand. */
export async function fill(world: VaultWorld, node: VaultNode, of: { total: number; ownerOf(n: number): Owner }): Promise<void> {
  const { db } = world.database;
  const at = new Date(world.clock.now());
  for (let from = 0; from < of.total; from += 1_000)
    await db.transaction().execute(async (tx) => {
      const made: object[] = [];
      for (let n = from; n < Math.min(of.total, from + 1_000); n += 1) {
        const slot = { id: `crd_n${n}`, connection: 'search', owner: of.ownerOf(n) };
        const { id: key, key: bytes } = await node.keys.sealing(tx, keyTenantOf(slot.owner));
        const sealed = sealWith(bytes, encodeSecret({ kind: 'api_key', value: `v${n}` }), credentialContext('secret', slot));
        made.push({ id: slot.id, ...slot.owner, label: `n${n}`, key, sealed: sealed.toString('base64') });
      }
      await sql`INSERT INTO credentials (id, connection_id, owner_user, owner_tenant, owner_agent, label, kind, origin, refreshable, key_id, sealed, connected_at, created_at)
        SELECT w.id, 'search', w."user", w.tenant, w.agent, w.label, 'api_key', 'import', false, w.key, decode(w.sealed, 'base64'), ${at}, ${at}
        FROM json_to_recordset(${JSON.stringify(made)}::json) AS w(id text, "user" text, tenant text, agent text, label text, key text, sealed text)`.execute(
        tx,
      );
    });
}
