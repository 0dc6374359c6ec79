import type { Approval } from '@writ/flow';
import type { Client } from '../clients/client.ts';
import type { Grant } from '../consent/grant.ts';
import type { Offer } from './offer.ts';

export type RememberFacts = { client: Client; redirectUri: string; named: boolean; grant: Grant | undefined; offer: Offer; mustAsk: boolean };

/**
 * The approval that needs no page: a first-party client's, or one that this person gave before for at least as much.
 * Remembered consent counts only where the code goes to an https address: any program on the computer can listen on a loopback port or
 * claim a private scheme, and would otherwise get a code in the name of a client that the person trusts (RFC 8252 §8.6).
 */
export function settledApproval(facts: RememberFacts): Approval | undefined {
  const { client, named, grant, offer, mustAsk } = facts;
  if (mustAsk) return undefined;
  const identityScopes = offer.identity.map((scope) => scope.name);
  if (client.firstParty) {
    return { scopes: offer.scopes.map((scope) => scope.name), identityScopes, persistent: offer.persistent !== undefined, how: 'first_party' };
  }
  if (grant === undefined || grant.state !== 'active' || !facts.redirectUri.startsWith('https://')) return undefined;
  const scopes = offer.scopes.map((scope) => scope.name).filter((name) => grant.scopes.includes(name));
  const covered = named ? scopes.length === offer.scopes.length : scopes.length > 0;
  if (!covered || identityScopes.some((name) => !grant.scopes.includes(name))) return undefined;
  return { scopes, identityScopes, persistent: grant.persistent && offer.persistent !== undefined, how: 'remembered' };
}
