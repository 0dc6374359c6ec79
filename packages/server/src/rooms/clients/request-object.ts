import { isObject } from '../../base/json.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { isTime } from '../issuers/judge.ts';
import { ASSERTION_ALGORITHMS } from '../issuers/jwks.ts';
import type { Client } from './client.ts';

/** A signed request that was opened: its parameters as they would stand in a URL, and the id that makes it good once, if it has one. */
export type OpenedRequest = {
  parameters: Record<string, string[]>;
  once: { jti: string; expiresAt: number } | undefined;
};

const SKEW = 60_000;
/** A request is signed when it is made; one that is good for longer is one that can be kept and sent again. */
const MAX_LIFE = 3_600_000;
const TYPES = new Set(['jwt', 'oauth-authz-req+jwt', 'application/jwt', 'application/oauth-authz-req+jwt']);
/** About the JWT, and no parameters. */
const REGISTERED = new Set(['iss', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sub']);

/** RFC 9101 §5.1, §10.2: a signature in one of our algorithms, in the client's own where it named one. */
export function readRequestHeader(
  { alg, kid, typ, ...rest }: Readonly<Record<string, unknown>>,
  client: Pick<Client, 'settings'>,
): Result<{ alg: string; kid?: string }, string> {
  if (typeof alg !== 'string' || !ASSERTION_ALGORITHMS.includes(alg)) return fail('request_object_algorithm');
  const named = client.settings.requestObjectSigningAlg;
  if (named !== undefined && named !== alg) return fail('request_object_other_algorithm');
  if ('crit' in rest || 'b64' in rest) return fail('request_object_critical_header');
  if (typ !== undefined && (typeof typ !== 'string' || !TYPES.has(typ.toLowerCase()))) return fail('request_object_type');
  return ok({ alg, ...(typeof kid === 'string' ? { kid } : {}) });
}

/** Judges what a request whose signature was good says (RFC 9101 §4, §6.3). `requireId`: the hub takes none without `jti`. */
export function judgeRequest(
  claims: Readonly<Record<string, unknown>>,
  expected: { clientId: string; issuer: string; now: number; requireId: boolean },
): Result<OpenedRequest, string> {
  const { iss, aud, exp, nbf, jti, sub, client_id: clientId } = claims;
  if (iss !== expected.clientId || clientId !== expected.clientId) return fail('request_object_client');
  // §10.8: signed by the same key, it could be taken for a client assertion, or an assertion for a request.
  if (sub === expected.clientId) return fail('request_object_subject');
  const audience: unknown = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  if (audience !== expected.issuer) return fail('request_object_audience');
  if (!isTime(exp) || exp * 1000 + SKEW <= expected.now) return fail('request_object_expired');
  if (exp * 1000 > expected.now + MAX_LIFE + SKEW) return fail('request_object_lives_too_long');
  if (nbf !== undefined && (!isTime(nbf) || nbf * 1000 > expected.now + SKEW)) return fail('request_object_not_yet_valid');
  // §4: neither inside the other.
  if ('request' in claims || 'request_uri' in claims) return fail('request_object_nested');
  const isId = typeof jti === 'string' && jti !== '' && jti.length <= 256;
  if (jti === undefined ? expected.requireId : !isId) return fail('request_object_without_id');
  const parameters = parametersIn(claims);
  if (parameters === undefined) return fail('request_object_parameter');
  return ok({ parameters, once: typeof jti === 'string' ? { jti, expiresAt: exp * 1000 + SKEW } : undefined });
}

function parametersIn(claims: Readonly<Record<string, unknown>>): Record<string, string[]> | undefined {
  const parameters: [string, string[]][] = [];
  for (const [name, value] of Object.entries(claims)) {
    if (REGISTERED.has(name)) continue;
    const values = name === 'resource' && Array.isArray(value) ? value.map(asText) : [asText(value)];
    const texts = values.filter((one) => one !== undefined);
    if (texts.length < values.length) return undefined;
    parameters.push([name, texts]);
  }
  return Object.fromEntries(parameters);
}

/** §4: numbers as JSON numbers, structures (`authorization_details`, `claims`) as JSON. */
function asText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || Array.isArray(value) || isObject(value)) return JSON.stringify(value);
  return undefined;
}
