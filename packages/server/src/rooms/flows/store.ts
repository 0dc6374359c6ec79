import { exportFlow, type FlowLayout } from '@writ/flow';
import { sql, type RawBuilder } from 'kysely';
import { row, rows, type Db, type Tx } from '../../base/db.ts';
import { holdName } from '../../base/lock.ts';
import { assignedOf, type TargetKind } from './assignment.ts';
import { builtInOf, builtIns, type BuiltIn } from './built-in.ts';
import { graphOfSource } from './config.ts';
import type { Flow, PublishedVersion } from './flow.ts';
import { toVersion, VERSION_COLUMNS, type VersionRow } from './version.store.ts';

type FlowRow = { id: string; draft: string; layout: FlowLayout; version: number; created_at: number; updated_at: number };
type Joined = FlowRow & (VersionRow | { [Name in keyof VersionRow]: null });

const SELECT: RawBuilder<Joined> = sql`SELECT f.id, f.draft, f.layout, f.version, f.created_at, f.updated_at, ${VERSION_COLUMNS}
  FROM flows f LEFT JOIN flow_versions v ON v.flow_id = f.id AND v.version = f.published`;

/** What whoever changes any flow holds first: what is copied into one is still so at the commit. */
export async function holdFlows(tx: Tx): Promise<void> {
  await holdName(tx, 'flows');
}

/** Flows by id, the built-in ones among them, each as it was published in its place or as it came. */
export async function listFlows(db: Db, { limit, cursor }: { limit: number; cursor?: string | undefined }): Promise<Flow[]> {
  const beyond = cursor === undefined ? sql`` : sql`WHERE f.id COLLATE "C" > ${cursor}`;
  const found = await rows(db, sql<Joined>`${SELECT} ${beyond} ORDER BY f.id COLLATE "C" LIMIT ${limit}`);
  const drawn = new Set(found.map(({ id }) => id));
  const last = found.length < limit ? undefined : found.at(-1)?.id;
  const others = builtIns().filter(
    ({ graph: { id } }) => !drawn.has(id) && (cursor === undefined || id > cursor) && (last === undefined || id < last),
  );
  const all = [...found.map(toFlow), ...others.map(untouched)].sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
  return withAssigned(db, all);
}

export async function findFlow(db: Db, id: string): Promise<Flow | undefined> {
  const found = await row(db, sql<Joined>`${SELECT} WHERE f.id = ${id}`);
  const builtIn = builtInOf(id);
  const flow = found === undefined ? builtIn && untouched(builtIn) : toFlow(found);
  return flow === undefined ? undefined : (await withAssigned(db, [flow]))[0];
}

/** Every flow, by id, the built-in ones that nobody drew anew among them. */
export async function findFlows(db: Db): Promise<Flow[]> {
  const found = (await rows(db, sql<Joined>`${SELECT}`)).map(toFlow);
  const drawn = new Set(found.map(({ id }) => id));
  const others = builtIns().filter(({ graph }) => !drawn.has(graph.id));
  return withAssigned(
    db,
    [...found, ...others.map(untouched)].sort((a, b) => (a.id < b.id ? -1 : 1)),
  );
}

/** What is revoked begins with nothing any more, nor does what is gone. (Built-in resources have no row; those that have one are unassigned when they are removed.) */
export const LIVES: RawBuilder<unknown> = sql`(kind <> 'client' OR EXISTS (SELECT 1 FROM clients c WHERE c.id = target AND c.state <> 'revoked'))
  AND (kind <> 'tenant' OR EXISTS (SELECT 1 FROM tenants t WHERE t.id = target AND t.state <> 'revoked'))`;

async function withAssigned(db: Db, flows: readonly Flow[]): Promise<Flow[]> {
  if (flows.length === 0) return [];
  const found = await rows(
    db,
    sql<{ kind: TargetKind; target: string; flow_id: string }>`SELECT kind, target, flow_id FROM flow_assignments
      WHERE flow_id = ANY(${flows.map(({ id }) => id)}::text[]) AND ${LIVES}`,
  );
  return flows.map((flow) => {
    const targets = found.filter((one) => one.flow_id === flow.id).map(({ kind, target }) => ({ kind, id: target }));
    return { ...flow, assigned: assignedOf(targets) };
  });
}

const NOTHING = assignedOf([]);

function toFlow(found: Joined): Flow {
  const { id, draft, layout, version, created_at, updated_at } = found;
  const graph = graphOfSource(id, draft);
  const builtIn = builtInOf(id);
  // A draft over a built-in flow that nobody published yet: the hub's own is still what runs.
  const published = found.number === null ? builtIn && asItCame(builtIn) : toVersion(found);
  const inForce = published === undefined || published.source === draft ? graph : graphOfSource(id, published.source);
  return {
    id,
    draft: graph,
    layout,
    builtIn: builtIn !== undefined,
    ...(published === undefined ? {} : { published, inForceFor: inForce.purpose }),
    assigned: NOTHING,
    version,
    createdAt: created_at,
    updatedAt: updated_at,
  };
}

/** Published since ever, by the hub. */
function asItCame({ graph, digest }: BuiltIn): PublishedVersion {
  return { flow: graph.id, version: 0, digest, source: exportFlow(graph), by: { initiator: 'hub' }, at: 0 };
}

/** A built-in flow that nobody changed. */
function untouched(builtIn: BuiltIn): Flow {
  const { graph } = builtIn;
  return {
    id: graph.id,
    draft: graph,
    layout: {},
    builtIn: true,
    published: asItCame(builtIn),
    inForceFor: graph.purpose,
    assigned: NOTHING,
    version: 0,
    createdAt: null,
    updatedAt: null,
  };
}

/** Writes draft and layout. `published`: the version that is in force from now on; left out: the one that is. Says the flow's new number. */
export async function saveFlow(
  tx: Tx,
  { id, draft, layout, published }: { id: string; draft: string; layout: FlowLayout; published?: number | undefined },
): Promise<void> {
  await sql`INSERT INTO flows AS f (id, draft, layout, published) VALUES (${id}, ${draft}, ${JSON.stringify(layout)}, ${published ?? null}::bigint)
    ON CONFLICT (id) DO UPDATE SET draft = excluded.draft, layout = excluded.layout,
      published = coalesce(excluded.published, f.published), version = f.version + 1, updated_at = now()`.execute(tx);
}

export async function dropFlow(tx: Tx, id: string): Promise<void> {
  await sql`DELETE FROM flows WHERE id = ${id}`.execute(tx);
  if (builtInOf(id) === undefined) await sql`DELETE FROM flow_assignments WHERE flow_id = ${id}`.execute(tx);
}

/** An assignment is a change of the flow: whoever holds its ETag hears of it. */
export async function touchFlow(tx: Tx, id: string): Promise<void> {
  await sql`UPDATE flows SET version = version + 1, updated_at = now() WHERE id = ${id}`.execute(tx);
}
