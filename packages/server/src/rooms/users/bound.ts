import type { Session, User } from './user.ts';

/** Ways in that are good everywhere, because the hub or a provider of the whole hub vouches for them. A second factor alone is none. */
const EVERYWHERE = /^(password|passkey|email_code|magic_link|oidc:.*|external:.*)$/s;

/**
 * The one tenant that a sign-in is good for: it came by the tenant's own provider and by nothing else. Whoever runs that provider can be anybody
 * whom it may vouch for; without this they would be them in other tenants too (cross-tenant takeover).
 */
export function boundTenant(by: readonly string[] = []): string | undefined {
  if (by.some((way) => EVERYWHERE.test(way))) return undefined;
  return by.find((way) => way.startsWith('sso:'))?.slice('sso:'.length);
}

/**
 * Whether a session may open pages about its person. `own`: what they see and allow, where that is of the bound tenant alone. `credentials`: how they
 * sign in, which is good everywhere, and so is not for a tenant's provider to change.
 */
export function mayOpen(reach: 'own' | 'credentials', { by }: Pick<Session, 'by'>, user: Pick<User, 'tenants'>): boolean {
  const bound = boundTenant(by);
  return bound === undefined || (reach === 'own' && user.tenants.every(({ id }) => id === bound));
}
