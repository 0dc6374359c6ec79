import type { Requirement } from '@writ/policy';
import type { TokenErrorCode } from '@writ/protocol';
import type { EventData } from '../audit/event.ts';
import type { Need, Unmet } from '../policies/requirements.ts';
import { retryIn, soonest, stepUpChallenge } from '../policies/unmet.ts';
import type { Fit, ScopeFault } from './hand-out.ts';

/** Why nothing is handed out, as the wire says it and (`reason`, `evidence`) as the entry does. Both ways out tell it in the same words. */
export type HandOutRefusal = {
  error: TokenErrorCode;
  reason: string;
  description: string;
  /** 400 unless said. */
  status?: number;
  extra?: Readonly<Record<string, unknown>>;
  headers?: Readonly<Record<string, string>>;
  decision?: string;
  evidence?: EventData;
};

const refusal = (error: TokenErrorCode, reason: string, description: string): HandOutRefusal => ({ error, reason, description });
const denied = (reason: string, description: string): HandOutRefusal => ({ ...refusal('access_denied', reason, description), status: 403 });

/** The same for one of another tenant: who may not have it does not learn that it exists (attack 178). */
export const UNKNOWN_CONNECTION = refusal('invalid_target', 'unknown_connection', 'This hub knows no such connection.');
export const CONNECTION_FROZEN = denied('connection_frozen', 'The connection is frozen.');
export const CREDENTIAL_LOCKED = denied('credential_locked', 'The credential is held back by an administrator.');
/** It went while it was on its way out. */
export const CREDENTIAL_GONE = refusal('connection_required', 'credential_gone', 'The account was disconnected just now.');
export const GRANT_NOT_IN_TENANT = refusal('unauthorized_client', 'grant_not_allowed_in_tenant', 'The tenant does not allow this grant.');
export const CONVEYS_TOO_MUCH = denied(
  'policy_conveyed_scopes',
  'The connected account can do more than policy lets this client do. Connect one with fewer scopes.',
);
/** The connection acts as the user at its service. */
export const NOBODY_TO_ACT_AS = {
  no_user: denied('no_user_to_act_as', 'The connection acts as a user at its service, and the token speaks for none.'),
  email_not_verified: denied(
    'email_not_verified',
    'The connection acts as a user at its service, and the e-mail address of this one is not verified.',
  ),
};
export const OUTLIVES_POLICY = denied(
  'policy_outlived',
  'The credential lives longer than policy lets it be held. The proxy can use it without handing it out.',
);

/** A part behind the request is frozen or revoked. The client itself does not authenticate; for somebody else the grant is no longer good. */
export function standingRefusal(part: 'client' | 'agent' | 'user' | 'tenant', state: string): HandOutRefusal {
  return part === 'client' || part === 'agent'
    ? { ...refusal('invalid_client', `${part}_${state}`, 'Client authentication failed.'), status: 401 }
    : refusal('invalid_grant', `${part}_${state}`, 'The grant is no longer good.');
}

export const USER_LEFT_TENANT = refusal('invalid_grant', 'user_left_tenant', 'The grant is no longer good.');

export function scopeRefusal(fault: ScopeFault): HandOutRefusal {
  return refusal('invalid_scope', fault, SCOPE_WORDS[fault]);
}

const SCOPE_WORDS: Readonly<Record<ScopeFault, string>> = {
  scope_of_a_whole: 'The connection has no scopes: its credential is handed out whole.',
  scope_unknown: 'The connection knows no such scope.',
  scope_beyond_client: 'The client may not ask for such a scope.',
};

export function policyRefusal(reach: boolean): HandOutRefusal {
  return reach
    ? denied('policy_refused', 'Policy does not grant what is asked of the connection.')
    : denied('policy_no_reach', 'No policy lets this client reach the connection.');
}

/** `url`: where a person connects an account; absent when nobody could. */
export function connectRefusal(fit: Extract<Fit, { kind: 'connect' }>, connection: string, url: string | undefined): HandOutRefusal {
  const { reason, missing } = fit;
  return {
    ...refusal('connection_required', reason, CONNECT_WORDS[reason]),
    extra: {
      connection,
      ...(missing.length === 0 ? {} : { scope: missing.join(' ') }),
      ...(url === undefined ? {} : { connect_url: url }),
    },
  };
}

const CONNECT_WORDS: Readonly<Record<Extract<Fit, { kind: 'connect' }>['reason'], string>> = {
  not_connected: 'Nobody has connected an account yet.',
  too_few_scopes: 'The connected account has not granted all that is asked.',
  credential_failed: 'The service no longer accepts the connected account.',
};

/** The service did not renew the credential now, and may do so later. */
export function unavailableRefusal(reason: string, retryAfter: number): HandOutRefusal {
  return {
    ...refusal('temporarily_unavailable', reason, 'The service does not renew the credential at the moment. Try again later.'),
    status: 503,
    ...retryIn(retryAfter),
  };
}

export function unmetRefusal(unmet: readonly Unmet[], retryAfter?: number): HandOutRefusal {
  const first = soonest(unmet);
  return NEED_WORDS[first.needs](first.require, retryAfter);
}

const NEED_WORDS: Readonly<Record<Need, (require: Requirement, retryAfter: number | undefined) => HandOutRefusal>> = {
  proofOfPossession: () =>
    refusal('invalid_request', 'dpop_proof_required', 'Policy wants a sender-constrained token: send a DPoP proof (RFC 9449).'),
  stepUp: ({ stepUp }) => ({
    ...refusal('insufficient_user_authentication', 'step_up_required', 'Policy wants a stronger sign-in of the user (RFC 9470).'),
    extra: stepUpChallenge(stepUp),
  }),
  reconsent: () => refusal('interaction_required', 'consent_too_old', 'Policy wants the user to be asked again.'),
  approval: () => refusal('interaction_required', 'approval_required', 'Policy wants an approval, and there is nobody to ask for it here.'),
  budget: (_, retryAfter = 1) => ({
    ...denied('budget_spent', 'The budget that policy sets is spent. Try again later.'),
    ...retryIn(retryAfter),
  }),
};
