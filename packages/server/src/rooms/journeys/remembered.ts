import type { JourneyApproval } from '@writ/flow';
import type { Client } from '../clients/client.ts';
import type { Grant } from '../consent/grant.ts';
import type { Detail } from '../resources/detail.ts';
import { daysOf, type Offer } from './offer.ts';

export type RememberFacts = {
  client: Pick<Client, 'firstParty'>;
  redirectUri: string;
  named: boolean;
  grant: Grant | undefined;
  offer: Offer;
  /** Asked for in detail: one payment that was allowed is not the next, however alike they are. */
  details?: readonly Detail[] | undefined;
  mustAsk: boolean;
  /** What the flow lets pass without a page; a first-party client and a memory are no reason where it says not. */
  without?: { firstParty: boolean; remembered: boolean };
  /** Scopes for which policy does not take what was allowed before, and those for which it does not take an administrator's word. */
  stale: readonly string[];
  personal: readonly string[];
};

/**
 * The approval that needs no page: one that this person gave before for at least as much, or a first-party client's.
 * Remembered consent counts only where the code goes to an https address: any program on the computer can listen on a loopback port or
 * claim a private scheme, and would otherwise get a code in the name of a client that the person trusts (RFC 8252 §8.6). A first-party
 * client is its administrator's word that this is known and wanted.
 */
export function settledApproval(of: RememberFacts): JourneyApproval | undefined {
  const { client, without = { firstParty: true, remembered: true }, redirectUri, named, grant, offer } = of;
  const offered = namesOf(offer.scopes);
  if (of.mustAsk || of.stale.some((name) => offered.includes(name))) return undefined;
  // What a tenant's administrator allowed is not the person's own yes (rooms/consent, I6).
  const recalled = without.remembered && of.details === undefined && grant?.under === undefined ? grant : undefined;
  const before = recalled === undefined ? undefined : rememberedIn(recalled, offer, named);
  const ours = client.firstParty && without.firstParty;
  if (before !== undefined && (client.firstParty || redirectUri.startsWith('https://'))) return before;
  if (!ours || of.personal.some((name) => offered.includes(name))) return undefined;
  return {
    scopes: offered,
    identityScopes: namesOf(offer.identity),
    persistent: offer.persistent !== undefined,
    ...daysOf(offer.until.chosen),
    how: 'first_party',
  };
}

function rememberedIn(grant: Grant, offer: Offer, named: boolean): JourneyApproval | undefined {
  const scopes = namesOf(offer.scopes).filter((name) => grant.scopes.includes(name));
  const identityScopes = namesOf(offer.identity);
  const covered = named ? scopes.length === offer.scopes.length : scopes.length > 0;
  if (grant.state !== 'active' || !covered || identityScopes.some((name) => !grant.scopes.includes(name))) return undefined;
  return { scopes, identityScopes, persistent: grant.persistent && offer.persistent !== undefined, how: 'remembered' };
}

function namesOf(scopes: Offer['scopes']): string[] {
  return scopes.map((scope) => scope.name);
}
