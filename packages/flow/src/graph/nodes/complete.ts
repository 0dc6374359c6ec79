import { formula } from '../formula.ts';
import { meaning, type NodeOf } from '../meaning.ts';
import { evaluateAll, formulaFailed } from '../move.ts';
import { optional, record } from '../shape.ts';

const fields = { outputs: optional(record(formula('any'))) };
export type CompleteNode = NodeOf<'complete', typeof fields>;

export const complete = meaning('complete', fields, {
  says: 'The journey went through. Its outputs enrich what it was for, as the record of a client that registers.',
  asks: 'nobody',
  branches: () => [],
  enter: (at) => {
    const given = evaluateAll(at, at.node.outputs ?? {});
    return given.ok ? { kind: 'finish', state: at.state, outputs: given.value } : formulaFailed(at, given.reason);
  },
});
