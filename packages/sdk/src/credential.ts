import type { JsonObject } from './json.ts';
import { isObject } from './json.ts';

/** Which account of which connection, for what. */
export type CredentialWish = {
  /** Scopes of the service that the next call needs. Without them: what policy allows of what the account has. */
  readonly scopes?: readonly string[] | undefined;
  /** Which of several connected accounts, by its label. Without it: the newest. */
  readonly account?: string | undefined;
  /** The service has just refused the last one: let the hub renew it first. */
  readonly forceRefresh?: boolean | undefined;
  /** The approval that an earlier ask of the same waits for, once a person has given it. */
  readonly approvalId?: string | undefined;
};

/** How a credential goes along with a call of the service. */
export type CredentialUse =
  | { readonly kind: 'header'; readonly name: string; readonly value: string }
  | { readonly kind: 'query'; readonly name: string; readonly value: string }
  /** PEM, for the TLS connection. */
  | { readonly kind: 'certificate'; readonly certificate: string; readonly privateKey: string };

/** A secret of somebody else: use it for the call it was asked for, and keep it nowhere. */
export type Credential = {
  readonly connection: string;
  /** The secret whole: an access token, a key, `user:password` in base64, one PEM. */
  readonly value: string;
  readonly use: CredentialUse;
  /** Scopes of the service that it has. Empty for what is handed out whole. */
  readonly scope: readonly string[];
  /** Milliseconds since the epoch; undefined when nobody knows. */
  readonly expiresAt: number | undefined;
};

/** Somebody has to connect an account, or connect it again with more scopes. */
export type ConnectionRequired = {
  readonly kind: 'connectionRequired';
  readonly connection: string;
  /** For the person alone whose account it is, and works once. Absent where nobody can: ask an administrator. */
  readonly connectUrl: string | undefined;
  /** Scopes that are missing, where an account is there. */
  readonly missing: readonly string[];
  readonly description: string | undefined;
};

/** A person has to say yes first; the hub has asked them. The same ask again, with `approvalId`, tells what became of it. */
export type CredentialApproval = {
  readonly kind: 'approvalRequired';
  readonly connection: string;
  readonly approvalId: string;
  /** Seconds between two asks. */
  readonly interval: number;
  readonly description: string | undefined;
};

/** The hub said no. */
export type CredentialRefused = {
  readonly kind: 'refused';
  /** The word of the RFC, or `temporarily_unavailable` where the hub or the service cannot say now. */
  readonly error: string;
  readonly description: string | undefined;
  readonly status: number;
  readonly requestId: string | undefined;
  /** What `writ policy explain` takes, where a policy spoke. */
  readonly decisionId: string | undefined;
  /** Seconds after which the same request may succeed. */
  readonly retryAfter: number | undefined;
};

export type CredentialOutcome =
  | { readonly kind: 'credential'; readonly credential: Credential }
  | ConnectionRequired
  | CredentialApproval
  | CredentialRefused;

/** RFC 8693 §2.1, in the names of the wire. */
export function credentialForm(
  connection: string,
  subjectToken: string,
  { scopes = [], account, forceRefresh, approvalId }: CredentialWish,
): Readonly<Record<string, string>> {
  return {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    resource: `urn:writ:connection:${connection}`,
    subject_token: subjectToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    // The order of scopes means nothing (RFC 6749 §3.3).
    ...(scopes.length === 0 ? {} : { scope: [...new Set(scopes)].sort().join(' ') }),
    ...(account === undefined ? {} : { account }),
    ...(forceRefresh === true ? { force_refresh: 'true' } : {}),
    ...(approvalId === undefined ? {} : { approval_id: approvalId }),
  };
}

const text = (of: JsonObject, name: string): string | undefined => {
  const value = of[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};
const number = (of: JsonObject, name: string): number | undefined => {
  const value = of[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
};
const words = (line: string | undefined): string[] => (line ?? '').split(' ').filter((word) => word !== '');

const WAITING: ReadonlySet<string> = new Set(['interaction_required', 'authorization_pending', 'slow_down']);

/** Reads an answer of the token endpoint. `sentAt`: when it was asked, so that a lifetime is never thought longer than it is. Pure. */
export function readCredential(of: { status: number; answer: JsonObject; connection: string; sentAt: number }): CredentialOutcome {
  const { status, answer, connection, sentAt } = of;
  const credential = status === 200 ? credentialIn(answer, connection, sentAt) : undefined;
  if (credential !== undefined) return { kind: 'credential', credential };
  const description = text(answer, 'error_description');
  const error = text(answer, 'error') ?? 'server_error';
  if (error === 'connection_required')
    return {
      kind: 'connectionRequired',
      connection,
      connectUrl: text(answer, 'connect_url'),
      missing: words(text(answer, 'scope')),
      description,
    };
  const approvalId = WAITING.has(error) ? text(answer, 'approval_id') : undefined;
  if (approvalId !== undefined)
    return { kind: 'approvalRequired', connection, approvalId, interval: number(answer, 'interval') ?? 5, description };
  return {
    kind: 'refused',
    error,
    description,
    status,
    requestId: text(answer, 'request_id'),
    decisionId: text(answer, 'decision_id'),
    retryAfter: number(answer, 'retry_after'),
  };
}

/** The credential in a good answer; undefined when it is none that can be used. */
export function credentialIn(answer: JsonObject, connection: string, sentAt: number): Credential | undefined {
  const value = text(answer, 'access_token');
  const use = value === undefined ? undefined : useOf(answer, value);
  if (value === undefined || use === undefined) return undefined;
  const lifetime = number(answer, 'expires_in');
  return {
    connection,
    value,
    use,
    scope: words(text(answer, 'scope')),
    expiresAt: lifetime === undefined ? undefined : sentAt + lifetime * 1000,
  };
}

function useOf(answer: JsonObject, whole: string): CredentialUse | undefined {
  const parts = answer['credential'];
  if (!isObject(parts)) {
    // RFC 6749 §7.1: what is neither a bearer token nor described is not used on a guess.
    return (text(answer, 'token_type') ?? '').toLowerCase() === 'bearer'
      ? { kind: 'header', name: 'authorization', value: `Bearer ${whole}` }
      : undefined;
  }
  const [header, query] = [text(parts, 'header'), text(parts, 'query')];
  switch (parts['type']) {
    case 'oauth':
    case 'api_key':
      if (query !== undefined) return { kind: 'query', name: query, value: whole };
      return header === undefined ? undefined : { kind: 'header', name: header, value: `${text(parts, 'prefix') ?? ''}${whole}` };
    case 'basic':
      return { kind: 'header', name: 'authorization', value: `Basic ${whole}` };
    case 'certificate': {
      const [certificate, privateKey] = [text(parts, 'certificate'), text(parts, 'private_key')];
      return certificate === undefined || privateKey === undefined ? undefined : { kind: 'certificate', certificate, privateKey };
    }
    default:
      return undefined;
  }
}

/** A request of the service with the credential in it. A certificate is for the connection, so nothing is added here. */
export function withCredential(request: Request, { use }: Pick<Credential, 'use'>): Request {
  if (use.kind === 'certificate') return request;
  if (use.kind === 'header') {
    const headers = new Headers(request.headers);
    headers.set(use.name, use.value);
    // Where the service redirects to was not asked for the credential's sake.
    return new Request(request, { headers, redirect: 'manual' });
  }
  const url = new URL(request.url);
  url.searchParams.set(use.name, use.value);
  return new Request(url, new Request(request, { redirect: 'manual' }));
}

/** For code that knows only exceptions: an account has to be connected first. */
export class ConnectionRequiredError extends Error {
  override readonly name = 'ConnectionRequiredError';
  readonly required: ConnectionRequired;

  constructor(required: ConnectionRequired) {
    const { connection, connectUrl, missing } = required;
    const what = missing.length === 0 ? 'An account' : `More access (${missing.join(' ')})`;
    super(`${what} has to be connected first: ${connectUrl ?? `ask an administrator for ${connection}`}`);
    this.required = required;
  }
}

/** For code that knows only exceptions: the hub said no, or that a person has to say yes first. */
export class CredentialRefusedError extends Error {
  override readonly name = 'CredentialRefusedError';
  readonly refused: CredentialRefused | CredentialApproval;

  constructor(refused: CredentialRefused | CredentialApproval) {
    const word = refused.kind === 'refused' ? refused.error : `approval ${refused.approvalId} is waited for`;
    super(refused.description === undefined ? word : `${word}: ${refused.description}`);
    this.refused = refused;
  }
}

/** The credential, or what stands in the way as an exception. An approval that is waited for is one of the latter. @throws ConnectionRequiredError, CredentialRefusedError */
export function credentialOrThrow(outcome: CredentialOutcome): Credential {
  switch (outcome.kind) {
    case 'credential':
      return outcome.credential;
    case 'connectionRequired':
      throw new ConnectionRequiredError(outcome);
    case 'approvalRequired':
    case 'refused':
      throw new CredentialRefusedError(outcome);
  }
}
