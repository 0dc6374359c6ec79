import { canonicalFlow, parseVersion, type FlowGraph } from '@writ/flow';
import { sql, type RawBuilder } from 'kysely';
import { row, rows, type Db, type Tx } from '../../base/db.ts';
import type { Author } from '../audit/author.ts';
import { changedBy, type ChangedBy } from '../policies/version.ts';
import { builtInByDigest, builtInOf, builtIns } from './built-in.ts';
import type { PublishedVersion } from './flow.ts';

/** A version as joined to something else: every column may be missing there. */
export type VersionRow = {
  flow_id: string;
  number: number;
  digest: string;
  source: string;
  changed_by: ChangedBy;
  note: string | null;
  rolled_back_to: number | null;
  changed_at: number;
};

export const VERSION_COLUMNS: RawBuilder<unknown> = sql.raw(
  'v.flow_id, v.version AS number, v.digest, v.source, v.changed_by, v.note, v.rolled_back_to, v.changed_at',
);

export function toVersion(found: VersionRow): PublishedVersion {
  const { flow_id, number, digest, source, changed_by, note, rolled_back_to, changed_at } = found;
  return {
    flow: flow_id,
    version: number,
    digest,
    source,
    by: changed_by,
    at: changed_at,
    ...(note === null ? {} : { note }),
    ...(rolled_back_to === null ? {} : { rolledBackTo: rolled_back_to }),
  };
}

export type NewVersion = { digest: string; source: string; body: string; note?: string | undefined; rolledBackTo?: number | undefined };

/** Writes the next version down; the caller holds the name of the flows. */
export async function addVersion(tx: Tx, id: string, of: NewVersion, by: Author): Promise<PublishedVersion> {
  await keepBody(tx, of);
  const added = await row(
    tx,
    sql<VersionRow>`INSERT INTO flow_versions AS v (flow_id, version, digest, source, changed_by, note, rolled_back_to)
      SELECT ${id}, coalesce(max(version), 0) + 1, ${of.digest}, ${of.source}, ${JSON.stringify(changedBy(by))}::jsonb,
        ${of.note ?? null}, ${of.rolledBackTo ?? null}::bigint
      FROM flow_versions WHERE flow_id = ${id} RETURNING ${VERSION_COLUMNS}`,
  );
  if (added === undefined) throw new Error('a version was not saved');
  return toVersion(added);
}

/** Newest first. `cursor` is the number of the last version seen. */
export async function listVersions(db: Db, id: string, page: { limit: number; cursor?: string | undefined }): Promise<PublishedVersion[]> {
  const beyond = page.cursor === undefined ? sql`` : sql`AND v.version < ${Number(page.cursor)}`;
  const found = await rows(
    db,
    sql<VersionRow>`SELECT ${VERSION_COLUMNS} FROM flow_versions v WHERE v.flow_id = ${id} ${beyond} ORDER BY v.version DESC LIMIT ${page.limit}`,
  );
  return found.map(toVersion);
}

export async function findVersion(db: Db, id: string, version: number): Promise<PublishedVersion | undefined> {
  const found = await row(
    db,
    sql<VersionRow>`SELECT ${VERSION_COLUMNS} FROM flow_versions v WHERE v.flow_id = ${id} AND v.version = ${version}`,
  );
  return found === undefined ? undefined : toVersion(found);
}

async function keepBody(db: Db, { digest, body }: Pick<NewVersion, 'digest' | 'body'>): Promise<void> {
  await sql`INSERT INTO flow_bodies (digest, body) VALUES (${digest}, ${body}) ON CONFLICT (digest) DO NOTHING`.execute(db);
}

/** Journeys that began with a built-in flow of this hub go on with it when the next hub brings another. Writes only what is not there. */
export async function keepBuiltIns(db: Db): Promise<void> {
  const digests = builtIns().map(({ digest }) => digest);
  const found = await rows(db, sql<{ digest: string }>`SELECT digest FROM flow_bodies WHERE digest = ANY(${digests}::text[])`);
  const kept = new Set(found.map(({ digest }) => digest));
  for (const { digest, graph } of builtIns()) if (!kept.has(digest)) await keepBody(db, { digest, body: canonicalFlow(graph) });
}

/** What runs, by the digest that a journey keeps. */
export async function findBody(db: Db, digest: string): Promise<FlowGraph | undefined> {
  const found = await row(db, sql<{ body: string }>`SELECT body FROM flow_bodies WHERE digest = ${digest}`);
  return found === undefined ? undefined : graphOfBody(digest, found.body);
}

/** Was read before it was kept: a body that cannot be read is a broken table, or a hub older than what it runs. */
export function graphOfBody(digest: string, body: string): FlowGraph {
  const parsed = parseVersion(body);
  if (!parsed.ok) throw new Error(`the version ${digest} of a flow cannot be read: ${JSON.stringify(parsed.faults)}`);
  return parsed.graph;
}

/** Of which flow each of these digests is a version, and the newest of its numbers; 0: the built-in flow as it came. */
export async function namesOf(db: Db, digests: readonly string[]): Promise<ReadonlyMap<string, { id: string; version: number }>> {
  const found = await rows(
    db,
    sql<{ digest: string; id: string; version: number }>`SELECT digest, flow_id AS id, max(version) AS version FROM flow_versions
      WHERE digest = ANY(${[...new Set(digests)]}::text[]) GROUP BY digest, flow_id`,
  );
  const own = digests.flatMap((digest): [string, { id: string; version: number }][] => {
    const id = builtInByDigest(digest)?.graph.id;
    return id === undefined ? [] : [[digest, { id, version: 0 }]];
  });
  return new Map([...own, ...found.map(({ digest, id, version }) => [digest, { id, version }] as const)]);
}

/** The digests of everything that this flow ever was. */
export async function digestsOf(db: Db, id: string): Promise<string[]> {
  const found = await rows(db, sql<{ digest: string }>`SELECT DISTINCT digest FROM flow_versions WHERE flow_id = ${id}`);
  const builtIn = builtInOf(id);
  return [...found.map(({ digest }) => digest), ...(builtIn === undefined ? [] : [builtIn.digest])];
}
