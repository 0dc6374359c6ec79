import { sql, type RawBuilder } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import type { State } from '../tenants/tenant.ts';
import type { Client, RegistrationType } from './client.ts';
import { COLUMNS, toClient, type ClientRow } from './row.store.ts';

export type ClientFilter = {
  registrationType?: RegistrationType | undefined;
  status?: Client['status'] | undefined;
  state?: State | undefined;
  kind?: Client['kind'] | undefined;
  tag?: string | undefined;
  owner?: string | undefined;
  tenant?: string | undefined;
  /** Part of the name, whatever its case. */
  name?: string | undefined;
  /** One program's registrations, each in a row of its own. */
  fingerprint?: string | undefined;
};

/** A row of the list: a client, or the newest of several registrations of one program and how many there are. */
export type ListedClient = { client: Client; registrations: number };

function conditions(filter: ClientFilter, alias: 'c' | 'd'): RawBuilder<unknown> {
  const column = (name: string): RawBuilder<unknown> => sql.raw(`${alias}.${name}`);
  return sql`true
    ${filter.registrationType === undefined ? sql`` : sql`AND ${column('registration_type')} = ${filter.registrationType}`}
    ${filter.status === undefined ? sql`` : sql`AND ${column('status')} = ${filter.status}`}
    ${filter.state === undefined ? sql`` : sql`AND ${column('state')} = ${filter.state}`}
    ${filter.kind === undefined ? sql`` : sql`AND ${column('kind')} = ${filter.kind}`}
    ${filter.tag === undefined ? sql`` : sql`AND ${filter.tag} = ANY(${column('tags')})`}
    ${filter.owner === undefined ? sql`` : sql`AND ${column('owner')} = ${filter.owner}`}
    ${filter.tenant === undefined ? sql`` : sql`AND ${filter.tenant} = ANY(${column('tenants')})`}
    ${filter.name === undefined ? sql`` : sql`AND position(lower(${filter.name}) IN lower(${column('name')})) > 0`}
    ${filter.fingerprint === undefined ? sql`` : sql`AND ${column('fingerprint')} = ${filter.fingerprint}`}`;
}

/**
 * A page of clients in the order of their ids. Dynamic registrations with the same name and redirect set are one row, the newest, counted among
 * those that match the filter; asking for one fingerprint lists them singly.
 */
export async function listClients(
  db: Db,
  filter: ClientFilter,
  page: { limit: number; cursor?: string | undefined },
): Promise<ListedClient[]> {
  const single = filter.fingerprint !== undefined;
  const count = single
    ? sql`1`
    : sql`CASE WHEN c.fingerprint IS NULL THEN 1 ELSE (SELECT count(*) FROM clients d WHERE d.fingerprint = c.fingerprint AND ${conditions(filter, 'd')}) END`;
  const found = await rows(
    db,
    sql<ClientRow & { registrations: number }>`SELECT ${COLUMNS}, ${count} AS registrations FROM clients c
      WHERE ${conditions(filter, 'c')}
      ${single ? sql`` : sql`AND (c.fingerprint IS NULL OR NOT EXISTS (SELECT 1 FROM clients d WHERE d.fingerprint = c.fingerprint AND d.id > c.id AND ${conditions(filter, 'd')}))`}
      ${page.cursor === undefined ? sql`` : sql`AND c.id > ${page.cursor}`}
      ORDER BY c.id LIMIT ${page.limit}`,
  );
  return found.map((one) => ({ client: toClient(one), registrations: one.registrations }));
}
