import { PURPOSES } from './facts.ts';
import { newFaults, quote, under, type Faults, type FlowFault } from './faults.ts';
import { branchesOf, type FlowGraph } from './graph.ts';
import { deepFreeze, isFields, type Fields, type Json } from './json.ts';
import { GRAPH_KINDS, type GraphNode } from './kinds.ts';
import { list, object, optional, preset, text, word, type Shape } from './shape.ts';

export type ParsedFlow = { readonly ok: true; readonly graph: FlowGraph } | { readonly ok: false; readonly faults: readonly FlowFault[] };

/** Far above any real flow, low enough that one flow cannot weigh on the hub. */
const MAX_NODES = 300;
/** With subflows copied in. */
export const MAX_EXPANDED = 1000;
const NODE_ID = { max: 40, form: /^[A-Za-z]\w*$/, says: 'must be letters and digits, so that expressions can name it' };
/** Words of the expression language, which cannot be names in it. */
const WORDS = new Set(
  'as break const continue else false for function if import in let loop namespace null package return true var void while'.split(' '),
);

const untouched: Shape<Fields> = {
  read: (faults, value, path) => (isFields(value) ? value : faults.add(path, 'must be an object with id and kind')),
  formulas: () => [],
  schema: { type: 'object' },
};

const end = text({ max: 1000 });
const edge = object({ from: end, branch: preset(text({ max: 40 }), 'next'), to: end });
const documentOf = (most: number) =>
  object({
    id: text({ max: 100, form: /^[A-Za-z0-9][\w.:-]*$/, says: 'must be letters, digits and . _ : -' }),
    name: optional(text({ max: 120 })),
    description: optional(text({ max: 1000 })),
    purpose: preset(word(PURPOSES), 'authorize'),
    start: optional(text({ max: 1000 })),
    nodes: list(untouched, { most }),
    edges: preset(list(edge, { least: 0, most: most * 4 }), []),
  });
const flow = documentOf(MAX_NODES);

type NodeNames = { readonly id: Parameters<typeof text>[0]; readonly most: number };
type Form = NodeNames & { readonly shape: ReturnType<typeof documentOf> };
const DRAWN: Form = { shape: flow, id: NODE_ID, most: MAX_NODES };
/** A node that was copied in is called `<subflow>/<node>`, as deep as subflows go. */
const COPIED: Form = { shape: documentOf(MAX_EXPANDED), id: { max: 1000, form: /^[A-Za-z]\w*(\/[A-Za-z]\w*)*$/ }, most: MAX_EXPANDED };

/** Reads a flow as its author wrote it, or says everything that is wrong. A flow that reads may still be unfit to run: see lintFlow. */
export function parseFlow(input: unknown): ParsedFlow {
  return readAs(DRAWN, input);
}

/** Reads the text of a version (canonicalFlow) again: subflows are copied in, so nodes have names that no author may give. */
export function parseVersion(written: string): ParsedFlow {
  const input = fromJson(written);
  return input.ok ? readAs(COPIED, input.value) : input;
}

function readAs({ shape, id, most }: Form, input: unknown): ParsedFlow {
  const faults = newFaults();
  const read = shape.read(faults, input, '');
  const nodes = readNodes(faults, isFields(input) ? input['nodes'] : undefined, { id, most });
  // A node that cannot be read would be missed again by every line to it.
  if (read === undefined || faults.list.length > 0) return { ok: false, faults: faults.list };
  const edges = readEdges(faults, read.edges, nodes);
  const start = read.start ?? [...nodes.keys()][0] ?? '';
  if (!nodes.has(start)) faults.add('start', `there is no node ${quote(start)}`);
  if (faults.list.length > 0) return { ok: false, faults: faults.list };
  const { nodes: _nodes, edges: _edges, start: _start, ...rest } = read;
  return { ok: true, graph: deepFreeze({ ...rest, start, nodes: Object.fromEntries(nodes), edges }) };
}

/** The same from JSON text. */
export function parseFlowText(written: string): ParsedFlow {
  const input = fromJson(written);
  return input.ok ? parseFlow(input.value) : input;
}

function fromJson(
  written: string,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly faults: readonly FlowFault[] } {
  try {
    return { ok: true, value: JSON.parse(written) };
  } catch (error) {
    return { ok: false, faults: [{ path: '', message: `is not JSON: ${error instanceof Error ? error.message : ''}` }] };
  }
}

function readNodes(faults: Faults, input: unknown, { id: form, most }: NodeNames): ReadonlyMap<string, GraphNode> {
  const nodes = new Map<string, GraphNode>();
  if (!Array.isArray(input)) return nodes;
  const given: readonly unknown[] = input.slice(0, most);
  given.forEach((value, at) => {
    const path = `nodes[${String(at)}]`;
    if (!isFields(value)) return;
    const { id, kind, ...rest } = value;
    const name = text(form).read(faults, id, under(path, 'id'));
    const node = readNode(faults, kind, rest, path);
    if (name === undefined) return;
    if (name in {} || WORDS.has(name)) faults.add(under(path, 'id'), `${quote(name)} cannot be a name`);
    else if (nodes.has(name)) faults.add(under(path, 'id'), `there is a node ${quote(name)} already`);
    else if (node !== undefined) nodes.set(name, node);
  });
  return nodes;
}

function readNode(faults: Faults, kind: unknown, fields: Fields, path: string): GraphNode | undefined {
  const meaning = typeof kind === 'string' ? GRAPH_KINDS.get(kind) : undefined;
  if (meaning !== undefined) return meaning.read(faults, fields, path);
  return faults.add(under(path, 'kind'), `must be one of ${[...GRAPH_KINDS.keys()].join(', ')}`);
}

type Edge = { readonly from: string; readonly branch: string; readonly to: string };

function readEdges(faults: Faults, edges: readonly Edge[], nodes: ReadonlyMap<string, GraphNode>): FlowGraph['edges'] {
  const drawn = new Map<string, Map<string, string>>();
  edges.forEach(({ from, branch, to }, at) => {
    const path = `edges[${String(at)}]`;
    const node = nodes.get(from);
    if (node === undefined) return faults.add(under(path, 'from'), `there is no node ${quote(from)}`);
    if (!nodes.has(to)) faults.add(under(path, 'to'), `there is no node ${quote(to)}`);
    const names = branchesOf(node).map(({ name }) => name);
    if (!names.includes(branch))
      return faults.add(
        under(path, 'branch'),
        `${quote(from)} has ${names.length === 0 ? 'no way out' : `the branches ${names.join(', ')}`}`,
      );
    const branches = drawn.get(from) ?? new Map<string, string>();
    if (branches.has(branch)) faults.add(path, `${quote(from)} has a line for ${quote(branch)} already`);
    drawn.set(from, branches.set(branch, to));
    return undefined;
  });
  return Object.fromEntries([...drawn].map(([from, branches]) => [from, Object.fromEntries(branches)]));
}

/** JSON Schema of a flow in the config file. */
export function flowSchema(): Json {
  const nodes = [...GRAPH_KINDS].map(([kind, { shape, says }]) => {
    const { properties = {}, required = [] } = shape.schema;
    return {
      type: 'object',
      description: says,
      properties: {
        id: text(NODE_ID).schema,
        kind: { const: kind },
        label: { type: 'string' },
        ...(isFields(properties) ? properties : {}),
      },
      required: ['id', 'kind', ...(Array.isArray(required) ? required : [])],
      additionalProperties: false,
    };
  });
  const { properties = {} } = flow.schema;
  const named = isFields(properties) ? properties : {};
  return JSON.parse(JSON.stringify({ ...flow.schema, properties: { ...named, nodes: { type: 'array', items: { oneOf: nodes } } } }));
}
