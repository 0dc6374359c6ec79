import type { JourneyApproval } from '@writ/flow';
import type { Grant } from '../consent/grant.ts';
import { chosenUntil, untilOffer, type GrantSetting, type UntilOffer } from '../consent/until.ts';
import { isHeld } from '../resources/held.ts';
import type { Grantable } from '../policies/grantable.ts';
import type { Need } from '../policies/requirements.ts';
import type { Detail } from '../resources/detail.ts';
import { inWords, type DetailInWords } from '../resources/detail-words.ts';
import type { Resource, Risk, Scope } from '../resources/resource.ts';

/** A scope as the consent page shows it. `fixed`: granted with the consent or not at all. `approval`: somebody must agree as well, each time. */
export type OfferedScope = {
  name: string;
  title: string;
  description: string;
  risk: Risk;
  fixed: boolean;
  ticked: boolean;
  approval?: boolean;
};
/** A scope that would be there, were a requirement of policy met. */
export type WithheldScope = { title: string; needs: Need };

/** Everything a person may say yes to now. What policy or a missing permission would refuse is not in it. */
export type Offer = {
  scopes: readonly OfferedScope[];
  identity: readonly OfferedScope[];
  withheld: readonly WithheldScope[];
  /** What is asked for in detail: allowed as it stands or not at all. */
  details: readonly DetailInWords[];
  /** Asked in words: may the client go on while the user is away. Absent: the client could not use it. */
  persistent?: { ticked: boolean } | undefined;
  /** Until when it may be allowed. */
  until: UntilOffer;
  /** The person allowed this before; the page says so. */
  again: boolean;
};

export type OfferFacts = {
  resource: Resource;
  /** Names of the resource's scopes that the request reaches: asked for, and within the client's cap. */
  within: readonly string[];
  /** The client asked by name; false: it named none, and `within` is all there is. */
  named: boolean;
  identityScopes: readonly string[];
  details?: readonly Detail[] | undefined;
  /** Scopes that policy grants this user, client and tenant now, and what it holds back. */
  granted: Pick<Grantable, 'scopes' | 'withheld' | 'approvals'>;
  /** What roles know as permissions, and which of them this user holds here. */
  permissions: { declared: ReadonlySet<string>; held: ReadonlySet<string> };
  refreshes: boolean;
  grant: Grant | undefined;
  ends: GrantSetting;
};

const RISKS: readonly Risk[] = ['low', 'elevated', 'high'];

const IDENTITY: Readonly<Record<string, Pick<OfferedScope, 'title' | 'description' | 'fixed'>>> = {
  openid: { title: 'Know that it is you', description: 'An account number of yours at this hub.', fixed: true },
  profile: { title: 'See your name', description: 'As it stands on your account.', fixed: false },
  email: { title: 'See your e-mail address', description: 'And whether it has been confirmed.', fixed: false },
};

export function makeOffer(facts: OfferFacts): Offer {
  const { resource, within, granted, grant } = facts;
  const held = resource.scopes.filter((scope) => within.includes(scope.name) && isHeld(scope, facts.permissions));
  const open = held.filter((scope) => granted.scopes.includes(scope.name));
  const ticked = tickedOf(open, facts);
  return {
    scopes: RISKS.flatMap((risk) => open.filter((scope) => scope.risk === risk)).map((scope) => ({
      name: scope.name,
      title: scope.title,
      description: scope.description,
      risk: scope.risk,
      fixed: scope.required,
      ticked: scope.required || ticked(scope),
      ...(granted.approvals.includes(scope.name) ? { approval: true } : {}),
    })),
    withheld: held.flatMap(({ name, title }) => {
      const by = granted.withheld.find(({ scopes }) => scopes.includes(name));
      return by === undefined ? [] : [{ title, needs: by.needs }];
    }),
    identity: facts.identityScopes.flatMap((name) => {
      const words = IDENTITY[name];
      return words === undefined ? [] : [{ name, ...words, risk: 'low' as const, ticked: true }];
    }),
    details: (facts.details ?? []).map((detail) => inWords(detail, resource.detailTypes ?? [])),
    ...(facts.refreshes ? { persistent: { ticked: grant?.persistent ?? true } } : {}),
    until: untilOffer(facts.ends),
    again: grant !== undefined,
  };
}

/**
 * What is ticked before the person touches anything: what the client asked for by name; when it named nothing, what was allowed last time,
 * else only the least risky kind there is. A client that says nothing must not walk away with everything by one click.
 */
function tickedOf(open: readonly Scope[], { named, grant }: OfferFacts): (scope: Scope) => boolean {
  if (named) return () => true;
  const before = open.filter((scope) => grant?.scopes.includes(scope.name) === true);
  if (before.length > 0) return (scope) => before.includes(scope);
  const least = RISKS.find((risk) => open.some((scope) => scope.risk === risk));
  return (scope) => scope.risk === least;
}

/** True when there is nothing that this person could allow. A request that names identity scopes only needs no scope of the resource. */
export function isEmpty(offer: Offer, { named, within }: Pick<OfferFacts, 'named' | 'within'>): boolean {
  if (offer.scopes.length > 0 || (offer.details.length > 0 && within.length === 0)) return false;
  return !named || within.length > 0 || offer.identity.length === 0;
}

/**
 * What was allowed, by the page that came back. Undefined: a scope that was not on the page, so the page was not ours (attack 042);
 * `nothing`: every box was cleared.
 */
export function approve(
  offer: Offer,
  posted: { scopes: readonly string[]; persistent: boolean; until?: string | undefined },
): JourneyApproval | 'nothing' | undefined {
  const known = new Set([...offer.scopes, ...offer.identity].map((scope) => scope.name));
  if (posted.scopes.some((name) => !known.has(name)) || (posted.persistent && offer.persistent === undefined)) return undefined;
  const until = chosenUntil(offer.until, posted.until);
  if (until === undefined) return undefined;
  const chosen = (scope: OfferedScope): boolean => scope.fixed || posted.scopes.includes(scope.name);
  const scopes = offer.scopes.filter(chosen).map((scope) => scope.name);
  const identityScopes = offer.identity.filter(chosen).map((scope) => scope.name);
  if (scopes.length === 0 && (offer.scopes.length > 0 || (identityScopes.length === 0 && offer.details.length === 0))) return 'nothing';
  return { scopes, identityScopes, persistent: posted.persistent, ...daysOf(until), how: 'asked' };
}

/** As an approval says it. */
export function daysOf(until: number | 'open'): { days?: number } {
  return until === 'open' ? {} : { days: until };
}

/** The bound may have been drawn nearer since the page was shown. */
function withinBound(days: number | undefined, { days: offered, open }: UntilOffer): { days?: number } {
  const most = open ? undefined : offered.at(-1);
  const bounded = most === undefined ? days : Math.min(days ?? most, most);
  return bounded === undefined ? {} : { days: bounded };
}

/** A scope that was asked for and is not on the page, and why: for whoever administers, never for the page. */
export type Hidden = { scope: string; because: string };

export function hiddenFrom(offer: Offer, { resource, within, granted, permissions }: OfferFacts): readonly Hidden[] {
  const offered = new Set(offer.scopes.map(({ name }) => name));
  return resource.scopes.flatMap((scope) => {
    const { name } = scope;
    if (!within.includes(name) || offered.has(name)) return [];
    const needs = granted.withheld.find(({ scopes }) => scopes.includes(name))?.needs;
    const because = !isHeld(scope, permissions) ? 'permission_missing' : needs === undefined ? 'policy' : `policy_requires_${needs}`;
    return [{ scope: name, because }];
  });
}

/** What of an older yes may still be offered: between the page and the end of a flow a policy or a role may have changed. */
export function stillOffered(offer: Offer, approval: JourneyApproval): JourneyApproval | undefined {
  const within = (names: readonly string[], offered: readonly OfferedScope[]): readonly string[] =>
    names.filter((name) => offered.some((one) => one.name === name));
  const scopes = within(approval.scopes, offer.scopes);
  if (scopes.length === 0 && approval.scopes.length > 0) return undefined;
  return {
    ...approval,
    scopes,
    identityScopes: within(approval.identityScopes, offer.identity),
    persistent: approval.persistent && offer.persistent !== undefined,
    ...withinBound(approval.days, offer.until),
  };
}
