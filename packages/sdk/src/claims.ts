import type { Actor, Caller, ChainLink, Reason } from './caller.ts';
import type { Settings } from './config.ts';
import type { JsonObject } from './json.ts';
import { isObject } from './json.ts';
import type { Traced } from './revocations.ts';

/** Longer chains are refused: the hub bounds delegation far below this, so more can only be an attack on the reader. */
const MAX_ACTORS = 16;
const MAX_LINEAGE = 64;

type Expectation = Pick<Settings, 'issuer' | 'resource' | 'leeway' | 'maxTokenLifetime'>;
type Read = { readonly ok: true; readonly caller: Caller } | { readonly ok: false; readonly reason: Reason };

const refuse = (reason: Reason): Read => ({ ok: false, reason });

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || isText(value);
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/**
 * A list of audiences is refused even if ours is among them: a token for several resources could be replayed by any of them
 * at the others. No prefix and no slash is forgiven (CVE-2024-5798, CVE-2020-26160).
 */
function isAudience(value: unknown, resource: string): boolean {
  return value === resource || (Array.isArray(value) && value.length === 1 && value[0] === resource);
}

function readActors(act: unknown): readonly Actor[] | undefined {
  const actors: Actor[] = [];
  for (let link = act; link !== undefined;) {
    if (!isObject(link) || !isText(link['sub']) || !isOptionalText(link['agent']) || actors.length === MAX_ACTORS) return undefined;
    actors.push({ subject: link['sub'], agent: link['agent'] });
    link = link['act'];
  }
  return actors;
}

function readLineage(lineage: unknown): readonly string[] | undefined {
  if (lineage === undefined) return [];
  return Array.isArray(lineage) && lineage.length <= MAX_LINEAGE && lineage.every(isText) ? lineage : undefined;
}

type Parties = { sub: string; clientId: string; agent: string | undefined; isLoggedIn: boolean };

/** A token without `act` was issued to its client; with it, the outermost actor is that client, and the innermost the one that started. */
function chainOf({ sub, clientId, agent, isLoggedIn }: Parties, actors: readonly Actor[]): readonly ChainLink[] {
  const clients = actors.length === 0 ? [{ subject: clientId, agent }] : actors.toReversed();
  const links = clients.map((one): ChainLink => ({ kind: 'client', id: one.subject, agent: one.agent }));
  // Ids of users and clients are chosen apart and may be alike; only a user has logged in.
  return sub === links[0]?.id && !isLoggedIn ? links : [{ kind: 'user', id: sub, agent: undefined }, ...links];
}

/** RFC 9449 §6.1. A token that is bound in another way (RFC 8705) cannot be judged here, and whoever shows it may have stolen it: false. */
function readConfirmation(cnf: unknown): string | undefined | false {
  if (cnf === undefined) return undefined;
  return isObject(cnf) && isText(cnf['jkt']) && Object.keys(cnf).length === 1 ? cnf['jkt'] : false;
}

function refuseTimes(claims: JsonObject, iat: number, exp: number, expected: Expectation, now: number): Reason | undefined {
  const { nbf } = claims;
  const seconds = now / 1000;
  if (nbf !== undefined && !isTime(nbf)) return 'claims';
  if (exp <= seconds - expected.leeway) return 'expired';
  if (iat > seconds + expected.leeway || (nbf !== undefined && nbf > seconds + expected.leeway)) return 'not_yet_valid';
  if (exp - iat > expected.maxTokenLifetime) return 'lifetime';
  return undefined;
}

/**
 * Judges the claims of a token whose signature is good (RFC 9068 §4, RFC 7519 §4.1). Pure.
 * @param now milliseconds since the epoch
 */
export function readClaims(claims: JsonObject, expected: Expectation, now: number): Read {
  const { sub, client_id: clientId, jti, iat, exp, agent, tenant, scope, grant_id: grantId, txn, acr, auth_time: authTime } = claims;
  // A list of issuers must not match (CVE-2025-30144), so the comparison is by identity, never by membership.
  if (claims['iss'] !== expected.issuer) return refuse('issuer');
  if (!isAudience(claims['aud'], expected.resource)) return refuse('audience');
  if (!isText(sub) || !isText(clientId) || !isText(jti) || !isTime(iat) || !isTime(exp)) return refuse('claims');
  if (!isOptionalText(agent) || !isOptionalText(tenant) || !isOptionalText(grantId) || !isOptionalText(txn)) return refuse('claims');
  if (!isOptionalText(acr) || (authTime !== undefined && !isTime(authTime))) return refuse('claims');
  if (scope !== undefined && typeof scope !== 'string') return refuse('claims');
  const untimely = refuseTimes(claims, iat, exp, expected, now);
  if (untimely !== undefined) return refuse(untimely);
  const jkt = readConfirmation(claims['cnf']);
  if (jkt === false) return refuse('proof_of_possession');
  const actors = readActors(claims['act']);
  const lineage = readLineage(claims['lineage']);
  if (actors === undefined || lineage === undefined) return refuse('claims');
  const chain = chainOf({ sub, clientId, agent, isLoggedIn: authTime !== undefined }, actors);
  const scopes = new Set((scope ?? '').split(' ').filter((name) => name !== ''));
  return {
    ok: true,
    caller: {
      subject: sub,
      clientId,
      agent,
      tenant,
      scopes,
      actors,
      chain,
      lineage,
      grantId,
      txn,
      jti,
      issuedAt: iat,
      expiresAt: exp,
      acr,
      authTime,
      jkt,
      claims,
    },
  };
}

/** What signals can name, of a token whose claims are believed; undefined when they are not those of an access token. */
export function traceOf(claims: JsonObject): Traced | undefined {
  const { sub, client_id: clientId, jti, iat, agent, tenant, grant_id: grantId } = claims;
  const [actors, lineage] = [readActors(claims['act']), readLineage(claims['lineage'])];
  if (!isText(sub) || !isText(clientId) || !isText(jti) || !isTime(iat) || actors === undefined || lineage === undefined) return undefined;
  if (!isOptionalText(agent) || !isOptionalText(tenant) || !isOptionalText(grantId)) return undefined;
  return { subject: sub, clientId, jti, issuedAt: iat, agent, tenant, grantId, actors, lineage };
}
