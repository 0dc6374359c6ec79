import type { GrantName } from '@writ/policy';
import type { Tx } from '../../../base/db.ts';
import type { Result } from '../../../base/result.ts';
import type { EventDraft } from '../../../rooms/audit/event.ts';
import type { Agent } from '../../../rooms/agents/agent.ts';
import type { Client } from '../../../rooms/clients/client.ts';
import type { Vouched } from '../../../rooms/issuers/issuer.ts';
import type { ApprovalWanted } from '../../../rooms/policies/requirements.ts';
import type { Resource } from '../../../rooms/resources/resource.ts';
import type { Tenant } from '../../../rooms/tenants/tenant.ts';
import type { User } from '../../../rooms/users/user.ts';
import type { Refusal } from './refusal.ts';
import type { TokenRequest } from './request.ts';

/**
 * To what a token is bound (RFC 7800 `cnf`): the thumbprint of the key whose possession was proved with DPoP (RFC 9449 §6.1). `withNonce`: by a
 * proof that cannot have been made in advance.
 */
export type Confirmation = { readonly jkt: string; readonly withNonce?: boolean };

/**
 * A request whose client has proved itself and may use this grant. `confirmation`: the key that the request proved, if it proved one. `vouched`: what a
 * trusted issuer said of the workload, where that is what proved it.
 */
export type ClientRequest = TokenRequest & { client: Client; confirmation?: Confirmation | undefined; vouched?: Vouched | undefined };

/** One who acted: `sub` is the client, as in the claim `act` (RFC 8693 §4.1). */
export type Actor = { readonly sub: string; readonly agent?: string | undefined };

/** RFC 9396 §2: one thing that is to be allowed; `type` says how the rest is read. */
export type AuthorizationDetail = { readonly type: string; readonly [name: string]: unknown };

/** `typ` and claims of something that is no access token, made by the phases that make one. */
export type TokenForm = {
  readonly typ: string;
  readonly issuedTokenType: string;
  /** Seconds since the epoch where a time. */
  claims(of: { issuer: string; scopes: readonly string[]; iat: number; exp: number; jti: string }): Record<string, unknown>;
};

/** What a grant file establishes, and the only thing it contributes. Everything after it is the pipeline's. */
export type Proof = {
  /** As which grant policy judges it: a refresh as the grant it came from. */
  judgedAs: GrantName;
  resource: Resource;
  matchedByAlias: boolean;
  /** Scopes of the resource to decide on; never more than was once approved, and is still allowed to this client. */
  scopes: readonly string[];
  /** Nothing of the resource was asked for, only who the user is. Not the same as scopes of which none is left. */
  identityOnly: boolean;
  /** No scope was named, so whatever policy grants is what was asked for: nothing is in excess. */
  openEnded?: boolean;
  identityScopes: readonly string[];
  agent: Pick<Agent, 'id' | 'state'>;
  user?: User | undefined;
  /** For whom the token speaks where no user is and it is not the client of this request: an exchanged token of a service keeps its subject. */
  subject?: string | undefined;
  tenant?: Tenant | undefined;
  /** What the token says of the login behind it; absent without a user. */
  login?: { authTime: number; acr: string; amr: readonly string[]; nonce?: string | undefined };
  grantId?: string | undefined;
  txn: string;
  /** Overrides what phase 3 knows of states: the refresh grant reads them with the family, in the primary. */
  fallen?: string | undefined;
  /** What the flow of the journey set: into the token, and before policy. None of them is one that the hub vouches for. */
  claims?: Readonly<Record<string, unknown>> | undefined;
  /** Claims of the token that was presented, for policy. */
  jwtClaims?: Readonly<Record<string, unknown>> | undefined;
  /** Who acted, nearest first; the token gets them as nested `act`. For an exchange the first is the client of this request. */
  actors?: readonly Actor[] | undefined;
  /** Ids of the tokens that this one follows from, nearest first: taking one back takes this one back too. */
  lineage?: readonly string[] | undefined;
  /** Milliseconds since the epoch: the token ends no later, whatever the lifetimes say. */
  notAfter?: number | undefined;
  /** What was allowed in detail; goes into the token and the answer. */
  authorizationDetails?: readonly AuthorizationDetail[] | undefined;
  /** Nobody was asked for details, so the client may name some: policy must then have them approved by people, or they are refused. */
  mayPropose?: boolean | undefined;
  /** The key that what was presented is bound to (code: `dpop_jkt`; family; subject token): the request must prove the same one. */
  boundTo?: Confirmation | undefined;
  /** Milliseconds since the epoch: when the user consented to the scopes, for `reconsent`. */
  consentedAt?: number | undefined;
  /** The user was asked in the very journey (or on the device) that this request comes from, not remembered from an older one. */
  consentedHere?: boolean | undefined;
  /** Ids of the `require` rules whose approval was given for exactly this request. */
  approved?: readonly string[] | undefined;
  /** What is signed instead of an access token: an identity assertion for somebody else's resource. */
  form?: TokenForm | undefined;
  /** The approval that was spent for this token; the token names it (`approval_id`). */
  approvalId?: string | undefined;
};

/** A token that policy granted and the key signed, not yet told to anybody. */
export type Issue = {
  jti: string;
  accessToken: string;
  /** Seconds. */
  expiresIn: number;
  expiresAt: number;
  scopes: readonly string[];
  identityScopes: readonly string[];
  idToken?: string | undefined;
  /** Added by grants that give one. */
  refreshToken?: string | undefined;
  /** `DPoP` for a token that is bound to a key (RFC 9449 §5), `N_A` for what is no access token (RFC 8693 §2.2.1). */
  tokenType: 'Bearer' | 'DPoP' | 'N_A';
  /** RFC 8693 §2.2.1. */
  issuedTokenType?: string | undefined;
  authorizationDetails?: readonly AuthorizationDetail[] | undefined;
};

/** What is told: a token that was signed here, or a credential of a connected service, of which nobody may know how long it lives. */
export type Told = Omit<Issue, 'expiresIn' | 'expiresAt'> & {
  expiresIn: number | undefined;
  /** A secret that is no access token, in its parts. */
  credential?: Readonly<Record<string, string>> | undefined;
};

export type Verdict = { ok: true; issue: Issue; entry: EventDraft } | { ok: false; refusal: Refusal; entry: EventDraft };

/** What happened, as the entry of an issuance calls it. */
export type IssuedAs = 'token.issued' | 'token.refreshed' | 'token.exchanged';

/**
 * Phases 6 and 7, given to the grant so that it can run them inside whichever commit its proof needs. A promise only when a requirement of
 * policy must be counted or asked of a person; otherwise nothing happens between the decision and the signature. `tx`: the transaction that
 * the grant holds open, if it does: what is counted is counted in it, for whoever holds one connection must not wait for a second.
 */
export type Settle = (request: ClientRequest, proof: Proof, as: IssuedAs, tx?: Tx) => Verdict | Promise<Verdict>;

/**
 * `approved`: the rules whose approval was given for exactly this request; giving the answer spends it, and `approvalId` goes into the token.
 * `pending`: it is (still) asked for; the refusal says so (`interaction_required`, or `authorization_pending` to who polls with `approval_id`).
 * `refusal`: refused, expired, spent: final.
 */
export type ApprovalAnswer =
  | { readonly approved: readonly string[]; readonly approvalId: string }
  | { readonly approvalId: string; readonly interval: number; readonly pending: Refusal }
  | { readonly refusal: Refusal };
/**
 * Where approvals are kept, as settle asks it. The entries of what it does are its own. `tx`: as settle got it; what is asked or spent is asked
 * or spent in it.
 */
export type Approvals = {
  want(request: ClientRequest, proof: Proof, wanted: readonly ApprovalWanted[], tx?: Tx): Promise<ApprovalAnswer>;
};
/** The entry for a refusal that the grant itself found. */
export type Refuse = (
  request: ClientRequest,
  refusal: Refusal,
  about?: { agent?: string; user?: string; tenant?: string; txn?: string },
) => EventDraft;

/** A way to a token: proves, has it settled, and commits. The entry is durable when the promise resolves. */
export type Grant = {
  type: string;
  /** Clients that cannot keep a secret may not use it. */
  confidentialOnly: boolean;
  redeem(request: ClientRequest, settle: Settle, refuse: Refuse): Promise<Result<Told, Refusal>>;
};
