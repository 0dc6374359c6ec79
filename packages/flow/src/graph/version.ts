import { expandFlow } from './expand.ts';
import type { FlowFault } from './faults.ts';
import type { FlowGraph } from './graph.ts';
import { lintFlow, mayPublish, type FlowLint } from './lint.ts';
import { canonicalFlow } from './text.ts';

/** A published state of a flow. `digest` is its name: equal graphs have equal digests, and a running journey keeps the one it began with. */
export type FlowVersion = { readonly digest: string; readonly graph: FlowGraph };

export type Published =
  | { readonly ok: true; readonly version: FlowVersion; readonly lints: readonly FlowLint[] }
  | { readonly ok: false; readonly faults: readonly FlowFault[]; readonly lints: readonly FlowLint[] };

/**
 * Makes a version of a draft: subflows copied in, lints without an error. `digest`: SHA-256 of a text, as the caller has it
 * (this package has no crypto of its own).
 */
export function publishFlow(draft: FlowGraph, library: (id: string) => FlowGraph | undefined, digest: (text: string) => string): Published {
  const expanded = expandFlow(draft, library);
  if (!expanded.ok) return { ...expanded, lints: [] };
  const lints = lintFlow(expanded.graph);
  if (!mayPublish(lints)) return { ok: false, faults: [], lints };
  return { ok: true, version: { digest: digest(canonicalFlow(expanded.graph)), graph: expanded.graph }, lints };
}
