import type { FlowGraph } from '@writ/flow';

/** Flows so that each comes after those it copies in, whatever order the file has them in. What contains itself stays where it is, and is refused later. */
export function innerFirst<T extends { id: string; graph: FlowGraph }>(flows: readonly T[]): T[] {
  const byId = new Map(flows.map((one) => [one.id, one]));
  const sorted: T[] = [];
  const seen = new Set<string>();
  const visit = (one: T): void => {
    if (seen.has(one.id)) return;
    seen.add(one.id);
    for (const inner of subflowsIn(one.graph)) {
      const found = byId.get(inner);
      if (found !== undefined) visit(found);
    }
    sorted.push(one);
  };
  flows.forEach(visit);
  return sorted;
}

/** The flows that a flow copies in, by id. */
export function subflowsIn({ nodes }: FlowGraph): readonly string[] {
  return Object.values(nodes).flatMap((node) => (node.kind === 'subflow' ? [node.flow] : []));
}
