import type { JsonObject } from './json.ts';

/** One link of the delegation chain (RFC 8693 §4.1), written by the hub. */
export type Actor = { readonly subject: string; readonly agent: string | undefined };

/** One who stands in the chain: the person first, the client acting now last. `agent` is the hub's record of that client for that principal. */
export type ChainLink = { readonly kind: 'user' | 'client'; readonly id: string; readonly agent: string | undefined };

/** Who is calling, as the verified token says. */
export type Caller = {
  /** The user's id, or the client's where no user is present. */
  readonly subject: string;
  readonly clientId: string;
  readonly agent: string | undefined;
  readonly tenant: string | undefined;
  readonly scopes: ReadonlySet<string>;
  /** The one acting now first, the one before it second, and so on. Empty without delegation. */
  readonly actors: readonly Actor[];
  /** Everyone the call went through: person → agent → server. Without a user it begins with the client that started. Never empty. */
  readonly chain: readonly ChainLink[];
  /** Ids of the tokens this one was exchanged from, nearest first. Any of them taken back takes this one back too. */
  readonly lineage: readonly string[];
  readonly grantId: string | undefined;
  /** The same for every token of one chain of exchanges. */
  readonly txn: string | undefined;
  readonly jti: string;
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  /** How strongly the user was authenticated (OIDC Core §2), where a user is present. */
  readonly acr: string | undefined;
  /** Seconds since the epoch: when the user was authenticated. */
  readonly authTime: number | undefined;
  /** Thumbprint of the key that the token is bound to (RFC 9449 §6.1); whoever showed it proved to hold that key. */
  readonly jkt: string | undefined;
  /** Every claim, for what has no field of its own. */
  readonly claims: JsonObject;
};

/** Why a token was refused. For logs; the wire says less (see challenge.ts). */
export type Reason =
  | 'missing'
  | 'too_large'
  | 'malformed'
  | 'type'
  | 'algorithm'
  | 'critical'
  | 'key'
  | 'signature'
  | 'claims'
  | 'issuer'
  | 'audience'
  | 'expired'
  | 'not_yet_valid'
  | 'lifetime'
  | 'proof_of_possession'
  | 'not_bound'
  | 'proof'
  | 'proof_replayed'
  | 'nonce'
  | 'revoked'
  | 'issuer_unreachable'
  | 'signals_stale';

export type Refused = {
  readonly ok: false;
  /** `temporarily_unavailable`: the token may be good, but it cannot be judged now. Answering 401 would make clients throw it away. */
  readonly error: 'invalid_token' | 'invalid_dpop_proof' | 'use_dpop_nonce' | 'temporarily_unavailable';
  readonly reason: Reason;
  /** With `use_dpop_nonce`: what the next proof must hold (RFC 9449 §9). */
  readonly nonce?: string;
};

export type Verified = { readonly ok: true; readonly caller: Caller } | Refused;

/** The scopes of `needed` that the caller lacks. */
export function lacking(caller: Pick<Caller, 'scopes'>, needed: readonly string[]): readonly string[] {
  return needed.filter((scope) => !caller.scopes.has(scope));
}
