import { OWNERS } from '../effect.ts';
import { meaning, NEXT, type NodeOf, type Standing } from '../meaning.ts';
import { leave, MISPLACED, show, stay, turnPage, withProof } from '../move.ts';
import { list, preset, text, word } from '../shape.ts';
import { quiet, type JourneyState } from '../state.ts';

const fields = {
  connection: text({ max: 100 }),
  scopes: preset(list(text(), { least: 0 }), []),
  owner: preset(word(OWNERS), 'user'),
};
export type ConnectNode = NodeOf<'connect', typeof fields>;

export const connect = meaning('connect', fields, {
  says: 'Lets the person connect an account of another service now, before the first call needs it. Passes if it is connected.',
  asks: 'person',
  branches: () => [NEXT, { name: 'skipped', required: false, says: 'the page does not offer to go on without' }],
  needs: ({ owner }) => (owner === 'user' ? ['proof'] : ['proof', 'tenant']),
  enter,
  take: (at, event) => {
    const { state } = at;
    switch (event.kind) {
      case 'connectionFound':
        return event.connected ? leave(quiet(state)) : page(at, state);
      case 'connected':
        // Whoever comes back says so; whether it is true is looked up.
        return enter({ ...at, state: quiet(state) });
      case 'skipped':
        return at.draws('skipped') ? leave(quiet(state), 'skipped') : MISPLACED;
      case 'pageTurned':
        return turnPage(at, event, (next) => page(at, next));
      default:
        return MISPLACED;
    }
  },
});

function enter({ node, state }: Standing<ConnectNode>) {
  const { connection, scopes, owner } = node;
  return withProof(state, () => stay(state, { kind: 'findConnection', connection, scopes, owner }));
}

function page({ node, draws }: Standing<ConnectNode>, state: JourneyState) {
  const { connection, scopes, owner } = node;
  return show(state, { kind: 'connect', connection, scopes, owner, optional: draws('skipped') });
}
