import { GRANT_TYPES } from '@writ/protocol';

/** Life of anything that can be contained: a frozen thing comes back, a revoked one does not. */
export type State = 'active' | 'frozen' | 'revoked';

/** A customer of the hub. Users have roles per tenant; every token names at most one. */
export type Tenant = {
  id: string;
  name: string;
  /** E-mail domains that lead here. */
  domains: readonly string[];
  attributes: Readonly<Record<string, unknown>>;
  settings: TenantSettings;
  state: State;
  version: number;
  createdAt: number;
};

/** What a tenant may set for itself; absent = the hub's default. Seconds. */
export type TenantSettings = {
  accessTokenTtl?: number;
  refreshTokenIdleTtl?: number;
  refreshTokenTtl?: number;
  allowedGrants?: readonly string[];
  /** How its people tell it from others. `color`: #rrggbb. */
  branding?: Branding | undefined;
};

export type Branding = { color?: string | undefined; logoText?: string | undefined };

/** A tenant may allow some grants only; one that names none allows all. They may be named as policies name them or as the wire does. */
export function allowsGrant({ settings }: Pick<Tenant, 'settings'>, grant: keyof typeof GRANT_TYPES): boolean {
  const { allowedGrants } = settings;
  return allowedGrants === undefined || allowedGrants.includes(grant) || allowedGrants.includes(GRANT_TYPES[grant]);
}

/** A named set of permissions; who has it is said per tenant. */
export type Role = { name: string; description?: string; permissions: readonly string[]; version: number };
