import { meaning, type NodeOf } from '../meaning.ts';
import { ENROLMENTS } from '../methods.ts';
import { leave, MISPLACED, show, stay, turnPage, withProof } from '../move.ts';
import { flag, list, preset, word } from '../shape.ts';
import { quiet } from '../state.ts';

const fields = {
  methods: list(word(ENROLMENTS), { most: ENROLMENTS.length }),
  optional: preset(flag(), false),
};
export type EnrolNode = NodeOf<'enrol', typeof fields>;

export const enrol = meaning('enrol', fields, {
  says: 'Sets up a factor for later, unless the person has one of these already.',
  asks: 'person',
  needs: () => ['proof'],
  outputs: () => ({ method: 'text' }),
  enter: ({ state }) => withProof(state, (proof) => stay(state, { kind: 'findFactors', userId: proof.userId })),
  take: (at, event) => {
    const { state, node } = at;
    const page = { kind: 'enrol', methods: node.methods, optional: node.optional } as const;
    switch (event.kind) {
      case 'factorsFound': {
        const has = node.methods.find((method) => event.methods.includes(method));
        // Not while a page of this node is open: recovery codes are shown when the factor is there already.
        if (has !== undefined && state.page === undefined) return leave(state, 'next', { method: has });
        return show(state, page);
      }
      case 'enrolled': {
        const proof = event.proof ?? state.proof;
        const next = { ...quiet(state), ...(proof === undefined ? {} : { proof }) };
        if (proof?.userId !== state.proof?.userId || !node.methods.some((method) => method === event.method)) return MISPLACED;
        return leave(next, 'next', { method: event.method });
      }
      case 'skipped':
        return node.optional ? leave(quiet(state), 'next', { method: '' }) : MISPLACED;
      case 'pageTurned':
        return turnPage(at, event, (next) => show(next, page));
      case 'startOver':
        // Who has to sign in anew before anything may be set up.
        return { kind: 'startOver' };
      default:
        return MISPLACED;
    }
  },
});
