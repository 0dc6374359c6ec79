import { bearerIn, originOf, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import type { Db } from '../../base/db.ts';
import { digest, sameDigest } from '../../base/digest.ts';
import type { EventDraft } from '../../rooms/audit/event.ts';
import type { Client } from '../../rooms/clients/client.ts';
import { serves } from '../../rooms/clients/serves.ts';
import type { Resource } from '../../rooms/resources/resource.ts';
import type { AccessToken } from '../../rooms/tokens/access.ts';
import type { AccessTokens } from '../../rooms/tokens/alive.store.ts';
import { findFamily } from '../../rooms/tokens/family.store.ts';
import { judgePresented, splitRefreshToken, type Family } from '../../rooms/tokens/family.ts';
import { standing } from '../../rooms/tokens/standing.ts';
import { malformed, readTokenQuery, refusedEntry, type CallerDeps } from './caller.ts';
import { parseForm } from './form.ts';
import { introspected, type SignedAnswerDeps } from './introspect-jwt.ts';
import { invalidClient } from './wire.ts';

export type IntrospectDeps = CallerDeps &
  SignedAnswerDeps & {
    db: Db;
    tokens: AccessTokens;
    catalogue: { all(): readonly Pick<Resource, 'id' | 'uri'>[] };
    /** The id of the administrator whom this bearer token proves, for `writ inspect`; undefined: nobody. */
    administrator(bearer: string, now: number): Promise<string | undefined> | string | undefined;
  };

/** Who asks. Administrators see any token; a client its own, and those made for the resource that it stands for. */
type Asker = { kind: 'administrator'; id: string } | { kind: 'client'; client: Client };

/** `POST /oauth/introspect` (RFC 7662). Whoever may not know is told what anybody is told of garbage: inactive. */
export function introspectRoutes(deps: IntrospectDeps): Route[] {
  return [
    route({
      method: 'POST',
      path: '/oauth/introspect',
      access: 'client',
      audit: ['token.introspected'],
      summary: 'Is this token good, and what does it say',
      handle: (call) => introspect(deps, call),
    }),
  ];
}

async function introspect(deps: IntrospectDeps, call: Call): Promise<Reply> {
  const { request, now } = call;
  const bearer = bearerIn(request);
  if (bearer !== undefined) return forAdministrator(deps, call, bearer);
  const query = await readTokenQuery(deps, call, { type: 'token.introspected', secretOnly: true });
  if (!query.ok) return query.error;
  const { client, token } = query.value;
  const found = await find(deps, token, now);
  const asker: Asker = { kind: 'client', client };
  if (found === undefined) return introspected(deps, call, client.id, INACTIVE);
  if (maySee(deps, asker, found)) return introspected(deps, call, client.id, active(found));
  // A token in the wrong hands is worth knowing; a client's own look-ups are not written down, or each call to an API would be an entry.
  await deps.audit.record(refusedEntry('token.introspected', request, 'not_for_this_client', client.id, aboutOf(found)));
  return introspected(deps, call, client.id, INACTIVE);
}

/** Every use of an administrator's key is an event, also when it only looks. */
async function forAdministrator(deps: IntrospectDeps, call: Call, bearer: string): Promise<Reply> {
  const { request, now } = call;
  const id = await deps.administrator(bearer, now);
  if (id === undefined) {
    if (deps.mayRecord(request.ip, now)) await deps.audit.record(refusedEntry('token.introspected', request, 'bad_bearer', undefined));
    return invalidClient(request.requestId);
  }
  const form = parseForm(request);
  const token = form.ok ? form.value.get('token') : undefined;
  if (token === undefined) return malformed(request, 'The parameter token is missing.');
  const found = await find(deps, token, now);
  const about = found === undefined ? {} : aboutOf(found);
  await deps.audit.record({
    type: 'token.introspected',
    initiator: 'admin',
    actor: { client: id },
    outcome: 'success',
    origin: originOf(request),
    data: { active: found !== undefined },
    ...about,
  });
  return introspected(deps, call, id, found === undefined ? INACTIVE : active(found));
}

type Found = { kind: 'access'; token: AccessToken } | { kind: 'refresh'; family: Family };

async function find(deps: IntrospectDeps, token: string, now: number): Promise<Found | undefined> {
  const refresh = splitRefreshToken(token);
  if (refresh !== undefined) return findRefresh(deps, refresh, now);
  const read = await deps.tokens.read(token, { now });
  return read.ok ? { kind: 'access', token: read.value } : undefined;
}

/** Looking never counts as use: a token that was rotated away is inactive here, and its family goes on. */
async function findRefresh(
  deps: IntrospectDeps,
  { familyId, secret }: { familyId: string; secret: string },
  now: number,
): Promise<Found | undefined> {
  const family = await findFamily(deps.db, familyId);
  if (family === undefined || standing(family.states) !== undefined) return undefined;
  const judged = judgePresented(family, {
    digest: digest(secret),
    clientId: family.clientId,
    now,
    same: sameDigest,
    stepsToCurrent: () => undefined,
  });
  return judged.kind === 'current' || judged.kind === 'repeated' ? { kind: 'refresh', family } : undefined;
}

function maySee(deps: IntrospectDeps, asker: Asker, found: Found): boolean {
  if (asker.kind === 'administrator') return true;
  const { client } = asker;
  if (found.kind === 'refresh') return found.family.clientId === client.id;
  const { token } = found;
  if (token.clientId === client.id) return true;
  const resource = deps.catalogue.all().find(({ uri }) => uri === token.audience);
  if (resource === undefined || !serves(client, resource.id)) return false;
  // A server that is registered for some tenants hears of no other (attack 155).
  return client.tenants.length === 0 || token.tenantId === undefined || client.tenants.includes(token.tenantId);
}

const INACTIVE = { active: false };

/** RFC 7662 §2.2: what the token itself says; of a refresh token, what stands behind it. `ident` is between the hub and itself. */
function active(found: Found): Record<string, unknown> {
  if (found.kind === 'access') {
    const { ident: _, ...claims } = found.token.claims;
    // RFC 9449 §6.2: bound tokens say so, and `cnf` to which key.
    return { ...claims, active: true, token_type: claims['cnf'] === undefined ? 'Bearer' : 'DPoP' };
  }
  const {
    clientId,
    agentId,
    grantId,
    userId,
    tenantId,
    facts,
    idleExpiresAt,
    expiresAt,
    grantScopes,
    grantExpiresAt = expiresAt,
  } = found.family;
  return {
    active: true,
    client_id: clientId,
    sub: userId,
    scope: [...facts.scopes.filter((name) => grantScopes.includes(name)), ...facts.identityScopes].join(' '),
    exp: Math.floor(Math.min(idleExpiresAt, expiresAt, grantExpiresAt) / 1000),
    tenant: tenantId,
    agent: agentId,
    grant_id: grantId,
    txn: facts.txn,
    authorization_details: facts.authorizationDetails,
    cnf: facts.jkt === undefined ? undefined : { jkt: facts.jkt },
  };
}

function aboutOf(found: Found): Pick<EventDraft, 'tenant' | 'target' | 'txn'> {
  if (found.kind === 'access')
    return { tenant: found.token.tenantId, target: { type: 'token', id: found.token.jti }, txn: found.token.txn };
  return { tenant: found.family.tenantId, target: { type: 'family', id: found.family.id }, txn: found.family.facts.txn };
}
