import type { JourneyApproval } from '@writ/flow';
import { covers, type Grant } from '../../consent/grant.ts';
import type { Offer } from '../offer.ts';

export type TenantFacts = {
  offer: Offer;
  /** The client asked by name. */
  named: boolean;
  /** What an administrator allowed for the whole tenant, where that stands. */
  standing: Pick<Grant, 'scopes' | 'persistent' | 'state'> | undefined;
  /** This person may allow for the whole tenant. */
  administrator: boolean;
  /** Something was asked for in detail (RFC 9396): no payment is like the next, and nobody allows it for others. */
  detailed: boolean;
  /** The client wants the page, or nobody but the person can say yes: what goes to a program on their own computer or came from elsewhere, or what policy takes from them alone. */
  mustShow: boolean;
  /** The client asked for consent anew. */
  asksAnew: boolean;
};

/**
 * `decide`: the administrator's page. `confirm`: it is allowed, and the person sees once more to whom; there is nothing to choose. `settled`: they
 * pass without a page. `not_admin`: nobody has allowed it, and this person may not.
 */
export type TenantVerdict = { kind: 'decide' } | { kind: 'confirm' | 'settled'; approval: JourneyApproval } | { kind: 'not_admin' };

export function tenantVerdict(of: TenantFacts): TenantVerdict {
  const approval = of.detailed ? undefined : approvalUnder(of);
  if (of.administrator && (approval === undefined || of.asksAnew)) return { kind: 'decide' };
  if (approval === undefined) return { kind: 'not_admin' };
  return { kind: of.mustShow || of.asksAnew ? 'confirm' : 'settled', approval };
}

/** What of the offer was allowed for the tenant; undefined: less than the client needs. Without names it takes what it can get. */
function approvalUnder({ offer, named, standing }: TenantFacts): JourneyApproval | undefined {
  if (standing?.state !== 'active') return undefined;
  const offered = offer.scopes.map(({ name }) => name);
  const identityScopes = offer.identity.map(({ name }) => name);
  const scopes = offered.filter((name) => standing.scopes.includes(name));
  const required = offer.scopes.filter(({ fixed }) => fixed).map(({ name }) => name);
  const enough = named ? scopes.length === offered.length : scopes.length > 0 || offered.length === 0;
  if (!enough || !covers(standing, [...required, ...identityScopes])) return undefined;
  return { scopes, identityScopes, persistent: standing.persistent && offer.persistent !== undefined, how: 'tenant' };
}
