import { sql } from 'kysely';
import { canonical } from '../../base/canonical.ts';
import type { Tx } from '../../base/db.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { adminChange } from '../audit/change.ts';
import type { Client } from './client.ts';
import { findClient, lockClient } from './store.ts';

/** What an administrator may say about a client that registered by itself. `null` takes it away; absent leaves it. */
export type ClientPatch = {
  status?: Client['status'] | undefined;
  kind?: Client['kind'] | undefined;
  tags?: readonly string[] | undefined;
  owner?: string | null | undefined;
  tenants?: readonly string[] | undefined;
  scopes?: readonly string[] | null | undefined;
};

type Said = {
  status: Client['status'];
  kind: Client['kind'];
  tags: readonly string[];
  owner: string | null;
  tenants: readonly string[];
  scopes: readonly string[] | null;
};

/** Changes the hub's own words about a client, never the client's. Undefined: there is no such client. */
export async function patchClient(tx: Tx, id: string, patch: ClientPatch, by: Author): Promise<PutOutcome<Client> | undefined> {
  const client = await lockClient(tx, id);
  if (client === undefined) return undefined;
  const before: Said = {
    status: client.status,
    kind: client.kind,
    tags: client.tags,
    owner: client.owner ?? null,
    tenants: client.tenants,
    scopes: client.scopes ?? null,
  };
  const after: Said = {
    status: patch.status ?? before.status,
    kind: patch.kind ?? before.kind,
    tags: patch.tags ?? before.tags,
    owner: patch.owner === undefined ? before.owner : patch.owner,
    tenants: patch.tenants ?? before.tenants,
    scopes: patch.scopes === undefined ? before.scopes : patch.scopes,
  };
  if (canonical(before) === canonical(after)) return { outcome: 'unchanged', value: client, entries: [], changed: [] };
  await sql`UPDATE clients SET status = ${after.status}, kind = ${after.kind}, tags = ${after.tags}, owner = ${after.owner}, tenants = ${after.tenants},
      scopes = ${after.scopes}, version = version + 1 WHERE id = ${id}`.execute(tx);
  const entry = adminChange({ kind: 'client', id, by, before, after, type: 'client.changed' });
  return { outcome: 'changed', value: (await findClient(tx, id)) ?? client, entries: [entry], changed: [{ kind: 'client', key: id }] };
}
