import { OWNERS } from '../effect.ts';
import { template } from '../formula.ts';
import { meaning, NEXT, type NodeOf } from '../meaning.ts';
import { fill, formulaFailed, leave, leaveOrDeny, MISPLACED, stay, withProof } from '../move.ts';
import { optional, preset, text, word } from '../shape.ts';

const fields = {
  connection: text({ max: 100 }),
  owner: preset(word(OWNERS), 'user'),
  /** A secret output of an earlier call, as `provision.key`. */
  value: text({ max: 100, form: /^[A-Za-z]\w*\.[A-Za-z]\w*$/, says: 'must name a secret output of an earlier node, as provision.key' }),
  /** Tells several accounts apart. */
  accountLabel: optional(template(100)),
};
export type StoreCredentialNode = NodeOf<'storeCredential', typeof fields>;

export const storeCredential = meaning('storeCredential', fields, {
  says: 'Puts a secret that a call brought into the vault, as a credential of a connection.',
  asks: 'world',
  branches: () => [NEXT, { name: 'failed', required: false, says: 'ends with server_error' }],
  needs: ({ owner }) => (owner === 'user' ? ['proof'] : ['proof', 'tenant']),
  enter: (at) =>
    withProof(at.state, () => {
      const { connection, owner, value, accountLabel } = at.node;
      const label = accountLabel === undefined ? undefined : fill(at, accountLabel);
      if (label?.ok === false) return formulaFailed(at, label.reason);
      const named = label === undefined ? {} : { label: label.value };
      // The node of the same flow, also where this one was copied in.
      const secret = `${at.id.slice(0, at.id.lastIndexOf('/') + 1)}${value}`;
      return stay(at.state, { kind: 'storeCredential', connection, owner, ...named, secret, key: at.key });
    }),
  take: (at, event) => {
    if (event.kind === 'done') return leave(at.state);
    return event.kind === 'failed' ? leaveOrDeny(at, 'failed', 'server_error', `${at.id}: ${event.reason}`) : MISPLACED;
  },
});
