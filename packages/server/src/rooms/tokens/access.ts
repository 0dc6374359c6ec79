import { pastOf, type Link } from './lineage.ts';

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
  /** Who acted, nearest first; empty for a token that nobody handed on. */
  actors: readonly Link[];
  /** Ids of the tokens that it follows from, nearest first. */
  lineage: readonly string[];
  /** Thumbprint of the key that it is bound to (RFC 9449 §6.1). */
  boundTo?: string;
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
  const past = pastOf(claims);
  if (past === undefined) return undefined;
  const boundTo = thumbprintIn(claims['cnf']);
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
    ...past,
    ...(isOfUser(claims, past.actors) ? { userId: subject } : {}),
    ...(agentId === undefined ? {} : { agentId }),
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(grantId === undefined ? {} : { grantId }),
    ...(txn === undefined ? {} : { txn }),
    ...(boundTo === undefined ? {} : { boundTo }),
    expiresAt: expiry * 1000,
    claims,
  };
}

/**
 * Only a login has a time (RFC 9068 §2.2.1). Without one the token speaks for the client that began the chain, or else for somebody: a client
 * that exchanged a service's token bears another id than its subject.
 */
function isOfUser({ auth_time, sub, client_id }: Readonly<Record<string, unknown>>, actors: readonly Link[]): boolean {
  return auth_time !== undefined || sub !== (actors.at(-1)?.sub ?? client_id);
}

/** A confirmation that is there and unreadable is one that nobody can meet. */
function thumbprintIn(confirmation: unknown): string | undefined {
  if (confirmation === undefined) return undefined;
  const jkt = typeof confirmation === 'object' && confirmation !== null && 'jkt' in confirmation ? confirmation.jkt : undefined;
  return typeof jkt === 'string' ? jkt : '';
}

function textAt(claims: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = claims[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function wordsAt(claims: Readonly<Record<string, unknown>>, name: string): readonly string[] {
  return textAt(claims, name)?.split(' ') ?? [];
}
