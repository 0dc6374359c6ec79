import { isObject } from '../../base/json.ts';
import type { Issuer, Obstacle, Purpose } from './issuer.ts';
import { claimObstacle, shown } from './patterns.ts';

type Claims = Readonly<Record<string, unknown>>;

/** `typ` of an identity assertion grant (ID-JAG §3). */
export const ID_JAG_TYP = 'oauth-id-jag+jwt';

/** RFC 7523bis and what platforms write. An access token (`at+jwt`) is no assertion (RFC 8725 §3.11). */
const TYPES: Readonly<Record<Purpose, ReadonlySet<string>>> = {
  client_assertion: new Set(['jwt', 'jose', 'client-authentication+jwt']),
  jwt_bearer: new Set(['jwt', 'jose', 'authorization-grant+jwt']),
  id_jag: new Set([ID_JAG_TYP]),
};

/** No table keeps a NUL, and nobody means the others. */
const CONTROL = /\p{Cc}/u;

/** Clocks of two machines may differ this much (ms). */
const SKEW = 60_000;

const obstacle = (reason: string, sentence: string): Obstacle => ({ reason, sentence });

/** The header is the sender's word: it may choose among what the issuer is trusted for, and ask for nothing more (RFC 8725 §3.1, §3.10, §3.11). */
export function headerObstacle(issuer: Issuer, purpose: Purpose, header: Claims): Obstacle | undefined {
  const { alg, typ } = header;
  if ('crit' in header || 'b64' in header || 'zip' in header || 'enc' in header)
    return obstacle('assertion_critical_header', 'The header asks for crit, b64, zip or enc, which no assertion needs.');
  if (typeof alg !== 'string' || !issuer.algorithms.includes(alg))
    return obstacle('assertion_algorithm', `It is signed with ${shown(alg)}; this issuer is trusted for ${issuer.algorithms.join(', ')}.`);
  const named = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : typ;
  const right = named === undefined ? purpose !== 'id_jag' : typeof named === 'string' && TYPES[purpose].has(named);
  return right ? undefined : obstacle('assertion_type', `Its typ is ${shown(typ)}, which is no ${WORDS[purpose]}.`);
}

export const WORDS: Readonly<Record<Purpose, string>> = {
  client_assertion: 'client assertion',
  jwt_bearer: 'assertion for the jwt-bearer grant',
  id_jag: 'identity assertion grant (ID-JAG)',
};

export type Here = {
  /** Our issuer. */
  issuer: string;
  now: number;
};

/** RFC 7523 §3: for us, of this moment, about somebody; and whatever the trust asks beyond. The signature was good. */
export function judgeAssertion(issuer: Issuer, purpose: Purpose, claims: Claims, here: Here): Obstacle | undefined {
  const { iss, sub } = claims;
  const domain = trustDomainOf(issuer);
  if (domain === undefined && iss !== issuer.issuer)
    return obstacle('assertion_issuer', `iss is ${shown(iss)}, not ${shown(issuer.issuer)}.`);
  return (
    audienceObstacle(issuer, purpose, claims['aud'], here) ??
    timeObstacle(issuer, purpose, claims, here.now) ??
    subjectObstacle(sub, domain) ??
    tenantObstacle(issuer, claims) ??
    claimObstacle(issuer.claims, claims)
  );
}

/** The trust domain of a SPIFFE issuer: its tokens are known by their subject, for `iss` is optional there (SPIFFE JWT-SVID §3). */
export function trustDomainOf({ issuer }: Pick<Issuer, 'issuer'>): string | undefined {
  return issuer.startsWith('spiffe://') ? issuer : undefined;
}

/** The audiences that mean us. Of an ID-JAG the issuer alone (ID-JAG §3: `aud` is the issuer of the authorization server). */
export function audiencesOf(issuer: Issuer, purpose: Purpose, here: Pick<Here, 'issuer'>): readonly string[] {
  if (purpose === 'id_jag') return [here.issuer, `${here.issuer}/`];
  return issuer.audiences ?? [here.issuer, `${here.issuer}/`, `${here.issuer}/oauth/token`];
}

/** Every audience must mean us: a token that is also for somebody else could be brought here by them. */
function audienceObstacle(issuer: Issuer, purpose: Purpose, aud: unknown, here: Here): Obstacle | undefined {
  const expected = audiencesOf(issuer, purpose, here);
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud];
  if (named.length > 0 && named.every((one) => typeof one === 'string' && expected.includes(one))) return undefined;
  return obstacle('assertion_audience', `aud is ${shown(aud)}; it has to be ${expected.map(shown).join(' or ')}, and nothing else beside.`);
}

function timeObstacle(issuer: Issuer, purpose: Purpose, { exp, nbf, iat }: Claims, now: number): Obstacle | undefined {
  if (!isTime(exp)) return obstacle('assertion_without_expiry', 'exp is missing or no time.');
  if (exp * 1000 + SKEW <= now) return obstacle('assertion_expired', `It expired at ${timeOf(exp)}.`);
  const from = isTime(iat) ? iat * 1000 : now;
  if (exp * 1000 > Math.min(from, now) + issuer.maxLifetime * 1000 + SKEW)
    return obstacle('assertion_lives_too_long', `It lives until ${timeOf(exp)}, longer than ${issuer.maxLifetime} s.`);
  if (nbf !== undefined && (!isTime(nbf) || nbf * 1000 > now + SKEW))
    return obstacle('assertion_not_yet_valid', 'nbf lies in the future or is no time.');
  if (iat === undefined) return purpose === 'id_jag' ? obstacle('assertion_without_issue_time', 'iat is missing.') : undefined;
  if (!isTime(iat) || iat * 1000 > now + SKEW) return obstacle('assertion_from_the_future', 'iat lies in the future or is no time.');
  if (iat * 1000 + issuer.maxAge * 1000 + SKEW <= now)
    return obstacle('assertion_too_old', `It was issued at ${timeOf(iat)}, more than ${issuer.maxAge} s ago.`);
  return undefined;
}

function subjectObstacle(sub: unknown, domain: string | undefined): Obstacle | undefined {
  if (typeof sub !== 'string' || sub === '' || sub.length > 512 || CONTROL.test(sub) || !sub.isWellFormed())
    return obstacle('assertion_subject', 'sub is missing, longer than 512 characters or holds control characters.');
  if (domain !== undefined && !sub.startsWith(`${domain}/`))
    return obstacle('assertion_subject', `sub is ${shown(sub)}, which is not of the trust domain ${domain}.`);
  return undefined;
}

/** `aud_tenant` names the tenant at our side (ID-JAG §3): one that is not the issuer's would be somebody else's door. */
function tenantObstacle({ tenant }: Issuer, claims: Claims): Obstacle | undefined {
  const named = claims['aud_tenant'];
  if (named === undefined || named === tenant) return undefined;
  return obstacle(
    'assertion_tenant',
    `aud_tenant is ${shown(named)}; this issuer speaks for ${tenant === undefined ? 'no tenant' : shown(tenant)}.`,
  );
}

/** What is remembered of an assertion so that it is good once: its jti, if it has one that can be kept. */
export function jtiOf(claims: Claims): string | undefined {
  const { jti } = claims;
  return typeof jti === 'string' && jti !== '' && jti.length <= 256 && !CONTROL.test(jti) && jti.isWellFormed() ? jti : undefined;
}

export function expiryOf(claims: Claims): number {
  return isTime(claims['exp']) ? claims['exp'] * 1000 + SKEW : 0;
}

/** `iss` and `sub` as they stand there, before anything is believed. */
export function namesIn(claims: unknown): { iss: string | undefined; sub: string | undefined } {
  const { iss, sub } = isObject(claims) ? claims : { iss: undefined, sub: undefined };
  return { iss: typeof iss === 'string' ? iss : undefined, sub: typeof sub === 'string' ? sub : undefined };
}

/** Seconds since the epoch, as claims have them (RFC 7519 §2, NumericDate), and within what a date can hold. */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 && value < 1e11;
}

const timeOf = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
