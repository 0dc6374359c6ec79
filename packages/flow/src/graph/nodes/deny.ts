import { template } from '../formula.ts';
import { meaning, type NodeOf } from '../meaning.ts';
import { deny as denied, fill } from '../move.ts';
import { optional, preset, word } from '../shape.ts';
import { DENIAL_ERRORS } from '../state.ts';

const fields = {
  /** What the client hears. */
  error: preset(word(DENIAL_ERRORS), 'access_denied'),
  /** What the person reads first. */
  message: optional(template(500)),
};
export type DenyNode = NodeOf<'deny', typeof fields>;

export const deny = meaning('deny', fields, {
  says: 'The journey ends without a token: a sentence for the person, a proper error for the client.',
  asks: 'nobody',
  branches: () => [],
  enter: (at) => {
    const { node, state, id } = at;
    const reason = `flow_denied:${id}`;
    if (node.message === undefined) return denied(state, node.error, reason);
    const message = fill(at, node.message);
    // A sentence that cannot be written must not turn a refusal into something else.
    return denied(state, node.error, reason, message.ok ? { message: message.value } : {});
  },
});
