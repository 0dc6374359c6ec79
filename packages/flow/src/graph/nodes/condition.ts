import { formula } from '../formula.ts';
import { meaning, type NodeOf } from '../meaning.ts';
import { formulaFailed, leave } from '../move.ts';
import { list, object, text } from '../shape.ts';

const branch = object({ name: text({ max: 40, form: /^[A-Za-z]\w*$/, says: 'must be letters and digits' }), when: formula('boolean') });
const fields = { branches: list(branch, { most: 20 }) };
export type ConditionNode = NodeOf<'condition', typeof fields>;

const OWN = new Set(['otherwise', 'failed']);

export const condition = meaning('condition', fields, {
  says: 'Goes the first way whose expression is true. What cannot be judged (a value is missing) is not false: it fails.',
  asks: 'nobody',
  branches: ({ branches }) => [
    ...branches.map(({ name }) => ({ name, required: true })),
    { name: 'otherwise', required: true },
    { name: 'failed', required: false, says: 'ends with server_error' },
  ],
  check: ({ branches }, path) =>
    branches.flatMap(({ name }, at) => {
      const twice = branches.findIndex((one) => one.name === name) < at;
      const message = OWN.has(name) ? `${name} is there already, with its own meaning` : 'there is a branch of this name already';
      return twice || OWN.has(name) ? [{ path: `${path}.branches[${String(at)}].name`, message }] : [];
    }),
  enter: (at) => {
    for (const { name, when } of at.node.branches) {
      const given = at.evaluate(when, 'boolean');
      if (!given.ok) return formulaFailed(at, `${name}: ${given.reason}`);
      if (given.value === true) return leave(at.state, name);
    }
    return leave(at.state, 'otherwise');
  },
});
