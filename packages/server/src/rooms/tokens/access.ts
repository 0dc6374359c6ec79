/** What one of our access tokens says, once its signature, issuer and time were found good. The claims are those that doors/oauth/token/claims.ts writes. */
export type AccessToken = {
  jti: string;
  clientId: string;
  subject: string;
  audience: string;
  scopes: readonly string[];
  /** OIDC scopes that the user released to the client (`ident`). */
  identityScopes: readonly string[];
  /** Absent: the client acts for itself. A client and a user may bear the same id, so `sub` alone does not tell. */
  userId?: string;
  agentId?: string;
  tenantId?: string;
  grantId?: string;
  txn?: string;
  /** Milliseconds. */
  expiresAt: number;
  /** As signed. */
  claims: Readonly<Record<string, unknown>>;
};

/** Reads the claims; undefined when one is missing that every access token has. */
export function toAccessToken(claims: Readonly<Record<string, unknown>>): AccessToken | undefined {
  const [jti, clientId, subject, audience] = ['jti', 'client_id', 'sub', 'aud'].map((name) => textAt(claims, name));
  const expiry = claims['exp'];
  if (jti === undefined || clientId === undefined || subject === undefined || audience === undefined || typeof expiry !== 'number')
    return undefined;
  const agentId = textAt(claims, 'agent');
  const tenantId = textAt(claims, 'tenant');
  const grantId = textAt(claims, 'grant_id');
  const txn = textAt(claims, 'txn');
  return {
    jti,
    clientId,
    subject,
    audience,
    scopes: wordsAt(claims, 'scope'),
    identityScopes: wordsAt(claims, 'ident'),
    ...(isOfUser(claims) ? { userId: subject } : {}),
    ...(agentId === undefined ? {} : { agentId }),
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(grantId === undefined ? {} : { grantId }),
    ...(txn === undefined ? {} : { txn }),
    expiresAt: expiry * 1000,
    claims,
  };
}

/** Only a login has a time (RFC 9068 §2.2.1). */
function isOfUser(claims: Readonly<Record<string, unknown>>): boolean {
  return claims['auth_time'] !== undefined || claims['sub'] !== claims['client_id'];
}

function textAt(claims: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = claims[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function wordsAt(claims: Readonly<Record<string, unknown>>, name: string): readonly string[] {
  return textAt(claims, name)?.split(' ') ?? [];
}
