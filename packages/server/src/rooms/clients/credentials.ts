import { CLIENT_ASSERTION_TYPES, type TokenErrorCode } from '@writ/protocol';
import { fail, ok, type Result } from '../../base/result.ts';
import { decodeBase64 } from '../issuers/base64.ts';

/** What of a form this room reads. */
export type CredentialForm = { get(name: string): string | undefined };

/** How a client presented itself. Basic may be read in two ways (see `readBasic`), so it may name two candidates. */
export type Presented =
  | { kind: 'none'; clientId: string }
  | { kind: 'secret'; via: 'client_secret_basic' | 'client_secret_post'; candidates: readonly { clientId: string; secret: string }[] }
  | { kind: 'assertion'; format: AssertionFormat; assertion: string; clientId: string | undefined };

/** A JWT of the client's own or of its platform, a SPIFFE JWT-SVID under its own name, a request signed for AWS STS. */
export type AssertionFormat = keyof typeof CLIENT_ASSERTION_TYPES;

/** Why authentication failed. `reason` is for the audit entry; the caller hears `error` alone. `challenge`: send WWW-Authenticate. */
export type AuthenticationFault = {
  status: 400 | 401;
  error: Extract<TokenErrorCode, 'invalid_client' | 'invalid_request'>;
  reason: string;
  clientId?: string;
  /** In words, for the entry: what a trust rule or an issuer did not like. Holds no token. */
  detail?: string;
  challenge: boolean;
};

/** An assertion that was to be both grant and authentication, and is neither. */
export type GrantFault = Omit<AuthenticationFault, 'error'> & { error: 'invalid_grant' };

export const refused = (reason: string, clientId?: string): AuthenticationFault => ({
  status: 401,
  error: 'invalid_client',
  reason,
  ...(clientId === undefined ? {} : { clientId: clientId.slice(0, 512) }),
  challenge: true,
});

const malformed = (reason: string): AuthenticationFault => ({ status: 400, error: 'invalid_request', reason, challenge: false });

const MAX_SECRET = 1_024;
const MAX_ASSERTION = 8_192;
const FORMATS: ReadonlyMap<string, AssertionFormat> = new Map([
  [CLIENT_ASSERTION_TYPES.jwt, 'jwt'],
  [CLIENT_ASSERTION_TYPES.spiffe, 'spiffe'],
  [CLIENT_ASSERTION_TYPES.aws_sts, 'aws_sts'],
]);

/** Whether a request shows no credentials at all, not even a name. */
export function showsNone(form: CredentialForm, authorization: string | undefined): boolean {
  return authorization === undefined && PARAMETERS.every((name) => given(form, name) === undefined);
}

const PARAMETERS = ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type'];

/** Reads the credentials of a request, one method only (RFC 6749 §2.3), without asking whether they are right. */
export function readCredentials(form: CredentialForm, authorization: string | undefined): Result<Presented, AuthenticationFault> {
  const clientId = given(form, 'client_id');
  const secret = given(form, 'client_secret');
  const assertion = given(form, 'client_assertion');
  const methods = [authorization, secret, assertion].filter((one) => one !== undefined);
  if (methods.length > 1) return fail(malformed('two_methods'));
  if (authorization !== undefined) return fromBasic(authorization, clientId);
  if (assertion !== undefined) return fromAssertion(form, assertion, clientId);
  if (given(form, 'client_assertion_type') !== undefined) return fail(malformed('assertion_missing'));
  if (clientId === undefined) return fail(secret === undefined ? refused('no_client') : malformed('secret_without_client'));
  if (secret === undefined) return ok({ kind: 'none', clientId });
  if (secret.length > MAX_SECRET) return fail(refused('secret_too_long', clientId));
  return ok({ kind: 'secret', via: 'client_secret_post', candidates: [{ clientId, secret }] });
}

/** A parameter without a value counts as left out (RFC 6749 §3.2): public clients send `client_secret=`. */
function given(form: CredentialForm, name: string): string | undefined {
  const value = form.get(name);
  return value === '' ? undefined : value;
}

function fromBasic(authorization: string, clientId: string | undefined): Result<Presented, AuthenticationFault> {
  const read = readBasic(authorization);
  if (read === undefined) return fail(refused('malformed_basic'));
  const candidates = clientId === undefined ? read : read.filter((one) => one.clientId === clientId);
  if (candidates.length === 0) return fail(malformed('client_id_mismatch'));
  return ok({ kind: 'secret', via: 'client_secret_basic', candidates });
}

function fromAssertion(form: CredentialForm, assertion: string, clientId: string | undefined): Result<Presented, AuthenticationFault> {
  const type = given(form, 'client_assertion_type');
  if (type === undefined) return fail(malformed('assertion_type_missing'));
  const format = FORMATS.get(type);
  if (format === undefined) return fail(refused('assertion_type_unknown', clientId));
  if (assertion.length > MAX_ASSERTION) return fail(refused('assertion_too_long', clientId));
  return ok({ kind: 'assertion', format, assertion, clientId });
}

/**
 * User and password of a Basic header (RFC 7617), each way that clients write them: RFC 6749 §2.3.1 has both percent-encoded first, the MCP
 * TypeScript SDK sends them as they are. Both readings are tried, the raw one first; they differ only for characters that our own secrets
 * never contain. Undefined when the header is nothing of the kind.
 */
export function readBasic(authorization: string): readonly { clientId: string; secret: string }[] | undefined {
  const encoded = /^basic +([A-Za-z0-9+/_-]+={0,2}) *$/i.exec(authorization)?.[1];
  const bytes = encoded === undefined || encoded.length > 2 * MAX_SECRET + 1_024 ? undefined : decodeBase64(encoded);
  const text = bytes === undefined ? undefined : utf8(bytes);
  const colon = text?.indexOf(':') ?? -1;
  // NUL and other controls have no place in it (RFC 7617 §2), and Postgres would not take them.
  // oxlint-disable-next-line no-control-regex -- reason: control characters are what is looked for
  if (text === undefined || colon < 1 || /[\u0000-\u001f\u007f]/.test(text)) return undefined;
  const raw = { clientId: text.slice(0, colon), secret: text.slice(colon + 1) };
  if (raw.secret === '' || raw.secret.length > MAX_SECRET) return undefined;
  const decoded = { clientId: formDecode(raw.clientId), secret: formDecode(raw.secret) };
  if (decoded.clientId === undefined || decoded.secret === undefined) return [raw];
  const same = decoded.clientId === raw.clientId && decoded.secret === raw.secret;
  return same ? [raw] : [raw, { clientId: decoded.clientId, secret: decoded.secret }];
}

/** One for all: making it costs more than decoding with it, and without `stream` it remembers nothing. */
const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return STRICT_UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

function formDecode(text: string): string | undefined {
  if (!/[%+]/.test(text)) return text;
  try {
    const decoded = decodeURIComponent(text.replaceAll('+', ' '));
    return decoded.includes('\u0000') ? undefined : decoded;
  } catch {
    return undefined;
  }
}
