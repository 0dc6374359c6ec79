import { createHmac } from 'node:crypto';
import { sameDigest } from '../../base/digest.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { claimAt } from '../issuers/patterns.ts';
import type { Obstacle } from '../issuers/issuer.ts';
import { ASSERTION_ALGORITHMS, type PublicJwks } from '../issuers/jwks.ts';
import type { RemoteKeys } from '../issuers/remote-keys.store.ts';
import { candidateKeys, isSignedBy, knowsKid, readJws, type UnverifiedJws } from '../issuers/signature.store.ts';
import { claimsFault, headerFault, type Expected } from './judge.ts';
import type { Metadata } from './metadata.ts';
import type { ExternalPage, OidcProvider } from './provider.ts';
import type { Upstream } from './upstream.store.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** With the groups of a large organisation. */
const MAX_ID_TOKEN = 32_768;
/** An id_token is read once, at once. */
const LONGEST_S = 600;
/** What an external page signs is read once, at once. */
const PAGE_LONGEST_S = 300;

type Here = Pick<Expected, 'audience' | 'nonce' | 'now' | 'maxAge' | 'since'>;

/**
 * The claims of an id_token that is the provider's, for us, of this sign-in. The signature is verified although the token came by TLS from the
 * token endpoint (OIDC Core §3.1.3.7 point 6 would let it be): one check more between a fault in front of us and somebody's account.
 */
export async function readIdToken(
  upstream: Upstream,
  { provider, metadata, idToken }: { provider: OidcProvider; metadata: Metadata; idToken: string },
  here: Here,
): Promise<Result<Claims, Obstacle>> {
  const jws = readJws(idToken, MAX_ID_TOKEN);
  if (!jws.ok) return fail(MALFORMED);
  const header = headerFault(jws.value.header, provider.algorithms);
  if (header !== undefined) return fail(header);
  const signature = await signatureFault(upstream.keys, metadata.jwksUri, jws.value);
  if (signature !== undefined) return fail(signature);
  const fault = claimsFault(jws.value.claims, { ...here, issuer: provider.issuer, longest: LONGEST_S });
  return fault === undefined ? ok(jws.value.claims) : fail(fault);
}

/** Some providers keep address and name out of the id_token: they are asked for where they are missing, and believed of the same subject only. */
export async function withUserinfo(
  upstream: Upstream,
  of: { provider: OidcProvider; metadata: Metadata; accessToken: string | undefined; claims: Claims },
): Promise<Result<Claims, Obstacle>> {
  const { provider, metadata, accessToken, claims } = of;
  const { email, name, attributes, roles } = provider.users;
  const wanted = [email, name, ...Object.values(attributes), ...roles.map(({ claim }) => claim)];
  const isMissing = wanted.some((claim) => claimAt(claims, claim) === undefined);
  if (!isMissing || accessToken === undefined || metadata.userinfoEndpoint === undefined) return ok(claims);
  const more = await upstream.userinfo(metadata.userinfoEndpoint, accessToken);
  if (more === undefined) return ok(claims);
  // OIDC Core §5.3.2: of anybody else it must not be used.
  if (more['sub'] !== claims['sub']) return fail({ reason: 'userinfo_subject', sentence: 'userinfo speaks of somebody else.' });
  return ok({ ...more, ...claims });
}

/** The answer of an external page: signed by its key, or with the secret that it shares with us, and never by what it could choose between. */
export async function readPageAnswer(
  keys: RemoteKeys,
  { page, response, secret }: { page: ExternalPage; response: string; secret: string | undefined },
  here: Here,
): Promise<Result<Claims, Obstacle>> {
  const jws = readJws(response);
  if (!jws.ok) return fail(MALFORMED);
  const asymmetric = page.jwks !== undefined || page.jwksUri !== undefined;
  const header = headerFault(jws.value.header, asymmetric ? ASSERTION_ALGORITHMS : ['HS256']);
  if (header !== undefined) return fail(header);
  const signature = asymmetric ? await signatureFault(keys, page.jwks ?? page.jwksUri ?? '', jws.value) : macFault(jws.value, secret);
  if (signature !== undefined) return fail(signature);
  const fault = claimsFault(jws.value.claims, { ...here, issuer: page.issuer, longest: PAGE_LONGEST_S });
  return fault === undefined ? ok(jws.value.claims) : fail(fault);
}

const MALFORMED: Obstacle = { reason: 'id_token_malformed', sentence: 'It is no signed JWT: three parts in base64url, no name twice.' };
const UNSIGNED: Obstacle = { reason: 'id_token_signature', sentence: 'No key of the provider made this signature.' };

function macFault({ signed, signature }: UnverifiedJws, secret: string | undefined): Obstacle | undefined {
  if (secret === undefined) return UNSIGNED;
  return sameDigest(createHmac('sha256', secret).update(signed).digest('base64url'), signature) ? undefined : UNSIGNED;
}

/** Keys at the address that the provider's own document names, or that were written down: `jwk`, `jku` and `x5u` of a header are never followed. */
async function signatureFault(keys: RemoteKeys, where: PublicJwks | string, jws: UnverifiedJws): Promise<Obstacle | undefined> {
  const { alg, kid } = jws.header;
  const header = { alg: String(alg), kid: typeof kid === 'string' ? kid : undefined };
  const first = typeof where === 'string' ? await keys.find(where) : ok(where);
  if (!first.ok) return { reason: 'keys_unavailable', sentence: 'The keys of the provider could not be had.' };
  if (isSignedBy(candidateKeys(first.value, header), jws, header.alg)) return undefined;
  if (typeof where !== 'string' || knowsKid(first.value, kid)) return UNSIGNED;
  // The provider may have rotated its keys since we last looked.
  const again = await keys.find(where, { missing: true });
  return again.ok && isSignedBy(candidateKeys(again.value, header), jws, header.alg) ? undefined : UNSIGNED;
}
