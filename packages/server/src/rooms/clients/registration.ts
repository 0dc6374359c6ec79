import type { RegistrationErrorCode } from '@writ/protocol';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Client } from './client.ts';
import { protectionsOf } from './protections.ts';
import { membersOf, readMetadata, type Described } from './metadata.ts';
import type { MetadataRules } from './rules.ts';

/** Why a registration request is refused (RFC 7591 §3.2.2, RFC 7592 §2, RFC 6750 §3.1). `reason` is for the audit entry. */
export type RegistrationFault = {
  status: 400 | 401 | 429 | 503;
  error: RegistrationErrorCode;
  description: string;
  reason: string;
  /** Seconds. */
  retryAfter?: number;
};

export const noAccess = (reason: string): RegistrationFault => ({
  status: 401,
  error: 'invalid_token',
  description: 'A valid access token for this registration is needed.',
  reason,
});

export const tooMany = (reason: string, retryAfter: number): RegistrationFault => ({
  status: 429,
  error: 'temporarily_unavailable',
  description: 'Too many registrations from this address. Use the registration you have.',
  reason,
  retryAfter,
});

export const badMetadata = (description: string): RegistrationFault => ({
  status: 400,
  error: 'invalid_client_metadata',
  description,
  reason: description,
});

/**
 * The token of an Authorization header: `none` when there is no header, undefined when it is not exactly `Bearer` and one token. Anything
 * malformed is refused rather than taken for absent.
 */
export function readBearer(authorization: string | undefined): { kind: 'none' } | { kind: 'token'; token: string } | undefined {
  if (authorization === undefined) return { kind: 'none' };
  const token = /^bearer ([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization)?.[1];
  return token === undefined || token.length > 1_024 ? undefined : { kind: 'token', token };
}

/** Reads the body of a registration. */
export function readRegistration(body: unknown, rules: MetadataRules): Result<Described, RegistrationFault> {
  const members = membersOf(body);
  const read = members.ok ? readMetadata(members.value, rules) : members;
  return read.ok ? ok(read.value) : fail({ status: 400, ...read.error, reason: read.error.description });
}

/**
 * Judges an update (RFC 7592 §2.2): everything is replaced, what is left out falls back to its default. Id and secret are not the client's
 * to choose, and how it proves itself stays as it registered: a leaked registration token must not turn a secret off.
 */
export function readUpdate(
  body: unknown,
  client: Client,
  presentedSecretIsOurs: (secret: string) => boolean,
  rules: MetadataRules,
): Result<Described, RegistrationFault> {
  const members = membersOf(body);
  if (!members.ok) return fail(badMetadata(members.error.description));
  const { client_id: id, client_secret: secret } = members.value;
  if (id !== client.id) return fail(badMetadata('client_id is the one that was registered'));
  if (secret !== undefined && (typeof secret !== 'string' || !presentedSecretIsOurs(secret)))
    return fail(badMetadata('client_secret is the one that was issued'));
  const method = { token_endpoint_auth_method: client.authMethod };
  const read = readRegistration({ ...method, ...members.value }, rules);
  if (!read.ok || read.value.authMethod === client.authMethod) return read;
  return fail(badMetadata('token_endpoint_auth_method cannot be changed; register anew'));
}

/** What a registered client said of itself. */
export function describedOf(client: Client): Described {
  const { name, redirectUris, grants, authMethod, jwks, jwksUri, metadata } = client;
  return {
    name,
    redirectUris,
    grants,
    authMethod,
    alsoPublic: client.settings.alsoPublic === true,
    ...(jwks === undefined ? {} : { jwks }),
    ...(jwksUri === undefined ? {} : { jwksUri }),
    metadata,
    protections: protectionsOf(client.settings),
  };
}
