import { namesAt, type FlowGraph } from '@writ/flow';

/** A name that an expression may use at a node. */
export type OfferedName = {
  readonly path: string;
  readonly type: string;
  /** Some way leads to the node on which nobody gave it: reading it without has(…) may fail. */
  readonly maybe: boolean;
};

/** The words of CEL's types for people. */
const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'number',
  double: 'number',
  bool: 'true or false',
  dyn: 'anything',
  'list<string>': 'texts',
  'map<string, string>': 'texts by name',
  'map<string, dyn>': 'values by name',
};

export function typeWord(type: string): string {
  return TYPES[type] ?? type.replaceAll('$', '');
}

/** Every name in reach of a node, steps before it first. `response`: the answer of a call is in reach. */
export function namesOffered(graph: FlowGraph, node: string, response: boolean): readonly OfferedName[] {
  const before = upstream(graph, node);
  const all = [...flat(namesAt(graph, '', response), '')];
  const offered = all.flatMap(({ path, type }): OfferedName[] => {
    const [root, step = ''] = path.split('.');
    if (root !== 'steps') return [{ path, type, maybe: isUnsure(graph, node, root ?? '') }];
    if (!before.has(step)) return [];
    return [{ path, type, maybe: !alwaysBefore(graph, step, node) }];
  });
  const rank = ({ path }: OfferedName): number => (path.startsWith('response') ? 0 : path.startsWith('steps.') ? 1 : 2);
  return offered.toSorted((one, other) => rank(one) - rank(other));
}

type Tree = { readonly [name: string]: string | Tree };

function* flat(names: Tree, prefix: string): Generator<{ path: string; type: string }> {
  for (const [name, type] of Object.entries(names)) {
    if (typeof type === 'string') yield { path: `${prefix}${name}`, type };
    else yield* flat(type, `${prefix}${name}.`);
  }
}

/** Nodes from which some way leads to this one. */
function upstream(graph: FlowGraph, node: string): ReadonlySet<string> {
  const seen = new Set([node]);
  for (const id of seen) {
    for (const [from, ways] of Object.entries(graph.edges)) if (Object.values(ways).includes(id)) seen.add(from);
  }
  return new Set([...seen].filter((id) => id !== node));
}

/** Every way from the start to `node` goes through `step`: without it, nothing leads there. */
function alwaysBefore(graph: FlowGraph, step: string, node: string): boolean {
  return !reaches(graph, node, new Set([step]));
}

/** People are known after somebody signed in, a tenant after one was chosen. */
function isUnsure(graph: FlowGraph, node: string, root: string): boolean {
  if (root !== 'user' && root !== 'session' && root !== 'tenant') return false;
  const kinds = root === 'tenant' ? ['selectTenant'] : ['authenticate', 'stepUp'];
  const giving = new Set(Object.entries(graph.nodes).flatMap(([id, { kind }]) => (kinds.includes(kind) && id !== node ? [id] : [])));
  return reaches(graph, node, giving);
}

function reaches(graph: FlowGraph, node: string, without: ReadonlySet<string>): boolean {
  if (without.has(graph.start)) return false;
  const seen = new Set([graph.start]);
  for (const id of seen) for (const to of Object.values(graph.edges[id] ?? {})) if (!without.has(to)) seen.add(to);
  return seen.has(node);
}

/** What is being written at the caret: the start of a name, and where it begins. Nothing inside quotes; in a text, only inside a hole. */
export function nameAtCaret(text: string, caret: number, holes: boolean): { readonly from: number; readonly written: string } | undefined {
  const before = text.slice(0, caret);
  const open = before.lastIndexOf('{{');
  if (holes && (open === -1 || before.indexOf('}}', open) !== -1)) return undefined;
  const inside = holes ? before.slice(open + 2) : before;
  if ((inside.match(/"/g) ?? []).length % 2 === 1 || (inside.match(/'/g) ?? []).length % 2 === 1) return undefined;
  const written = /[A-Za-z][\w.]*$/.exec(inside)?.[0] ?? '';
  return { from: caret - written.length, written };
}

/** Names that go on from what is written, best first. */
export function matching(names: readonly OfferedName[], written: string): readonly OfferedName[] {
  const wanted = written.toLowerCase();
  const begins = names.filter(({ path }) => path.toLowerCase().startsWith(wanted));
  const holds = names.filter(({ path }) => !begins.some((one) => one.path === path) && path.toLowerCase().includes(wanted));
  return [...begins, ...holds];
}

/** The text with a name put in at the caret, in a hole of its own where it stands among words, and where the caret is then. */
export function withName(text: string, caret: number, name: string, holes: boolean): { readonly text: string; readonly caret: number } {
  const at = nameAtCaret(text, caret, holes);
  const put = at === undefined && holes ? `{{${name}}}` : name;
  const from = at?.from ?? caret;
  return { text: `${text.slice(0, from)}${put}${text.slice(caret)}`, caret: from + put.length };
}
