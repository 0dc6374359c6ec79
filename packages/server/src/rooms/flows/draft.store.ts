import { canonicalFlow, exportFlow, parseLayout, type FlowGraph, type FlowLayout } from '@writ/flow';
import type { Tx } from '../../base/db.ts';
import { canonical } from '../../base/canonical.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { changedEntry } from './entries.ts';
import type { Flow } from './flow.ts';
import { checkHere } from './known.store.ts';
import { purposeProblems } from './unfit.http.ts';
import { findFlow, holdFlows, saveFlow } from './store.ts';

/** Saves the draft under its id, with what the checks say of it. Nothing that runs changes. `layout` left out: nodes stay where they are. */
export async function saveDraft(tx: Tx, graph: FlowGraph, layout: FlowLayout | undefined, by: Author): Promise<PutOutcome<Flow>> {
  await holdFlows(tx);
  const before = await findFlow(tx, graph.id);
  const problems = [...(await checkHere(tx, graph)).problems, ...purposeProblems(graph, before)];
  const places = placesOf(graph, layout ?? before?.layout);
  const same =
    before !== undefined && canonicalFlow(before.draft) === canonicalFlow(graph) && canonical(before.layout) === canonical(places);
  if (same) return { outcome: 'unchanged', value: { ...before, problems }, entries: [], changed: [] };
  await saveFlow(tx, { id: graph.id, draft: exportFlow(graph), layout: places });
  const entry = changedEntry(graph.id, by, before, { draft: graph, layout: places });
  const value = { ...(await savedFlow(tx, graph.id)), problems };
  return { outcome: before === undefined || before.version === 0 ? 'created' : 'changed', value, entries: [entry], changed: [] };
}

/** Positions of the nodes that there are; those of others are dropped. */
export function placesOf(graph: FlowGraph, layout: FlowLayout | undefined): FlowLayout {
  const parsed = parseLayout(layout ?? {}, graph);
  return parsed.ok ? parsed.layout : {};
}

export async function savedFlow(tx: Tx, id: string): Promise<Flow> {
  const found = await findFlow(tx, id);
  if (found === undefined) throw new Error(`the flow ${id} was not saved`);
  return found;
}
