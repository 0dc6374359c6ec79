import type { NodeEvent } from '../event.ts';
import { meaning, NEXT, type Move, type NodeOf, type Standing } from '../meaning.ts';
import { FACTORS } from '../methods.ts';
import { half, leave, leaveOrDeny, MISPLACED, show, signedIn, turnPage, withProof } from '../move.ts';
import { count, flag, list, optional, preset, text, word } from '../shape.ts';
import { meets, quiet, type JourneyProof, type JourneyState } from '../state.ts';

const fields = {
  methods: list(word(FACTORS), { most: FACTORS.length }),
  /** Levels (OIDC acr) of which the proof must have one. */
  acr: preset(list(text({ max: 100 }), { most: 10 }), ['2']),
  /** Oldest proof that is good enough, in seconds. */
  maxAge: optional(count(0, 31_536_000, 'seconds')),
  /** Who has no such factor may set one up here. */
  enrol: preset(flag(), true),
};
export type StepUpNode = NodeOf<'stepUp', typeof fields>;

export const stepUp = meaning('stepUp', fields, {
  says: 'Asks for a further factor, unless the proof is strong and new enough. The token says so in acr and amr.',
  asks: 'person',
  factor: true,
  branches: () => [NEXT, { name: 'unable', required: false, says: 'refused with unmet_authentication_requirements' }],
  needs: () => ['proof'],
  gives: () => ['proof'],
  enter,
  take,
});

function enter(at: Standing<StepUpNode>): Move {
  return withProof(at.state, (proof) => {
    if (at.state.page === undefined && strong(at, proof)) return leave(at.state);
    const { methods, enrol } = at.node;
    const error = 'unmet_authentication_requirements';
    return show(at.state, { kind: 'authenticate', methods, providers: [], factor: 'second', mayEnrol: enrol }, error);
  });
}

function passed(at: Standing<StepUpNode>, state: JourneyState): Move {
  return state.page === undefined ? leave(state) : enter({ ...at, state });
}

function strong({ node, state, now }: Standing<StepUpNode>, proof: JourneyProof): boolean {
  if (!node.acr.includes(proof.acr) || (state.demand !== undefined && !meets(proof, state.demand))) return false;
  return node.maxAge === undefined || now - proof.authTime <= node.maxAge * 1000;
}

function take(at: Standing<StepUpNode>, event: NodeEvent): Move {
  const { state, node } = at;
  switch (event.kind) {
    case 'signedIn':
      return signedIn(state, event, (next) =>
        // What is still too weak is asked again: a page that was skipped somewhere must not pass for a factor.
        strong({ ...at, state: next }, event.proof) ? passed(at, next) : enter({ ...at, state: { ...next, notice: 'second_wanted' } }),
      );
    case 'pageDone':
      return state.proof !== undefined && state.page !== undefined && strong(at, state.proof) ? leave(quiet(state)) : MISPLACED;
    case 'firstProven':
      // A proof that is too old is renewed from the first factor on.
      return enter({ ...at, state: half(state, event) });
    case 'pageTurned':
      return turnPage(at, event, (next) => enter({ ...at, state: next }));
    case 'skipped': {
      const { demand: _demand, ...rest } = quiet(state);
      return leaveOrDeny({ ...at, state: rest }, 'unable', 'unmet_authentication_requirements', `${node.kind}:unable`);
    }
    case 'startOver':
      return { kind: 'startOver' };
    default:
      return MISPLACED;
  }
}
