import { sql, type RawBuilder } from 'kysely';
import { canonical } from '../../base/canonical.ts';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { adminChange } from '../audit/change.ts';
import { toResourceConfig, withTitles, type ResourceConfig } from './config.ts';
import type { Resource } from './resource.ts';

type ResourceRow = Omit<Resource, 'createdAt'> & { created_at: number };

const COLUMNS: RawBuilder<unknown> = sql.raw('id, type, uri, aliases, name, scopes, tools, tags, registration, settings, version, created_at');

function toResource({ created_at, ...found }: ResourceRow): Resource {
  return { ...found, createdAt: created_at };
}

export async function findResource(db: Db, id: string): Promise<Resource | undefined> {
  const found = await row(db, sql<ResourceRow>`SELECT ${COLUMNS} FROM resources WHERE id = ${id}`);
  return found === undefined ? undefined : toResource(found);
}

export async function listResources(db: Db, page: { limit: number; cursor?: string | undefined }): Promise<Resource[]> {
  const found = await rows(db, sql<ResourceRow>`SELECT ${COLUMNS} FROM resources ${page.cursor === undefined ? sql`` : sql`WHERE id > ${page.cursor}`} ORDER BY id LIMIT ${page.limit}`);
  return found.map(toResource);
}

/** Another resource that already answers to one of these URIs, as its own or as an alias: two would make a token's audience ambiguous. */
export async function uriTaken(db: Db, input: ResourceConfig): Promise<{ id: string } | undefined> {
  const wanted = [input.uri, ...input.aliases];
  return row(db, sql<{ id: string }>`SELECT id FROM resources WHERE id <> ${input.id} AND (uri = ANY(${wanted}::text[]) OR aliases && ${wanted}::text[]) LIMIT 1`);
}

/** Creates or replaces by the author's id. The caller has asked {@link uriTaken}; the unique index on `uri` is the last word. */
export async function putResource(tx: Tx, input: ResourceConfig, by: Author): Promise<PutOutcome<Resource>> {
  const before = await findResource(tx, input.id);
  const { name, scopes } = withTitles(input);
  const wanted = { ...input, name, scopes };
  if (before !== undefined && canonical({ ...toResourceConfig(before), scopes: before.scopes }) === canonical(wanted)) {
    return { outcome: 'unchanged', value: before, entries: [], changed: [] };
  }
  const saved = await row(
    tx,
    sql<ResourceRow>`INSERT INTO resources (id, type, uri, aliases, name, scopes, tools, tags, registration, settings)
      VALUES (${input.id}, ${input.type}, ${input.uri}, ${input.aliases}, ${name}, ${JSON.stringify(scopes)}, ${JSON.stringify(input.tools)}, ${input.tags},
        ${JSON.stringify(input.registration)}, ${JSON.stringify(input.settings)})
      ON CONFLICT (id) DO UPDATE SET type = excluded.type, uri = excluded.uri, aliases = excluded.aliases, name = excluded.name, scopes = excluded.scopes,
        tools = excluded.tools, tags = excluded.tags, registration = excluded.registration, settings = excluded.settings, version = resources.version + 1
      RETURNING ${COLUMNS}`,
  );
  if (saved === undefined) throw new Error('a resource was not saved');
  const value = toResource(saved);
  const entry = adminChange({ kind: 'resource', id: input.id, by, before: before && toResourceConfig(before), after: toResourceConfig(value) });
  return { outcome: before === undefined ? 'created' : 'changed', value, entries: [entry], changed: [{ kind: 'resource', key: input.id }] };
}

export async function removeResource(tx: Tx, id: string, by: Author): Promise<PutOutcome<Resource> | undefined> {
  const before = await findResource(tx, id);
  if (before === undefined || (await touched(tx, sql`DELETE FROM resources WHERE id = ${id}`)) === 0) return undefined;
  const entry = adminChange({ kind: 'resource', id, by, before: toResourceConfig(before), after: undefined });
  return { outcome: 'removed', value: before, entries: [entry], changed: [{ kind: 'resource', key: id }] };
}
