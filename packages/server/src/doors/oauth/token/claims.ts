import { hash } from 'node:crypto';
import { RESERVED_CLAIMS } from '@writ/flow';
import type { Membership } from '../../../rooms/users/membership.ts';
import type { Actor, ClientRequest, Proof } from './grant.ts';

export type Subject = {
  issuer: string;
  request: ClientRequest;
  proof: Proof;
  membership: Membership;
  scopes: readonly string[];
  /** Seconds since the epoch. */
  iat: number;
  exp: number;
  jti: string;
};

/** RFC 9068, with exactly one audience. Members without a value are left out. */
export function accessClaims({ issuer, request, proof, membership, scopes, iat, exp, jti }: Subject): Record<string, unknown> {
  const { user, tenant, agent, resource, login } = proof;
  const claims: Record<string, unknown> = {
    ...setByFlow(proof),
    iss: issuer,
    sub: user?.id ?? proof.subject ?? request.client.id,
    aud: resource.uri,
    client_id: request.client.id,
    scope: scopes.join(' '),
    iat,
    exp,
    jti,
    agent: agent.id,
    txn: proof.txn,
  };
  if (tenant !== undefined) claims['tenant'] = tenant.id;
  if (login !== undefined) {
    claims['auth_time'] = login.authTime;
    claims['acr'] = login.acr;
    claims['amr'] = login.amr;
  }
  if (membership.roles.length > 0) claims['roles'] = membership.roles;
  if (membership.permissions.length > 0) claims['permissions'] = membership.permissions;
  if (proof.grantId !== undefined) claims['grant_id'] = proof.grantId;
  if (proof.identityScopes.length > 0) claims['ident'] = proof.identityScopes.join(' ');
  const act = nested(proof.actors);
  if (act !== undefined) claims['act'] = act;
  if (proof.lineage !== undefined && proof.lineage.length > 0) claims['lineage'] = proof.lineage;
  if (proof.authorizationDetails !== undefined) claims['authorization_details'] = proof.authorizationDetails;
  if (proof.approvalId !== undefined) claims['approval_id'] = proof.approvalId;
  if (request.confirmation !== undefined) claims['cnf'] = { jkt: request.confirmation.jkt };
  return resource.settings.claimAliases === 'descope' ? { ...claims, ...descopeAliases(tenant?.id, membership) } : claims;
}

/**
 * What a flow put there. It cannot name what the hub vouches for (packages/flow refuses it when the flow is read); here again, because a version
 * may be older than a claim of ours.
 */
function setByFlow({ claims }: Proof): Record<string, unknown> | undefined {
  return claims && Object.fromEntries(Object.entries(claims).filter(([name]) => !RESERVED.has(name)));
}

const RESERVED = new Set(RESERVED_CLAIMS);

/** RFC 8693 §4.1: who acts now, and within it who acted before. */
function nested(actors: readonly Actor[] = []): Record<string, unknown> | undefined {
  return actors.reduceRight<Record<string, unknown> | undefined>((before, { sub, agent }) => {
    const act: Record<string, unknown> = { sub };
    if (agent !== undefined) act['agent'] = agent;
    if (before !== undefined) act['act'] = before;
    return act;
  }, undefined);
}

/** `dct` and `tenants`, for resources whose code was written against Descope. */
function descopeAliases(tenant: string | undefined, membership: Membership): Record<string, unknown> {
  return tenant === undefined
    ? {}
    : { dct: tenant, tenants: { [tenant]: { roles: membership.roles, permissions: membership.permissions } } };
}

/** OIDC Core §2. Released by scope: email, profile. `at_hash`: left half of SHA-256 of the access token (§3.1.3.6). */
export function idClaims({ issuer, request, proof, iat, exp, jti }: Subject, accessToken: string): Record<string, unknown> {
  const { user, login } = proof;
  const claims: Record<string, unknown> = { iss: issuer, sub: user?.id, aud: request.client.id, iat, exp, jti: `${jti}-id` };
  claims['at_hash'] = hash('sha256', accessToken, 'buffer').subarray(0, 16).toString('base64url');
  if (login !== undefined) {
    claims['auth_time'] = login.authTime;
    claims['acr'] = login.acr;
    claims['amr'] = login.amr;
    if (login.nonce !== undefined) claims['nonce'] = login.nonce;
  }
  if (user !== undefined && proof.identityScopes.includes('email')) {
    claims['email'] = user.email;
    claims['email_verified'] = user.emailVerifiedAt !== undefined;
  }
  if (user?.name !== undefined && proof.identityScopes.includes('profile')) claims['name'] = user.name;
  return claims;
}
