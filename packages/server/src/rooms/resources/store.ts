import { sql, type RawBuilder } from 'kysely';
import { canonical } from '../../base/canonical.ts';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import { holdName } from '../../base/lock.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { adminChange } from '../audit/change.ts';
import { toResourceConfig, withTitles, type ResourceConfig } from './config.ts';
import type { DetailType } from './detail.ts';
import { toolDrift } from './drift.ts';
import { noteDrifts } from './drift.store.ts';
import type { Resource } from './resource.ts';
import { uriClash } from './uri.ts';

type ResourceRow = Omit<Resource, 'createdAt' | 'detailTypes'> & { created_at: number; detail_types: DetailType[] };

const COLUMNS: RawBuilder<unknown> = sql.raw(
  'id, type, uri, aliases, name, scopes, tools, detail_types, tags, registration, settings, version, created_at',
);

function toResource({ created_at, detail_types, ...found }: ResourceRow): Resource {
  return { ...found, detailTypes: detail_types, createdAt: created_at };
}

export async function findResource(db: Db, id: string): Promise<Resource | undefined> {
  const found = await row(db, sql<ResourceRow>`SELECT ${COLUMNS} FROM resources WHERE id = ${id}`);
  return found === undefined ? undefined : toResource(found);
}

export async function listResources(db: Db, page: { limit: number; cursor?: string | undefined }): Promise<Resource[]> {
  const found = await rows(
    db,
    sql<ResourceRow>`SELECT ${COLUMNS} FROM resources ${page.cursor === undefined ? sql`` : sql`WHERE id > ${page.cursor}`} ORDER BY id LIMIT ${page.limit}`,
  );
  return found.map(toResource);
}

/** Id, URI and aliases of every resource, read under a lock that makes whoever else puts a resource wait until this transaction ends. */
async function identifiersHeld(tx: Tx): Promise<Pick<Resource, 'id' | 'uri' | 'aliases'>[]> {
  await holdName(tx, 'identifiers of resources');
  return rows(tx, sql<Pick<Resource, 'id' | 'uri' | 'aliases'>>`SELECT id, uri, aliases FROM resources`);
}

/** Why this resource cannot be put beside those that are there and those that are built in: an id or identifier is taken. */
export async function resourceFault(
  tx: Tx,
  input: ResourceConfig,
  builtIn: readonly Resource[],
): Promise<{ field: string; message: string } | undefined> {
  if (builtIn.some((resource) => resource.id === input.id)) return { field: 'id', message: `${input.id} is built into the hub` };
  const clash = uriClash(input, [...builtIn, ...(await identifiersHeld(tx))]);
  return clash === undefined ? undefined : { field: clash.field, message: `resource ${clash.id} already answers to this identifier` };
}

/** Creates or replaces by the author's id. The caller has asked {@link resourceFault} in the same transaction. */
export async function putResource(tx: Tx, input: ResourceConfig, by: Author): Promise<PutOutcome<Resource>> {
  const before = await findResource(tx, input.id);
  const { name, scopes } = withTitles(input);
  const wanted = { ...input, name, scopes };
  if (before !== undefined && canonical({ ...toResourceConfig(before), scopes: before.scopes }) === canonical(wanted)) {
    return { outcome: 'unchanged', value: before, entries: [], changed: [] };
  }
  const saved = await row(
    tx,
    sql<ResourceRow>`INSERT INTO resources (id, type, uri, aliases, name, scopes, tools, detail_types, tags, registration, settings)
      VALUES (${input.id}, ${input.type}, ${input.uri}, ${input.aliases}, ${name}, ${JSON.stringify(scopes)}, ${JSON.stringify(input.tools)}, ${JSON.stringify(input.detailTypes)}, ${input.tags},
        ${JSON.stringify(input.registration)}, ${JSON.stringify(input.settings)})
      ON CONFLICT (id) DO UPDATE SET type = excluded.type, uri = excluded.uri, aliases = excluded.aliases, name = excluded.name, scopes = excluded.scopes,
        tools = excluded.tools, detail_types = excluded.detail_types, tags = excluded.tags, registration = excluded.registration, settings = excluded.settings, version = resources.version + 1
      RETURNING ${COLUMNS}`,
  );
  if (saved === undefined) throw new Error('a resource was not saved');
  const value = toResource(saved);
  const change = adminChange({
    kind: 'resource',
    id: input.id,
    by,
    before: before && toResourceConfig(before),
    after: toResourceConfig(value),
  });
  const removedScopes = scopesLost(before, value);
  const entry = removedScopes.length === 0 ? change : { ...change, data: { ...change.data, removedScopes } };
  const drifted = before === undefined ? [] : await noteDrifts(tx, { resource: input.id }, { drifted: toolDrift(before, value), by });
  const entries = [entry, ...drifted];
  return { outcome: before === undefined ? 'created' : 'changed', value, entries, changed: [{ kind: 'resource', key: input.id }] };
}

/** Scopes that were there and no longer are: grants, rules and clients may still name them, and now get nothing for it. */
function scopesLost(before: Resource | undefined, after: Resource): string[] {
  const names = new Set(after.scopes.map((scope) => scope.name));
  return (before?.scopes ?? []).map((scope) => scope.name).filter((name) => !names.has(name));
}

export async function removeResource(tx: Tx, id: string, by: Author): Promise<PutOutcome<Resource> | undefined> {
  const before = await findResource(tx, id);
  if (before === undefined || (await touched(tx, sql`DELETE FROM resources WHERE id = ${id}`)) === 0) return undefined;
  const entry = adminChange({ kind: 'resource', id, by, before: toResourceConfig(before), after: undefined });
  return { outcome: 'removed', value: before, entries: [entry], changed: [{ kind: 'resource', key: id }] };
}
