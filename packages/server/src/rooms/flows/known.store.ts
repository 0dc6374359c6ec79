import type { FlowGraph } from '@writ/flow';
import { sql } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import { builtInOf } from './built-in.ts';
import { checkFlow, type Checked, type KnownNames } from './check.ts';
import { graphOfSource } from './config.ts';
import { subflowsIn } from './order.ts';

/** What these flows may name, as this transaction sees it. Other rooms' tables are read here because names are judged, not what stands behind them. */
export async function knownTo(db: Db, drafts: readonly FlowGraph[]): Promise<KnownNames> {
  const inner = await library(db, drafts);
  const nodes = [...drafts, ...inner.values()].flatMap((graph) => Object.values(graph.nodes));
  const approvers = nodes.flatMap((node) => (node.kind === 'requestApproval' ? [node.from] : []));
  const users = approvers.flatMap((from) => from.users ?? []);
  const roles = approvers.flatMap((from) => from.roles ?? []);
  return {
    flow: (id) => inner.get(id),
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

/**
 * The flows that these copy in, and those within them: each as it is in force, or, where it never was published alone, as it is drawn. The lints judge
 * the whole. A flow without subflows asks for none.
 */
async function library(db: Db, drafts: readonly FlowGraph[]): Promise<ReadonlyMap<string, FlowGraph>> {
  const found = new Map<string, FlowGraph>();
  let wanted = drafts.flatMap(subflowsIn);
  while (wanted.length > 0) {
    const sources = await rows(
      db,
      sql<{ id: string; source: string | null; draft: string }>`SELECT f.id, v.source, f.draft
        FROM flows f LEFT JOIN flow_versions v ON v.flow_id = f.id AND v.version = f.published WHERE f.id = ANY(${wanted}::text[])`,
    );
    const inForce = new Map(sources.flatMap(({ id, source }) => (source === null ? [] : [[id, graphOfSource(id, source)]])));
    const drawn = new Map(sources.map(({ id, draft }) => [id, graphOfSource(id, draft)]));
    const fresh = wanted.flatMap((id) => inForce.get(id) ?? builtInOf(id)?.graph ?? drawn.get(id) ?? []);
    for (const graph of fresh) found.set(graph.id, graph);
    wanted = [...new Set(fresh.flatMap(subflowsIn))].filter((id) => !found.has(id));
  }
  return found;
}

/** {@link checkFlow} with what is here now. */
export async function checkHere(db: Db, draft: FlowGraph): Promise<Checked> {
  return checkFlow(draft, await knownTo(db, [draft]));
}
