import type { FlowGraph } from '@writ/flow';
import { sql } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import { builtInOf } from './built-in.ts';
import { checkFlow, type Checked, type KnownNames } from './check.ts';
import { graphOfSource } from './config.ts';

/** What these flows may name, as this transaction sees it. Other rooms' tables are read here because names are judged, not what stands behind them. */
export async function knownTo(db: Db, drafts: readonly FlowGraph[]): Promise<KnownNames> {
  const flow = await library(db);
  const inner = drafts.flatMap((draft) => withSubflows(draft, flow));
  const approvers = inner
    .flatMap(({ nodes }) => Object.values(nodes))
    .flatMap((node) => (node.kind === 'requestApproval' ? [node.from] : []));
  const users = approvers.flatMap((from) => from.users ?? []);
  const roles = approvers.flatMap((from) => from.roles ?? []);
  return {
    flow,
    connections: await idsIn(db, sql`SELECT id FROM connections`),
    providers: await idsIn(db, sql`SELECT id FROM identity_providers`),
    secrets: await idsIn(db, sql`SELECT id FROM flow_secrets`),
    users: users.length === 0 ? new Set() : await idsIn(db, sql`SELECT id FROM users WHERE id = ANY(${users}::text[])`),
    roles: roles.length === 0 ? new Set() : await idsIn(db, sql`SELECT name AS id FROM roles WHERE name = ANY(${roles}::text[])`),
  };
}

async function idsIn(db: Db, query: ReturnType<typeof sql>): Promise<ReadonlySet<string>> {
  return new Set((await rows(db, sql<{ id: string }>`${query}`)).map(({ id }) => id));
}

/** A flow as it is copied into others: as it is in force, or, where it never was published alone, as it is drawn. The lints judge the whole. */
async function library(db: Db): Promise<KnownNames['flow']> {
  const found = await rows(
    db,
    sql<{ id: string; source: string }>`SELECT f.id, coalesce(v.source, f.draft) AS source
      FROM flows f LEFT JOIN flow_versions v ON v.flow_id = f.id AND v.version = f.published`,
  );
  const sources = new Map(found.map(({ id, source }) => [id, source]));
  const read = new Map<string, FlowGraph | undefined>();
  return (id) => {
    if (!read.has(id)) {
      const source = sources.get(id);
      read.set(id, source === undefined ? builtInOf(id)?.graph : graphOfSource(id, source));
    }
    return read.get(id);
  };
}

function withSubflows(draft: FlowGraph, flow: KnownNames['flow']): FlowGraph[] {
  const found = new Map([[draft.id, draft]]);
  const walk = (graph: FlowGraph): void => {
    for (const node of Object.values(graph.nodes)) {
      const inner = node.kind === 'subflow' && !found.has(node.flow) ? flow(node.flow) : undefined;
      if (inner === undefined) continue;
      found.set(inner.id, inner);
      walk(inner);
    }
  };
  walk(draft);
  return [...found.values()];
}

/** {@link checkFlow} with what is here now. */
export async function checkHere(db: Db, draft: FlowGraph): Promise<Checked> {
  return checkFlow(draft, await knownTo(db, [draft]));
}
