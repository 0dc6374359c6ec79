import { formula } from '../formula.ts';
import { meaning, NEXT, type NodeOf } from '../meaning.ts';
import { evaluateAll, formulaFailed, leave, leaveOrDeny, MISPLACED, stay, withProof } from '../move.ts';
import { record } from '../shape.ts';

const fields = { attributes: record(formula('any'), { name: /^[A-Za-z][\w.-]{0,99}$/ }) };
export type UpdateUserNode = NodeOf<'updateUser', typeof fields>;

export const updateUser = meaning('updateUser', fields, {
  says: 'Sets attributes of the person. Never an e-mail address, a role or a factor: those have their own proofs.',
  asks: 'world',
  branches: () => [NEXT, { name: 'failed', required: false, says: 'ends with server_error' }],
  needs: () => ['proof'],
  enter: (at) =>
    withProof(at.state, ({ userId }) => {
      const given = evaluateAll(at, at.node.attributes);
      if (!given.ok) return formulaFailed(at, given.reason);
      return stay(at.state, { kind: 'updateUser', userId, attributes: given.value, key: at.key });
    }),
  take: (at, event) => {
    const { state } = at;
    if (event.kind === 'failed') return leaveOrDeny(at, 'failed', 'server_error', `${at.id}: ${event.reason}`);
    if (event.kind !== 'done') return MISPLACED;
    const { user } = state.facts;
    const given = evaluateAll(at, at.node.attributes);
    if (user === undefined || !given.ok) return leave(state);
    // What was just written is what the next expression reads.
    const attributes = { ...user.attributes, ...given.value };
    return leave({ ...state, facts: { ...state.facts, user: { ...user, attributes } } });
  },
});
