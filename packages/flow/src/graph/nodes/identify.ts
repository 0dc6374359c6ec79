import { meaning, type Standing, type Move, type NodeOf } from '../meaning.ts';
import { leave, MISPLACED, show, turnPage } from '../move.ts';
import { preset, word } from '../shape.ts';
import { quiet, type JourneyState } from '../state.ts';

const fields = { ask: preset(word(['nothing', 'email']), 'nothing') };
export type IdentifyNode = NodeOf<'identify', typeof fields>;

export const identify = meaning('identify', fields, {
  says: 'Who is here: the session of this browser, or an e-mail address if nobody is signed in. Proves nothing.',
  asks: 'person',
  outputs: () => ({ email: 'text', domain: 'text', signedIn: 'boolean' }),
  enter,
  take: (at, event) => {
    const { state } = at;
    switch (event.kind) {
      case 'accountKept':
        return state.proof === undefined ? MISPLACED : known({ ...quiet(state), accountKept: true });
      case 'emailGiven':
        return state.proof === undefined && at.node.ask === 'email' ? stranger({ ...quiet(state), email: event.email }) : MISPLACED;
      case 'pageTurned':
        return state.proof === undefined && at.node.ask === 'email'
          ? turnPage(at, event, (next) => enter({ ...at, state: next }))
          : MISPLACED;
      case 'startOver':
        return { kind: 'startOver' };
      default:
        return MISPLACED;
    }
  },
});

function enter({ node, state }: Standing<IdentifyNode>): Move {
  if (state.proof !== undefined)
    return state.ask.chooseAccount && !state.accountKept ? show(state, { kind: 'account' }, 'account_selection_required') : known(state);
  return node.ask === 'email' ? show(state, { kind: 'identify' }, 'login_required') : stranger(state);
}

function known(state: JourneyState): Move {
  const { email = '', emailDomain = '' } = state.facts.user ?? {};
  return leave(state, 'next', { email, domain: emailDomain, signedIn: true });
}

function stranger(state: JourneyState): Move {
  const { email = '' } = state;
  const at = email.lastIndexOf('@');
  return leave(state, 'next', { email, domain: at === -1 ? '' : email.slice(at + 1).toLowerCase(), signedIn: false });
}
