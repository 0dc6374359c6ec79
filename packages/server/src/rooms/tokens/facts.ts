import type { Json } from '@writ/flow';
import type { Detail } from '../resources/detail.ts';

/** RFC 9396 §2: one thing that is to be allowed; `type` says how the rest is read. */
export type AuthorizationDetail = Detail;

/** What was settled when the user came back from the journey: kept with the code, then with the refresh family. */
export type AuthorizationFacts = {
  userId: string;
  tenantId?: string;
  agentId: string;
  grantId: string;
  resourceId: string;
  /** Scopes of the resource that were approved; never grows. */
  scopes: readonly string[];
  /** OIDC scopes among the request (openid, profile, email): they shape the id_token and userinfo, not the resource's token. */
  identityScopes: readonly string[];
  /** True when a refresh token goes with it. */
  persistent: boolean;
  sessionId: string;
  /** Seconds since the epoch, as OIDC says it. */
  authTime: number;
  acr: string;
  amr: readonly string[];
  txn: string;
  /** The grant that it came by, as which a refresh is judged; absent: authorization_code. */
  via?: 'device_code' | 'ciba';
  /** What was allowed in detail (RFC 9396); never grows. */
  authorizationDetails?: readonly AuthorizationDetail[];
  /** What the flow of the journey put into the token; policy judges by it too, at every refresh. */
  claims?: Readonly<Record<string, Json>>;
  /** Thumbprint of the key that must be proved with it (RFC 9449 §10, `dpop_jkt`; §5 for refresh tokens). */
  jkt?: string;
};

/** Facts of the authorization request that the code is bound to. */
export type CodeBinding = {
  redirectUri: string;
  codeChallenge: string;
  nonce?: string;
  /** The user was asked in the journey that the code comes from; absent: what they allowed before was good enough. */
  asked?: boolean;
};

export type CodeFacts = AuthorizationFacts & CodeBinding;
