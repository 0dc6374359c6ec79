import { checkExpression, environment, type Checked, type Evaluated } from './expression.ts';
import { placeOf, type FlowGraph } from './graph.ts';
import type { Json } from './json.ts';
import { meaningOf } from './kinds.ts';
import { contextAt, namesAt } from './scope.ts';
import type { Formula } from './shape.ts';
import type { JourneyState } from './state.ts';

/** An expression of the graph with the node that it stands in, read and type-checked. */
export type CheckedFormula = Formula & { readonly node: string; readonly checked: Checked };

/** A flow that is ready to run. Made once per version; holds nothing of any journey. */
export type CompiledFlow = {
  readonly graph: FlowGraph;
  readonly formulas: readonly CheckedFormula[];
  readonly evaluate: (
    id: string,
    of: { text: string; gives: Formula['gives']; response?: Json },
    state: JourneyState,
    now: number,
  ) => Evaluated;
};

/** Reads every expression once. One that is wrong does not stop the rest: it fails when it is reached, and lintFlow names it. */
export function compileFlow(graph: FlowGraph): CompiledFlow {
  const where = environments(graph);
  const formulas: CheckedFormula[] = [];
  const byKey = new Map<string, Checked>();
  for (const [id, node] of Object.entries(graph.nodes)) {
    for (const formula of meaningOf(node).shape.formulas(node, '')) {
      const checked = checkExpression(where(placeOf(id), formula.response), formula.text, formula.gives);
      formulas.push({ ...formula, node: id, checked });
      byKey.set(keyOf(placeOf(id), formula), checked);
    }
  }
  return {
    graph,
    formulas,
    evaluate: (id, { text, gives, response }, state, now) => {
      const place = placeOf(id);
      const found = byKey.get(keyOf(place, { text, gives, response: response !== undefined }));
      if (found?.ok !== true) return { ok: false, reason: 'an expression that cannot be read' };
      return found.expression.run(contextAt(graph, place, state, now, response));
    },
  };
}

function keyOf(place: string, { text, gives, response }: Pick<Formula, 'text' | 'gives' | 'response'>): string {
  return JSON.stringify([place, text, gives, response]);
}

function environments(graph: FlowGraph) {
  const made = new Map<string, ReturnType<typeof environment>>();
  return (place: string, response: boolean) => {
    const key = `${place}|${String(response)}`;
    const found = made.get(key) ?? environment(namesAt(graph, place, response));
    made.set(key, found);
    return found;
  };
}
