import type { Obstacle } from '../issuers/issuer.ts';
import { claimAt } from '../issuers/patterns.ts';
import { parseEmail } from '../users/email.ts';
import type { Provider } from './provider.ts';

type Claims = Readonly<Record<string, unknown>>;

/**
 * Claims as the mapping reads them. `email_verified` is the boolean (OIDC Core §5.1) and nothing else: a text or a list is a no (attack 170).
 * Where nothing is said, an administrator may know that this provider checks every address.
 */
export function claimsOf({ users }: Provider, claims: Claims): Claims {
  const { email_verified: said, ...rest } = claims;
  if (said === undefined) return users.trustEmail ? { ...rest, email_verified: true } : rest;
  return { ...rest, email_verified: said === true };
}

/**
 * What stands against making somebody of it, or taking them for somebody who is here. An address that nobody has proven gives nothing to who
 * proves it later (rooms/users I8), and whoever came by a provider first would keep their way in. So nobody comes in anew by an address that is not
 * proven, nor, by a tenant's provider, by one that is not of the tenant's domains.
 */
export function addressObstacle(provider: Provider, claims: Claims, domains: readonly string[]): Obstacle | undefined {
  const given = claimAt(claims, provider.users.email);
  const email = typeof given === 'string' ? parseEmail(given) : undefined;
  if (email === undefined)
    return {
      reason: 'assertion_email',
      sentence: `The claim ${provider.users.email} is missing or no e-mail address: a new user needs one.`,
    };
  const said = claims['email_verified'];
  // A tenant's provider is the word of the domain's owner, unless it says no itself.
  if (said !== true && (provider.tenant === undefined || said !== undefined))
    return { reason: 'email_unproven', sentence: 'The provider does not say that it has checked the address.' };
  const domain = email.address.slice(email.address.lastIndexOf('@') + 1).toLowerCase();
  if (provider.tenant !== undefined && !domains.includes(domain))
    return { reason: 'email_foreign', sentence: `${domain} is no domain of the tenant, so its provider cannot vouch for the address.` };
  return undefined;
}
