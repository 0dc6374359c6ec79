import { meaning, NEXT, type NodeOf } from '../meaning.ts';
import { allowed, deny, MISPLACED, notAllowed, show, stay, unasked, withProof } from '../move.ts';
import { quiet } from '../state.ts';

const fields = {};
export type TenantConsentNode = NodeOf<'tenantConsent', typeof fields>;

export const tenantConsent = meaning('tenantConsent', fields, {
  says: 'An administrator of the tenant allows the client for everybody in it; the others pass once that was done.',
  asks: 'person',
  branches: () => [
    NEXT,
    { name: 'refused', required: false, says: 'back to the client with access_denied' },
    { name: 'notAdmin', required: false, says: 'ends with access_denied' },
  ],
  needs: () => ['proof', 'tenant'],
  gives: (_node, branch) => (branch === 'next' ? ['consent'] : []),
  loses: (_node, branch) => (branch === 'next' ? [] : ['consent']),
  enter: (at) =>
    withProof(at.state, ({ userId }) => {
      const state = unasked(at);
      const { tenant } = state.facts;
      if (tenant === undefined) return deny(state, 'access_denied', 'no_tenant');
      return stay(state, { kind: 'judgeTenantConsent', userId, tenantId: tenant.id });
    }),
  take: (at, event) => {
    const { state } = at;
    switch (event.kind) {
      case 'tenantConsentJudged':
        if (event.verdict === 'settled') return allowed(at, { ...event.approval, how: 'tenant' });
        if (event.verdict === 'ask') return show(state, { kind: 'tenantConsent' }, 'consent_required');
        if (event.verdict === 'nothing') {
          const { reason, decision } = event;
          return deny({ ...state, approvals: {} }, 'access_denied', reason, decision === undefined ? {} : { decision });
        }
        return notAllowed(at, 'notAdmin', 'not_tenant_admin');
      case 'allowed':
        return allowed(at, { ...event.approval, how: 'tenant' });
      case 'nothingChosen':
        return show({ ...quiet(state), notice: 'nothing_chosen' }, { kind: 'tenantConsent' }, 'consent_required');
      case 'refused':
        return at.draws('refused') ? notAllowed(at, 'refused', 'user_refused') : MISPLACED;
      case 'startOver':
        return { kind: 'startOver' };
      default:
        return MISPLACED;
    }
  },
});
