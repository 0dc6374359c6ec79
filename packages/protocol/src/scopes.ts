/** Scopes that speak of the user and the session, not of a resource (OIDC Core §5.4, §11). They belong to the hub: no resource may have them. */
export const IDENTITY_SCOPES = ['openid', 'profile', 'email', 'offline_access'] as const;

const IDENTITY: ReadonlySet<string> = new Set(IDENTITY_SCOPES);

export function isIdentityScope(name: string): boolean {
  return IDENTITY.has(name);
}
