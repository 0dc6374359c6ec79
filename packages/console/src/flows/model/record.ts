import { compareFlows, exportFlow, parseFlow, PURPOSES, type FlowGraph, type FlowLayout, type Purpose } from '@writ/flow';
import { documentOf, type Canvas, type Draft } from './draft.ts';
import type { Judged } from './judge.ts';
import type { Mark } from './scene.ts';

/** Where a flow runs, besides the built-in place of its purpose. */
export type Assigned = {
  readonly clients: readonly string[];
  readonly resources: readonly string[];
  readonly tenants: readonly string[];
  readonly everywhere: boolean;
};

export type VersionFacts = {
  readonly version: number;
  readonly digest: string;
  readonly at: number;
  readonly by: { readonly initiator: string; readonly user: string | null; readonly client: string | null };
  readonly note: string | null;
  readonly rolledBackTo: number | null;
};

/** A flow as the hub keeps it. `version`: of the record, to be sent back with a change. */
export type FlowRecord = {
  readonly graph: FlowGraph;
  readonly layout: FlowLayout;
  readonly builtIn: boolean;
  readonly published: VersionFacts | null;
  readonly ahead: boolean;
  readonly assigned: Assigned;
  readonly version: number;
};

export const NOT_ASSIGNED: Assigned = { clients: [], resources: [], tenants: [], everywhere: false };

/** Reads the document that an answer of the hub holds. The hub reads it with the same code, so a fault here is a bug. */
export function graphIn(document: unknown): FlowGraph {
  const parsed = parseFlow(document);
  if (!parsed.ok) throw new Error(`the hub sent a flow that cannot be read: ${JSON.stringify(parsed.faults)}`);
  return parsed.graph;
}

/** The same where one that cannot be read must not keep the others away: a flow of a newer hub, say. */
export function readableIn(document: unknown): FlowGraph | undefined {
  const parsed = parseFlow(document);
  return parsed.ok ? parsed.graph : undefined;
}

const MEMBERS = new Set(['id', 'name', 'description', 'purpose', 'start', 'nodes', 'edges']);

/** The document among the other members of a record. */
export function documentIn(answer: Readonly<Record<string, unknown>>): unknown {
  return Object.fromEntries(Object.entries(answer).filter(([name]) => MEMBERS.has(name)));
}

/** What tells a saved canvas from a changed one: text and places. */
export function markOf({ draft, layout }: Canvas, judged: Pick<Judged, 'graph'>): string {
  const text = judged.graph === undefined ? JSON.stringify(documentOf(draft)) : exportFlow(judged.graph);
  const places = Object.keys(draft.nodes)
    .toSorted()
    .map((id) => [id, layout[id]]);
  return `${text}${JSON.stringify(places)}`;
}

export const PURPOSE_WORDS: Readonly<Record<Purpose, string>> = {
  authorize: 'Authorization',
  device: 'Authorization of a device',
  ciba: 'Approval in another browser (CIBA)',
  connect: 'Connecting an account',
  registration: 'Registration of a client',
  sign_in: 'Sign-in at the hub',
};

export function isPurpose(word: string): word is Purpose {
  return PURPOSES.some((one) => one === word);
}

/** Sentences that say whom a publication concerns. */
export function affected({ builtIn, assigned }: Pick<FlowRecord, 'builtIn' | 'assigned'>, purpose: Purpose): readonly string[] {
  const { clients, resources, tenants, everywhere } = assigned;
  const listed = (word: string, ids: readonly string[]): readonly string[] =>
    ids.length === 0 ? [] : [`${ids.length === 1 ? word : `${word}s`} ${ids.join(', ')}`];
  return [
    ...(everywhere || builtIn
      ? [`everything for the purpose “${PURPOSE_WORDS[purpose]}” that no narrower assignment takes elsewhere`]
      : []),
    ...listed('client', clients),
    ...listed('resource', resources),
    ...listed('tenant', tenants),
  ];
}

/** What lies between two states, as lines to read. */
export function differenceLines(before: FlowGraph, after: FlowGraph): readonly { readonly sign: '+' | '−' | '~'; readonly text: string }[] {
  const { nodes, lines, fields } = compareFlows(before, after);
  const kind = (graph: FlowGraph, id: string): string => `${id} (${graph.nodes[id]?.kind ?? ''})`;
  return [
    ...fields.map((text) => ({ sign: '~' as const, text })),
    ...nodes.added.map((id) => ({ sign: '+' as const, text: kind(after, id) })),
    ...nodes.removed.map((id) => ({ sign: '−' as const, text: kind(before, id) })),
    ...nodes.changed.map((id) => ({ sign: '~' as const, text: kind(after, id) })),
    ...lines.added.map((text) => ({ sign: '+' as const, text })),
    ...lines.removed.map((text) => ({ sign: '−' as const, text })),
  ];
}

/** How the nodes of a draft differ from those of an older state, to be marked on the canvas. */
export function marksOf(before: FlowGraph, after: FlowGraph): ReadonlyMap<string, Mark> {
  const { added, changed } = compareFlows(before, after).nodes;
  return new Map([...added.map((id) => [id, 'added'] as const), ...changed.map((id) => [id, 'changed'] as const)]);
}

/** An id for a new flow from its name. */
export function idFrom(name: string): string {
  return name
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 60);
}

export function titleOf(draft: Pick<Draft, 'id' | 'name'>): string {
  return draft.name === '' ? draft.id : draft.name;
}
