import type { JsonObject } from './json.ts';
import { numberIn, textIn, words } from './json.ts';

/** A token the hub gave, with everything it said beside it. */
export type Token = {
  readonly accessToken: string;
  /** How to present it: as it is, or with a proof of the key it is bound to (RFC 9449). `N_A`: it is no access token (RFC 8693 §2.2.1). */
  readonly tokenType: 'Bearer' | 'DPoP' | 'N_A';
  /** What was granted, which may be less than what was asked for. */
  readonly scope: readonly string[];
  /** Milliseconds since the epoch, by this machine's clock; undefined when the hub did not say. */
  readonly expiresAt: number | undefined;
  readonly refreshToken: string | undefined;
  readonly idToken: string | undefined;
  readonly issuedTokenType: string | undefined;
  /** The whole answer, for what has no field of its own (`authorization_details`). */
  readonly response: JsonObject;
};

/** Somebody was asked. `waitForApproval` asks the hub again until they have decided. */
export type Approval = {
  readonly id: string;
  /** Seconds to wait between two questions. */
  readonly interval: number;
  /** The request that waits for the decision; exactly this one is repeated. Holds no client authentication. */
  readonly request: Form;
};

/** Parameters of a token request. */
export type Form = Readonly<Record<string, string | readonly string[] | undefined>>;

export type Refused = {
  readonly kind: 'refused';
  /** The word of the RFC: `invalid_scope`, `invalid_target`, `access_denied`, … */
  readonly error: string;
  readonly description: string | undefined;
  readonly status: number;
  readonly requestId: string | undefined;
  /** What `writ policy explain` takes, where a policy spoke. */
  readonly decisionId: string | undefined;
  /** Seconds after which the same request may succeed: a budget was spent. */
  readonly retryAfter: number | undefined;
  readonly response: JsonObject;
};

export type StepUpRequired = {
  readonly kind: 'stepUpRequired';
  /** Who asks: the hub before it issues, or the resource before it serves. */
  readonly by: 'hub' | 'resource';
  /** Classes of authentication, one of which is needed (RFC 9470). */
  readonly acrValues: readonly string[];
  /** Seconds since the last login, at most. */
  readonly maxAge: number | undefined;
  /** All scopes the operation needs, where scopes are what is missing (RFC 6750 §3.1). */
  readonly scope: readonly string[];
  readonly description: string | undefined;
};

/** Where a person enters which code (RFC 8628 §3.2). */
export type Show = { readonly userCode: string; readonly verificationUri: string; readonly verificationUriComplete: string | undefined };

/** `show`: with the device grant, what to show to the person. Otherwise the hub has reached them itself. */
export type ApprovalRequired = { readonly kind: 'approvalRequired'; readonly approval: Approval; readonly show?: Show };

export type ConnectionRequired = {
  readonly kind: 'connectionRequired';
  /** Show it to the user: there the account is connected. Works once. */
  readonly connectUrl: string;
  /** The connection's id, where the hub said it. */
  readonly connection: string | undefined;
  /** Scopes that the connected account lacks; empty when there is none. */
  readonly missing: readonly string[];
  readonly description: string | undefined;
};

/** Everything but a token that the hub can say. */
export type NoToken = ApprovalRequired | ConnectionRequired | StepUpRequired | Refused;

/** What the hub says to a request for a token. Nothing of it is an exception: a program that handles it is a program that works. */
export type Outcome = { readonly kind: 'token'; readonly token: Token } | NoToken;

const DEFAULT_INTERVAL = 5;
/** The codes of RFC 6749 §5.2 that a hub or something in front of it may leave out. */
const UNNAMED = 'server_error';

function tokenTypeOf(answer: JsonObject): Token['tokenType'] {
  const type = (textIn(answer, 'token_type') ?? 'Bearer').toLowerCase();
  return type === 'dpop' ? 'DPoP' : type === 'n_a' ? 'N_A' : 'Bearer';
}

function tokenOf(answer: JsonObject, accessToken: string, request: Form, sentAt: number): Token {
  const lifetime = numberIn(answer, 'expires_in');
  // RFC 6749 §5.1: an answer without `scope` grants what was asked for.
  const scope = textIn(answer, 'scope') ?? (typeof request['scope'] === 'string' ? request['scope'] : undefined);
  return {
    accessToken,
    tokenType: tokenTypeOf(answer),
    scope: words(scope),
    expiresAt: lifetime === undefined ? undefined : sentAt + lifetime * 1000,
    refreshToken: textIn(answer, 'refresh_token'),
    idToken: textIn(answer, 'id_token'),
    issuedTokenType: textIn(answer, 'issued_token_type'),
    response: answer,
  };
}

function refused(status: number, answer: JsonObject, error: string): Refused {
  return {
    kind: 'refused',
    error,
    description: textIn(answer, 'error_description'),
    status,
    requestId: textIn(answer, 'request_id'),
    decisionId: textIn(answer, 'decision_id'),
    retryAfter: numberIn(answer, 'retry_after'),
    response: answer,
  };
}

const POLLED = ['approval_id', 'auth_req_id', 'device_code'] as const;

/** What a request polls with, if it does. */
function polledWith(request: Form): string | undefined {
  for (const name of POLLED) {
    const value = request[name];
    if (typeof value === 'string') return value;
  }
  return undefined;
}

/** The decision of a person that the answer waits for, if it does. */
function pendingIn(answer: JsonObject, error: string, request: Form, before: number): Approval | undefined {
  if (!['authorization_pending', 'slow_down', 'interaction_required'].includes(error)) return undefined;
  const id = textIn(answer, 'approval_id') ?? polledWith(request);
  if (id === undefined) return undefined;
  // RFC 8628 §3.5: five seconds more, for this and every later question.
  const interval = numberIn(answer, 'interval') ?? (error === 'slow_down' ? before + 5 : before);
  const asked = textIn(answer, 'approval_id') === undefined ? request : { ...request, approval_id: id };
  return { id, interval: Math.max(1, interval), request: asked };
}

/**
 * Reads an answer of the token endpoint. `sentAt`: when it was asked, so that the lifetime is never thought longer than it is. `interval`:
 * seconds between questions so far. Pure.
 */
export function readOutcome(status: number, answer: JsonObject, request: Form, sentAt: number, interval = DEFAULT_INTERVAL): Outcome {
  const accessToken = textIn(answer, 'access_token');
  if (status === 200 && accessToken !== undefined) return { kind: 'token', token: tokenOf(answer, accessToken, request, sentAt) };
  const error = textIn(answer, 'error') ?? UNNAMED;
  const description = textIn(answer, 'error_description');
  const approval = pendingIn(answer, error, request, interval);
  if (approval !== undefined) return { kind: 'approvalRequired', approval };
  const connectUrl = textIn(answer, 'connect_url');
  if (error === 'connection_required' && connectUrl !== undefined) {
    const [connection, missing] = [textIn(answer, 'connection'), words(textIn(answer, 'scope'))];
    return { kind: 'connectionRequired', connectUrl, connection, missing, description };
  }
  if (error === 'insufficient_user_authentication') {
    const acrValues = words(textIn(answer, 'acr_values'));
    return { kind: 'stepUpRequired', by: 'hub', acrValues, maxAge: numberIn(answer, 'max_age'), scope: [], description };
  }
  return refused(status, answer, error);
}

/** For libraries that know only exceptions: what the hub said, thrown. */
export class AgentOutcomeError extends Error {
  override readonly name = 'AgentOutcomeError';
  readonly outcome: NoToken;

  constructor(outcome: NoToken) {
    super(sentenceOf(outcome));
    this.outcome = outcome;
  }
}

const MAX_CAUSES = 10;

/** The outcome in an error that a library threw, however often it was wrapped; undefined when the error is about something else. */
export function outcomeIn(error: unknown): NoToken | undefined {
  for (let [cause, left] = [error, MAX_CAUSES]; cause instanceof Error && left > 0; cause = cause.cause, left -= 1) {
    if (cause instanceof AgentOutcomeError) return cause.outcome;
  }
  return undefined;
}

/** One sentence for a log or a person. */
export function sentenceOf(outcome: NoToken): string {
  switch (outcome.kind) {
    case 'approvalRequired':
      return `somebody must approve this first (approval ${outcome.approval.id})`;
    case 'connectionRequired':
      return `an account must be connected first: ${outcome.connectUrl}`;
    case 'stepUpRequired':
      return outcome.scope.length > 0
        ? `this needs the scopes ${outcome.scope.join(' ')}`
        : `the user must log in again${outcome.acrValues.length > 0 ? ` with ${outcome.acrValues.join(' or ')}` : ''}`;
    case 'refused':
      return outcome.description === undefined ? outcome.error : `${outcome.error}: ${outcome.description}`;
  }
}
