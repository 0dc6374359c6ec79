import { newId } from '../../base/ids.ts';
import { originOf, type Inbound } from '../../base/http/message.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { isLabel, type HandOutAsk } from '../../rooms/connections/hand-out.ts';
import type { Ahead } from '../../rooms/connections/hand-out.store.ts';
import type { Client } from '../../rooms/clients/client.ts';
import { proxyUri } from '../../rooms/resources/proxied.ts';
import type { Tenant } from '../../rooms/tenants/tenant.ts';
import type { AccessToken } from '../../rooms/tokens/access.ts';
import type { AccessTokens } from '../../rooms/tokens/alive.store.ts';
import { provedToken, type BearerFault } from '../../rooms/tokens/bearer.http.ts';
import { holderChallenge, type Holding } from '../../rooms/tokens/presented.http.ts';
import type { DpopProofs } from '../../rooms/tokens/dpop.store.ts';
import type { User } from '../../rooms/users/user.ts';
import { metadataUri } from './metadata.ts';

export type CallerDeps = {
  issuer: string;
  tokens: Pick<AccessTokens, 'verify' | 'standing'>;
  /** Tokens whose signature was found good a moment ago ({@link createVerified}). */
  verified: Verified;
  holding: Holding;
  proofs: Pick<DpopProofs, 'nonce'>;
  client(id: string): Promise<Client | undefined>;
  user(id: string): User | undefined | Promise<User | undefined>;
  tenant(id: string): Tenant | undefined | Promise<Tenant | undefined>;
  /** Whether a tenant (or nobody in particular) has a connection of this id. */
  has(connection: string, tenant: string | undefined): boolean;
  /** Begins to look for the credential ({@link lookAhead}): both questions go to the database at once, and neither answer counts without the other. */
  ahead(
    connection: string,
    of: { user?: string | undefined; tenant?: string | undefined; agent: string; label?: string | undefined },
  ): Ahead | undefined;
};

export type Verified = (jwt: string, now: number) => Result<AccessToken, string>;

/** No longer than a change may take to be in force on every node: a key may be withdrawn. */
const VERIFIED_MS = 2_000;
const MOST_VERIFIED = 1_000;

/**
 * An agent makes many calls with one token, and its signature is the dearest part of a call. Only that is remembered; whether it still stands is asked
 * each time.
 */
export function createVerified(tokens: Pick<AccessTokens, 'verify'>): Verified {
  const kept = new Map<string, { jwt: string; token: AccessToken; until: number }>();
  return (jwt, now) => {
    // Found by its end, for a map reads all of its key; the same only if all of it is.
    const end = jwt.slice(-43);
    const known = kept.get(end);
    if (known !== undefined && known.jwt === jwt && known.until > now && known.token.expiresAt > now) return ok(known.token);
    const verified = tokens.verify(jwt, { now });
    if (!verified.ok) return verified;
    if (kept.size >= MOST_VERIFIED) kept.clear();
    kept.set(end, { jwt, token: verified.value, until: now + VERIFIED_MS });
    return verified;
  };
}

export type CallerFault = {
  status: number;
  error: 'invalid_request' | 'invalid_token' | 'insufficient_scope' | 'invalid_dpop_proof' | 'use_dpop_nonce';
  reason: string;
  description: string;
  headers: Readonly<Record<string, string | readonly string[]>>;
};

/** The ask without what only the path says, and the token, which is looked at again while the call lasts. */
export type Caller = { ask: Omit<HandOutAsk, 'connection' | 'label'>; token: AccessToken; ahead: Ahead | undefined };

/** Who calls: the client that the token was issued to, for whom the token speaks. Whether the token may be used here is {@link audienceFault}. */
export async function callerOf(deps: CallerDeps, request: Inbound, connection: string, now: number): Promise<Result<Caller, CallerFault>> {
  const judge = (jwt: string): Promise<Result<Judged, string>> => judged(deps, request, jwt, { connection, now });
  const read = await provedToken({ judge, holding: deps.holding }, request, now);
  if (!read.ok) return fail(faultOf(deps, read.error, connection, now));
  const { token, ahead } = read.value;
  if (token.userId !== undefined && token.scopes.length === 0)
    return fail({ ...fault('identity_alone', 'The token says who somebody is and carries no scope.', 'insufficient_scope'), status: 403 });
  const caller = await behind(deps, request, token, now);
  return caller.ok ? ok({ ...caller.value, ahead }) : caller;
}

type Judged = Pick<AccessToken, 'claims'> & { token: AccessToken; ahead: Ahead | undefined };

/** The look for the credential is on its way before it is known that the token stands. */
async function judged(
  deps: CallerDeps,
  request: Inbound,
  jwt: string,
  { connection, now }: { connection: string; now: number },
): Promise<Result<Judged, string>> {
  const read = deps.verified(jwt, now);
  if (!read.ok) return fail(`token_${read.error}`);
  const token = read.value;
  const ahead = aheadOf(deps, request, token, connection);
  if (!(await deps.tokens.standing(token, now)).alive) return fail('token_not_alive');
  return ok({ token, ahead, claims: token.claims });
}

function faultOf({ issuer, proofs }: CallerDeps, why: BearerFault, connection: string, now: number): CallerFault {
  switch (why.kind) {
    case 'none':
      return fault('no_credentials', 'An access token is needed.', undefined, metadataUri(issuer, connection));
    case 'malformed':
      return { ...fault(why.reason, 'The Authorization header is not Bearer or DPoP and a token.', 'invalid_request'), status: 400 };
    case 'bad':
      return fault(why.reason, NOT_GOOD, 'invalid_token');
    case 'holder':
      return { status: 401, reason: why.reason, ...holderChallenge(why.fault, proofs.nonce(now)) };
  }
}

function aheadOf(deps: CallerDeps, request: Inbound, { userId, tenantId, agentId }: AccessToken, connection: string): Ahead | undefined {
  const label = request.header('writ-account');
  if (agentId === undefined || (label !== undefined && !isLabel(label))) return undefined;
  return deps.ahead(connection, { user: userId, tenant: tenantId, agent: agentId, label });
}

/**
 * The token is for the proxy of this connection, or it is bound to a key that the call proves: any other one may have been sent to a server, which could
 * bring it here and use what policy gives to that client (README.md). What is not there is told in the same words whatever the token is for.
 */
export function audienceFault(
  { issuer, has }: CallerDeps,
  { boundTo, audience, tenantId }: AccessToken,
  connection: string,
): CallerFault | undefined {
  const address = proxyUri(issuer, connection);
  if (boundTo !== undefined || audience === address || !has(connection, tenantId)) return undefined;
  const sentence = `The token is for another resource than ${address}.`;
  return fault('token_of_another_audience', sentence, 'invalid_token', metadataUri(issuer, connection));
}

const NOT_GOOD = 'The token is expired, revoked or not of this hub.';

async function behind(
  deps: CallerDeps,
  request: Inbound,
  token: AccessToken,
  now: number,
): Promise<Result<Omit<Caller, 'ahead'>, CallerFault>> {
  const { clientId, userId, tenantId, agentId } = token;
  const client = await deps.client(clientId);
  const user = userId === undefined ? undefined : await deps.user(userId);
  const tenant = tenantId === undefined ? undefined : await deps.tenant(tenantId);
  // Memory may be a moment behind the primary, which said that all of them stand; both must.
  const gone =
    client === undefined ||
    agentId === undefined ||
    (userId !== undefined && user === undefined) ||
    (tenantId !== undefined && tenant === undefined);
  if (gone) return fail(fault('token_not_alive', NOT_GOOD, 'invalid_token'));
  const { acr, amr } = token.claims;
  const login = typeof acr === 'string' && Array.isArray(amr) ? { acr, amr: amr.filter((one) => typeof one === 'string') } : undefined;
  return ok({
    token,
    ask: {
      way: 'proxy',
      scopes: undefined,
      force: false,
      client,
      agent: { id: agentId, state: 'active' },
      user,
      tenant,
      login: userId === undefined ? undefined : login,
      jwtClaims: token.claims,
      actors: token.actors.length > 0 ? token.actors : [{ sub: clientId, agent: agentId }],
      parent: { jti: token.jti, audience: token.audience, client: clientId },
      keyProved: token.boundTo !== undefined,
      txn: token.txn ?? newId('txn', now),
      origin: originOf(request),
      ip: request.ip,
      now,
    },
  });
}

/** RFC 6750 §3: no error word for whoever sent nothing. */
function fault(
  reason: string,
  description: string,
  error: 'invalid_request' | 'invalid_token' | 'insufficient_scope' | undefined,
  metadata?: string,
): CallerFault {
  const where = metadata === undefined ? '' : `, resource_metadata="${metadata}"`;
  const words = `${error === undefined ? '' : `, error="${error}", error_description="${description}"`}${where}`;
  return {
    status: 401,
    error: error ?? 'invalid_request',
    reason,
    description,
    headers: { 'www-authenticate': `Bearer realm="writ"${words}` },
  };
}
