import type { NodeEvent } from '../event.ts';
import type { Membership } from '../facts.ts';
import { meaning, NEXT, type Move, type NodeOf, type Standing } from '../meaning.ts';
import { deny, leave, leaveOrDeny, MISPLACED, show, stay, withProof } from '../move.ts';
import { flag, preset } from '../shape.ts';
import { quiet, type JourneyState } from '../state.ts';

const fields = {
  /** Nobody goes on without a tenant. */
  required: preset(flag(), false),
  /** The tenant that owns the domain of the person's e-mail address is taken without a question. */
  byDomain: preset(flag(), false),
  /** The tenant of the last time is taken without a question. */
  remembered: preset(flag(), false),
};
export type SelectTenantNode = NodeOf<'selectTenant', typeof fields>;

export const selectTenant = meaning('selectTenant', fields, {
  says: 'Settles for which tenant the token is. Asks only who has several and named none; whoever is in none cannot choose one.',
  asks: 'person',
  branches: () => [NEXT, { name: 'none', required: false, says: 'goes on without a tenant, or is refused where one is required' }],
  needs: () => ['proof'],
  gives: (node, branch, draws) => (branch === 'next' && (node.required || draws('none')) ? ['tenant'] : []),
  outputs: () => ({ tenant: 'text' }),
  enter: ({ node, state }) =>
    withProof(state, ({ userId }) => {
      const { tenant } = state.facts;
      if (tenant !== undefined) return leave(state, 'next', { tenant: tenant.id });
      return stay(state, { kind: 'findTenants', userId, byDomain: node.byDomain, remembered: node.remembered });
    }),
  take: (at, event) => {
    switch (event.kind) {
      case 'tenantsFound':
        return found(at, event);
      case 'tenantChosen': {
        const chosen = event.memberships.find(({ tenant }) => tenant.id === event.tenant);
        if (chosen !== undefined) return settle(quiet(at.state), chosen);
        return choose({ ...at.state, notice: 'unknown_tenant' }, event.memberships);
      }
      case 'startOver':
        return { kind: 'startOver' };
      default:
        return MISPLACED;
    }
  },
});

function found(at: Standing<SelectTenantNode>, event: Extract<NodeEvent, { kind: 'tenantsFound' }>): Move {
  const { state, node } = at;
  const { memberships, preferred } = event;
  const wanted = state.ask.tenant;
  if (wanted !== undefined) {
    const named = memberships.find(({ tenant }) => tenant.id === wanted);
    return named === undefined ? deny(state, 'access_denied', 'not_in_tenant') : settle(state, named);
  }
  const [only, ...others] = memberships;
  if (only === undefined) {
    if (at.draws('none') || event.required || node.required) return leaveOrDeny(at, 'none', 'access_denied', 'no_tenant');
    return leave(state, 'next', { tenant: '' });
  }
  const liked = memberships.find(({ tenant }) => tenant.id === preferred);
  if (others.length === 0 || liked !== undefined) return settle(state, liked ?? only);
  return choose(state, memberships);
}

function choose(state: JourneyState, memberships: readonly Membership[]): Move {
  return show(state, { kind: 'tenant', tenants: memberships.map(({ tenant: { id, name } }) => ({ id, name })) });
}

/** From here on roles and permissions are those in this tenant. */
function settle(state: JourneyState, { tenant, roles, permissions }: Membership): Move {
  const { user } = state.facts;
  const facts = { ...state.facts, tenant, ...(user === undefined ? {} : { user: { ...user, roles, permissions } }) };
  return leave({ ...state, facts }, 'next', { tenant: tenant.id });
}
