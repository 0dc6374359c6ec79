import type { GrantName } from './rule.ts';

export type TargetKind = 'resource' | 'connection';
export type Attributes = Readonly<Record<string, unknown>>;

/** Everything a decision may look at. The caller loads it; the engine reads nothing else and keeps nothing. */
export type PolicyRequest = {
  /** For a refresh: the grant that the refresh token came from. */
  readonly grant: GrantName;
  readonly target: { readonly kind: TargetKind; readonly id: string; readonly type: string; readonly tags: readonly string[] };
  /**
   * Scopes asked for. Empty means the target as a whole (API key, certificate): only `scopes: all` can allow that.
   * For a target that has scopes, put its default scopes here, or the request is for everything.
   */
  readonly scopes: readonly string[];
  readonly client: {
    readonly id: string;
    readonly name: string;
    readonly registrationType: string;
    readonly status: string;
    readonly owner?: string;
    readonly tags: readonly string[];
  };
  readonly user?: {
    readonly id: string;
    readonly roles: readonly string[];
    readonly tenantIds: readonly string[];
    readonly permissions: readonly string[];
    readonly attributes: Attributes;
  };
  readonly jwtClaims?: Attributes;
  readonly tenant?: { readonly id: string; readonly attributes: Attributes };
  readonly agent?: { readonly id: string; readonly state: string };
  /** `time` in milliseconds since the epoch. */
  readonly request: { readonly ip?: string; readonly time: number };
  readonly token?: { readonly acr?: string; readonly amr?: readonly string[] };
  readonly delegation: { readonly depth: number; readonly actors: readonly string[] };
};

/** The one pseudo-scope of a request without scopes: the credential as a whole. */
export const WHOLE = 'whole';
