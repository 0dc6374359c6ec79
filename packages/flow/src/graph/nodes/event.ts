import { formula } from '../formula.ts';
import { meaning, NEXT, type NodeOf } from '../meaning.ts';
import { evaluateAll, formulaFailed, leave, leaveOrDeny, MISPLACED, stay } from '../move.ts';
import { preset, record, text } from '../shape.ts';

const fields = {
  name: text({ max: 60, form: /^[a-z]+(\.[a-z_]+)+$/, says: 'must be like plan.checked' }),
  data: preset(record(formula('any')), {}),
};
export type EventNode = NodeOf<'event', typeof fields>;

export const event = meaning('event', fields, {
  says: 'Writes an entry into the audit log.',
  asks: 'world',
  branches: () => [NEXT, { name: 'failed', required: false, says: 'ends with server_error' }],
  enter: (at) => {
    const given = evaluateAll(at, at.node.data);
    if (!given.ok) return formulaFailed(at, given.reason);
    return stay(at.state, { kind: 'recordEvent', name: at.node.name, data: given.value, key: at.key });
  },
  take: (at, answer) => {
    if (answer.kind === 'done') return leave(at.state);
    return answer.kind === 'failed' ? leaveOrDeny(at, 'failed', 'server_error', `${at.id}: ${answer.reason}`) : MISPLACED;
  },
});
