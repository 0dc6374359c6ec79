import { sql } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import { hubAuthor } from '../audit/author.ts';
import { removeDataKeys } from '../keys/data-key.store.ts';
import { COLUMNS, toStored, type CredentialRow } from './credential.store.ts';
import type { Disconnecting } from './disconnect.store.ts';

const BATCH = 100;

/**
 * Credentials of users, tenants and agents who were revoked, credentials of revoked connections, and tokens of the hub's own accounts that nobody has needed for a day. Nobody gets them from the moment of the removal (the search for a credential asks
 * whether its owner stands); here they leave the vault, their services are told, and with the last one goes the key of a removed tenant, so that
 * also a backup's rows of that tenant open by nothing that is kept here.
 */
export async function sweepOrphans(deps: { db: Db; disconnecting: Pick<Disconnecting, 'disconnect'> }): Promise<number> {
  const { db, disconnecting } = deps;
  let removed = 0;
  for (let after = ''; ;) {
    const found = await orphans(db, after);
    for (const { credential } of found) if (await disconnecting.disconnect(credential, hubAuthor('credentials-sweep'))) removed += 1;
    after = found.at(-1)?.credential.id ?? after;
    if (found.length < BATCH) break;
  }
  await shredKeys(db);
  return removed;
}

/** The same as soon as something was revoked: nobody waits, and the sweep of the next minute goes on where this one failed. */
export type OrphanSweep = { soon(): void; settled(): Promise<void> };

export function createOrphanSweep(deps: Parameters<typeof sweepOrphans>[0] & { onError(error: unknown): void }): OrphanSweep {
  let running: Promise<void> | undefined;
  let again = false;
  const run = async (): Promise<void> => {
    do {
      again = false;
      await sweepOrphans(deps).catch(deps.onError);
    } while (again);
    // Here and not a turn later: who asks in between would be told of a sweep that was over before they asked.
    running = undefined;
  };
  return {
    soon() {
      again = true;
      running ??= run();
    },
    settled: () => running ?? Promise.resolve(),
  };
}

async function orphans(db: Db, after: string) {
  const found = await rows(
    db,
    sql<CredentialRow>`SELECT ${COLUMNS} FROM credentials c WHERE c.id > ${after} AND (
        c.owner_user IN (SELECT id FROM users WHERE state = 'revoked') OR c.owner_tenant IN (SELECT id FROM tenants WHERE state = 'revoked')
        OR c.owner_agent IN (SELECT id FROM agents WHERE state = 'revoked')
        OR c.owner_agent IN (SELECT a.id FROM agents a JOIN clients l ON l.id = a.client_id WHERE l.state = 'revoked')
        OR c.connection_id IN (SELECT id FROM connections WHERE state = 'revoked')
        OR (c.origin = 'service' AND c.refresh_lease IS NULL AND greatest(c.expires_at, c.connected_at) < now() - interval '1 day')) ORDER BY c.id LIMIT ${BATCH}`,
  );
  return found.map(toStored);
}

function shredKeys(db: Db): Promise<number> {
  return removeDataKeys(
    db,
    sql`k.purpose = 'credentials' AND k.tenant IN (SELECT id FROM tenants WHERE state = 'revoked')
      AND NOT EXISTS (SELECT 1 FROM credentials c WHERE c.key_id = k.id OR c.refresh_pending_key = k.id)`,
  );
}
