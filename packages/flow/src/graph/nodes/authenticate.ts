import type { NodeEvent } from '../event.ts';
import { meaning, type Move, type NodeOf, type Standing } from '../meaning.ts';
import { cameBy, METHODS } from '../methods.ts';
import { half, leave, MISPLACED, show, signedIn, turnPage } from '../move.ts';
import { list, optional, preset, text, word } from '../shape.ts';
import { meets, quiet, type JourneyProof, type JourneyState } from '../state.ts';

const fields = {
  methods: list(word(METHODS), { most: METHODS.length }),
  /** Ids of the providers that `oidc` and `external` offer; none: all there are. */
  providers: optional(list(text({ max: 100 }), { most: 20 })),
  /** Which session of this browser is good enough: any, one that was got by `methods`, or none. */
  session: preset(word(['any', 'listed', 'never']), 'any'),
};
export type AuthenticateNode = NodeOf<'authenticate', typeof fields>;

export const authenticate = meaning('authenticate', fields, {
  says: 'Proves who is here, by one of several ways, unless the session of this browser is proof enough.',
  asks: 'person',
  factor: true,
  gives: () => ['proof'],
  enter,
  take,
});

function enter(at: Standing<AuthenticateNode>): Move {
  const { node, state } = at;
  // Factors that the server interposes (a second one, recovery codes) keep the node until their page is done.
  if (state.page === undefined && accepted(at)) return leave(state);
  const { methods, providers = [] } = node;
  return show(state, { kind: 'authenticate', methods, providers, factor: 'first', mayEnrol: false }, 'login_required');
}

/** OIDC Core §3.1.2.1: `prompt=login` and `max_age` want a proof that is new, not a session that is open. */
function accepted({ node, state, now }: Standing<AuthenticateNode>): boolean {
  const { proof, ask, demand } = state;
  if (proof === undefined || (demand !== undefined && !meets(proof, demand))) return false;
  if (!wayIsOpen(node, state, proof)) return false;
  if (state.provenHere) return true;
  if (ask.login || node.session === 'never') return false;
  return ask.maxAge === undefined || now - proof.authTime < ask.maxAge * 1000;
}

function wayIsOpen({ session, methods, providers = [] }: AuthenticateNode, state: JourneyState, proof: JourneyProof): boolean {
  return session !== 'listed' || cameBy(proof.by ?? [], { methods, providers, tenant: state.facts.tenant?.id });
}

function take(at: Standing<AuthenticateNode>, event: NodeEvent): Move {
  const { state, node } = at;
  switch (event.kind) {
    case 'signedIn': {
      // A way in that this node does not offer does not open it, whatever page it came from.
      if (!wayIsOpen(node, state, event.proof)) return MISPLACED;
      return signedIn(state, event, (next) => (next.page === undefined ? leave(next) : enter({ ...at, state: next })));
    }
    case 'pageDone':
      // What was shown after signing in has been read; a page before it cannot be done away with like this.
      return state.page !== undefined && state.first === undefined && accepted(at) ? leave(quiet(state)) : MISPLACED;
    case 'firstProven': {
      return enter({ ...at, state: half(state, event) });
    }
    case 'skipped':
      return skipped(state);
    case 'pageTurned':
      return turnPage(at, event, (next) => enter({ ...at, state: next }));
    case 'startOver':
      return { kind: 'startOver' };
    default:
      return MISPLACED;
  }
}

/** "Go on without": only for somebody who is signed in and was asked for more. Who is not has no way around. */
function skipped(state: JourneyState): Move {
  if (state.proof === undefined || state.demand === undefined || state.first !== undefined) return MISPLACED;
  const { demand: _demand, ...rest } = quiet(state);
  return leave({ ...rest, provenHere: true });
}
