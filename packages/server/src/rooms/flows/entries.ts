import { compareFlows, type FlowDifference, type FlowGraph, type FlowLayout, type Purpose } from '@writ/flow';
import type { Author } from '../audit/author.ts';
import { adminChange, differences } from '../audit/change.ts';
import type { EventData, EventDraft } from '../audit/event.ts';
import { presentTarget, type Target } from './assignment.ts';
import { graphOfSource } from './config.ts';
import type { Flow, PublishedVersion } from './flow.ts';

/** Of a draft that was saved, or of a flow that was removed: which members differ. */
export function changedEntry(
  id: string,
  by: Author,
  before: Pick<Flow, 'draft' | 'layout'> | undefined,
  after: { draft: FlowGraph; layout: FlowLayout } | undefined,
): EventDraft {
  return adminChange({ kind: 'flow', id, by, before: before && membersOf(before), after: after && membersOf(after), type: 'flow.changed' });
}

function membersOf({ draft: { nodes, edges, ...rest }, layout }: { draft: FlowGraph; layout: FlowLayout }): object {
  return { ...rest, nodes, edges, layout };
}

/** Of a version that came in force: which one, in whose place, and what lies between them. */
export function publishedEntry(
  type: 'flow.published' | 'flow.rolled_back',
  { before, version, graph }: { before: Flow | undefined; version: PublishedVersion; graph: FlowGraph },
  { initiator, actor, origin }: Author,
): EventDraft {
  const older = before?.published === undefined ? undefined : graphOfSource(graph.id, before.published.source);
  const { nodes, lines, fields } = older === undefined ? wholly(graph) : compareFlows(older, graph);
  return {
    type,
    initiator,
    actor,
    target: { type: 'flow', id: graph.id },
    outcome: 'success',
    origin,
    data: {
      version: version.version,
      digest: version.digest,
      purpose: graph.purpose,
      ...(before?.published === undefined ? {} : { before: before.published.digest }),
      ...(version.rolledBackTo === undefined ? {} : { rolledBackTo: version.rolledBackTo }),
      ...(version.note === undefined ? {} : { note: version.note }),
      nodes: { added: few(nodes.added), removed: few(nodes.removed), changed: few(nodes.changed) },
      lines: { added: few(lines.added), removed: few(lines.removed) },
      fields,
      changes: changesOf(older, graph, { before: before?.published?.digest, digest: version.digest }),
    },
  };
}

/** Where the flow says the same, what it copies in does not. */
function changesOf(
  older: FlowGraph | undefined,
  graph: FlowGraph,
  { before, digest }: { before: string | undefined; digest: string },
): EventData[] {
  const found = differences(older === undefined ? {} : contentOf(older), contentOf(graph));
  return found.length > 0 ? found : [{ field: 'subflows', from: before ?? null, to: digest }];
}

/** The first version differs from nothing. */
function wholly({ nodes }: FlowGraph): FlowDifference {
  return { nodes: { added: Object.keys(nodes), removed: [], changed: [] }, lines: { added: [], removed: [] }, fields: [] };
}

function contentOf({ nodes, edges, ...rest }: FlowGraph): object {
  return { ...rest, nodes, edges };
}

/** A flow may have hundreds of nodes; the versions keep them all. */
function few(names: readonly string[]): readonly string[] {
  return names.slice(0, 50);
}

/** Of a place that runs another flow from now on. `from`: the one that ran there by assignment before. */
export function assignedEntry(
  type: 'flow.assigned' | 'flow.unassigned',
  { flow, purpose, target, from }: { flow: string; purpose: Purpose; target: Target; from?: string | undefined },
  { initiator, actor, origin }: Author,
): EventDraft {
  return {
    type,
    initiator,
    actor,
    target: { type: 'flow', id: flow },
    outcome: 'success',
    origin,
    data: { purpose, ...presentTarget(target), ...(from === undefined ? {} : { from }), changes: [assignChange(type, target)] },
  };
}

/** As a plan of the config shows it: `assign.clients: null → "web"`. */
function assignChange(type: 'flow.assigned' | 'flow.unassigned', { kind, id }: Target): EventData {
  const value = kind === 'everywhere' ? 'true' : JSON.stringify(id);
  const field = kind === 'everywhere' ? 'assign.everywhere' : `assign.${kind}s`;
  return type === 'flow.assigned' ? { field, from: null, to: value } : { field, from: value, to: null };
}
