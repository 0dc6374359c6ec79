/** Ways to sign in. `oidc`: a provider of `providers`; `sso`: the identity provider of the tenant; `external`: a page of somebody else that returns. */
export const METHODS = ['password', 'passkey', 'email_code', 'magic_link', 'oidc', 'sso', 'external'] as const;
/** Ways to prove more on top of it. `password`, `email_code`: for whoever signed in by the other. */
export const FACTORS = ['passkey', 'totp', 'recovery_code', 'email_code', 'password'] as const;
/** What can be set up on the way. */
export const ENROLMENTS = ['passkey', 'totp', 'recovery_codes', 'password'] as const;

/** Which of its ways a node accepts. `providers` narrows `oidc` and `external`; none: any. `tenant`: once chosen, `sso` means its own. */
export type Ways = { readonly methods: readonly string[]; readonly providers: readonly string[]; readonly tenant: string | undefined };

/** Did this proof come by one of these ways? `by`: `password`, `oidc:<provider>`, `external:<page>`, `sso:<tenant>`. */
export function cameBy(by: readonly string[], { methods, providers, tenant }: Ways): boolean {
  return by.some((way) => {
    const [method = '', of = ''] = way.split(/:(.*)/s);
    if (!methods.includes(method)) return false;
    if (method === 'sso') return tenant === undefined || of === tenant;
    return (method !== 'oidc' && method !== 'external') || providers.length === 0 || providers.includes(of);
  });
}
