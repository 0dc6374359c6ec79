import { template } from '../formula.ts';
import { meaning, NEXT, type NodeOf } from '../meaning.ts';
import { fill, formulaFailed, leave, leaveOrDeny, MISPLACED, show, stay } from '../move.ts';
import { count, flag, list, object, optional, preset, text } from '../shape.ts';
import { quiet } from '../state.ts';

const fields = {
  /** Who may decide: any of these. */
  from: object({ users: optional(list(text())), roles: optional(list(text())), owner: optional(flag()) }),
  count: preset(count(1, 10, 'people'), 1),
  expiresIn: preset(count(60, 2_592_000, 'seconds'), 3600),
  message: template(500),
};
export type RequestApprovalNode = NodeOf<'requestApproval', typeof fields>;

export const requestApproval = meaning('requestApproval', fields, {
  says: 'Waits for a decision by somebody else, outside this browser.',
  asks: 'world',
  branches: () => [
    NEXT,
    { name: 'refused', required: true },
    { name: 'expired', required: false, says: 'taken for a refusal' },
    { name: 'failed', required: false, says: 'ends with server_error' },
  ],
  check: ({ from }, path) =>
    Object.keys(from).length === 0 ? [{ path: `${path}.from`, message: 'must name users, roles or the owner of the client' }] : [],
  enter: (at) => {
    const { from, count: people, expiresIn } = at.node;
    const message = fill(at, at.node.message);
    if (!message.ok) return formulaFailed(at, message.reason);
    return stay(at.state, { kind: 'requestApproval', from, count: people, expiresIn, message: message.value, key: at.key });
  },
  take: (at, event) => {
    const { state } = at;
    if (event.kind === 'failed') return leaveOrDeny(at, 'failed', 'server_error', `${at.id}: ${event.reason}`);
    if (event.kind !== 'approvalStands') return MISPLACED;
    switch (event.state) {
      case 'given':
        return leave(quiet(state));
      case 'refused':
        return leave(quiet(state), 'refused');
      case 'expired':
        return leave(quiet(state), at.draws('expired') ? 'expired' : 'refused');
      case 'pending':
        return show(state, { kind: 'waiting', message: 'approval' });
    }
  },
});
