import { compileFlow, lintFlow, type FlowGraph } from '@writ/flow';

/** Flows that somebody is at work on: an editor asks about the same text again and again, and reading its expressions takes longest of all. */
const MOST = 32;

/** What follows from the text of a flow alone, kept for those that were asked about last. */
function byDigest<T>(make: (graph: FlowGraph) => T): (digest: string, graph: FlowGraph) => T {
  const kept = new Map<string, T>();
  return (digest, graph) => {
    const found = kept.get(digest) ?? make(graph);
    kept.delete(digest);
    kept.set(digest, found);
    const [oldest] = kept.keys();
    if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
    return found;
  };
}

export const lintsOf = byDigest(lintFlow);
export const compiledOf = byDigest(compileFlow);
