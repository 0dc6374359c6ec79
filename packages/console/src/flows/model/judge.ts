import { compileFlow, expandFlow, lintFlow, type FlowGraph } from '@writ/flow';
import type { Draft } from './draft.ts';
import { readDraft, readNode } from './read.ts';

/** Something wrong with the draft, at a node and a field or branch of it, or with the flow as a whole. */
export type Finding = {
  /** `fault`: cannot be read, and so not saved. `error`: cannot be published. `warning`: may be meant. */
  readonly severity: 'fault' | 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly node?: string;
  readonly path: string;
};

/** What an expression came to when it was read. */
export type ReadFormula = {
  readonly node: string;
  readonly path: string;
  readonly text: string;
  readonly type?: string;
  readonly wrong?: string;
};

export type Judged = {
  /** There where the draft can be saved. */
  readonly graph?: FlowGraph;
  readonly findings: readonly Finding[];
  readonly formulas: readonly ReadFormula[];
};

/** A flow by its id, for subflows. */
export type Library = (id: string) => FlowGraph | undefined;

/** Everything that is wrong with a draft, and what its expressions give. Pure; some milliseconds for a large flow. */
export function judge(draft: Draft, library: Library): Judged {
  if (Object.keys(draft.nodes).length === 0)
    return { findings: [{ severity: 'fault', code: 'unreadable', message: 'has no node yet', path: '' }], formulas: [] };
  const { graph, mended, faults } = readDraft(draft);
  const unread = faults.map(({ node, path, message }): Finding => ({
    severity: 'fault',
    code: 'unreadable',
    message,
    path,
    ...(node === undefined ? {} : { node }),
  }));
  if (mended === undefined) return { findings: unread, formulas: [] };
  const found = [...unread, ...lintsOf(draft, mended, library)];
  return { ...(graph === undefined ? {} : { graph }), findings: found, formulas: formulasOf(draft, mended) };
}

/** Lints of what could be read. A node that was mended is judged by its lines only: what stands in it is not its author's. */
function lintsOf(draft: Draft, graph: FlowGraph, library: Library): readonly Finding[] {
  const expanded = expandFlow(graph, library);
  const missing = expanded.ok
    ? []
    : expanded.faults.map(({ path, message }): Finding => {
        const [, node, rest = ''] = /^nodes\.(\w+)\.?(.*)$/.exec(path) ?? [];
        return { severity: 'error', code: 'subflow', message, path: rest, ...(node === undefined ? {} : { node }) };
      });
  const lints = lintFlow(expanded.ok ? expanded.graph : graph).filter(({ code }) => expanded.ok || code !== 'subflow');
  const own = lints.flatMap(({ code, severity, message, node, path = '' }): Finding[] => {
    // What a subflow holds is shown at the node that stands for it.
    const at = node?.split('/')[0];
    const inner = at !== node;
    if (at !== undefined && isMended(draft, at) && path !== '' && code !== 'missing_branch') return [];
    return [
      {
        code,
        severity,
        message: inner ? `in the subflow: ${message}` : message,
        path: inner ? '' : path,
        ...(at === undefined ? {} : { node: at }),
      },
    ];
  });
  return [...missing, ...own];
}

function isMended(draft: Draft, id: string): boolean {
  const node = draft.nodes[id];
  return node !== undefined && readNode(node).node === undefined;
}

function formulasOf(draft: Draft, graph: FlowGraph): readonly ReadFormula[] {
  return compileFlow(graph)
    .formulas.filter(({ node }) => !isMended(draft, node))
    .map(({ node, path, text, checked }) =>
      checked.ok ? { node, path, text, type: checked.expression.type } : { node, path, text, wrong: checked.message },
    );
}

/** `more`: what only the hub knows, as a secret that is not there. */
export function mayBePublished({ graph, findings }: Judged, more: readonly Finding[]): boolean {
  return graph !== undefined && [...findings, ...more].every(({ severity }) => severity === 'warning');
}

/** Findings at a field, or within it. */
export function findingsAt(findings: readonly Finding[], node: string, path: string): readonly Finding[] {
  return findings.filter(
    (one) => one.node === node && (one.path === path || one.path.startsWith(`${path}.`) || one.path.startsWith(`${path}[`)),
  );
}
