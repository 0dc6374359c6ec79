import type { ConsentVerdict } from '../event.ts';
import { meaning, NEXT, type Move, type NodeOf, type Standing } from '../meaning.ts';
import { allowed, deny, leave, MISPLACED, notAllowed, show, stay, unasked, withProof } from '../move.ts';
import { flag, preset } from '../shape.ts';
import { quiet } from '../state.ts';

const fields = {
  /** A client of our own needs no page. */
  skipFirstParty: preset(flag(), true),
  /** What was allowed before needs no page. */
  remember: preset(flag(), true),
};
export type ConsentNode = NodeOf<'consent', typeof fields>;

export const consent = meaning('consent', fields, {
  says: 'Asks the person what the client may do. Offers only what policy would grant; the token holds what was allowed.',
  asks: 'person',
  branches: () => [
    NEXT,
    { name: 'refused', required: false, says: 'back to the client with access_denied' },
    { name: 'stronger', required: false, says: 'what a stronger sign-in would open is not offered' },
  ],
  needs: () => ['proof'],
  gives: (_node, branch) => (branch === 'next' ? ['consent'] : []),
  loses: (_node, branch) => (branch === 'refused' ? ['consent'] : []),
  enter: (at) => {
    const { skipFirstParty, remember } = at.node;
    const mayStepUp = at.draws('stronger') && at.state.demanded !== true && !at.state.ask.silent;
    return withProof(at.state, ({ userId }) => stay(unasked(at), { kind: 'judgeConsent', userId, skipFirstParty, remember, mayStepUp }));
  },
  take: (at, event) => {
    const { state } = at;
    switch (event.kind) {
      case 'consentJudged':
        return judged(at, event);
      case 'allowed':
        return allowed(at, event.approval);
      case 'nothingChosen':
        return show({ ...quiet(state), notice: 'nothing_chosen' }, { kind: 'consent' }, 'consent_required');
      case 'refused':
        // Without a branch of its own a no is a cancel: back to the client at once.
        return at.draws('refused') ? notAllowed(at, 'refused', 'user_refused') : MISPLACED;
      case 'startOver':
        return { kind: 'startOver' };
      default:
        return MISPLACED;
    }
  },
});

function judged(at: Standing<ConsentNode>, event: ConsentVerdict): Move {
  const { state } = at;
  switch (event.verdict) {
    case 'ask':
      return show(state, { kind: 'consent' }, 'consent_required');
    case 'settled':
      return allowed(at, event.approval);
    case 'nothing': {
      const { error = 'access_denied', reason, decision } = event;
      return deny(state, error, reason, decision === undefined ? {} : { decision });
    }
    case 'stepUp': {
      if (!at.draws('stronger') || state.demanded === true || state.ask.silent) return show(state, { kind: 'consent' }, 'consent_required');
      const { demand, notice, page, email = state.email, again } = event;
      // RFC 9470 §5. The tenant stays chosen, and whoever cannot is not asked for it a second time.
      const once = again === true ? {} : { demanded: true as const };
      const asked = { ...state, demand, notice, ...once, ...(page === undefined ? {} : { page }) };
      return leave(email === undefined ? asked : { ...asked, email }, 'stronger');
    }
  }
}
