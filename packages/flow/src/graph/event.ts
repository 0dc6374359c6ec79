import type { ClientFacts, Membership, ResourceFacts, UserFacts } from './facts.ts';
import type { Json } from './json.ts';
import type { Notice } from './notice.ts';
import type { Demand, First, JourneyApproval, JourneyDenial, JourneyProof } from './state.ts';

/** The page is asked for, by the browser that holds this session now. What the server knows newly of the parties comes along. */
export type Arrived = {
  readonly kind: 'arrived';
  readonly proof?: JourneyProof;
  readonly user?: UserFacts;
  readonly client?: ClientFacts;
  readonly resource?: ResourceFacts;
};

/** What a person did on a page, as the server found it when the page came back. */
type FromPerson =
  | { readonly kind: 'accountKept' }
  /** "Use another account". */
  | { readonly kind: 'startOver' }
  | { readonly kind: 'emailGiven'; readonly email: string }
  /** `page`: something is shown on the way first (recovery codes of a factor that was just set up), until `pageDone`. */
  | { readonly kind: 'signedIn'; readonly proof: JourneyProof; readonly user: UserFacts; readonly page?: string }
  | { readonly kind: 'pageDone' }
  | { readonly kind: 'firstProven'; readonly first: First; readonly page: string; readonly email?: string; readonly notice?: Notice }
  /** Another page of the same node: a code was sent, a password was wrong, an account is to be made. */
  | { readonly kind: 'pageTurned'; readonly page?: string; readonly email?: string; readonly notice?: Notice; readonly detail?: string }
  /** The person has no such factor, or no account to connect. */
  | { readonly kind: 'skipped' }
  | { readonly kind: 'enrolled'; readonly method: string; readonly proof?: JourneyProof }
  /** `memberships`: looked up anew; the page's word for them is not taken. */
  | { readonly kind: 'tenantChosen'; readonly tenant: string; readonly memberships: readonly Membership[] }
  | { readonly kind: 'allowed'; readonly approval: JourneyApproval }
  | { readonly kind: 'nothingChosen' }
  | { readonly kind: 'submitted'; readonly button: string; readonly values: Readonly<Record<string, unknown>> }
  | { readonly kind: 'connected' }
  /** "Deny" on a consent page, "Cancel" anywhere. */
  | { readonly kind: 'refused' }
  /** The sentence of a denial has been read. */
  | { readonly kind: 'acknowledged' };

/** What consent came to when it was looked up. */
export type ConsentVerdict =
  | { readonly verdict: 'ask' }
  | { readonly verdict: 'settled'; readonly approval: JourneyApproval }
  | { readonly verdict: 'nothing'; readonly reason: string; readonly error?: JourneyDenial['error']; readonly decision?: string }
  /** `page`: which page the sign-in opens with. `again`: it is only the way to the question, which may be asked afterwards. */
  | {
      readonly verdict: 'stepUp';
      readonly demand: Demand;
      readonly notice: Notice;
      readonly page?: string;
      readonly email?: string;
      readonly again?: true;
    };

/** The answer to the effect that was asked for. */
export type FromWorld =
  /** `required`: going on without a tenant would step out of them. `preferred`: by e-mail domain, or remembered. */
  | { readonly kind: 'tenantsFound'; readonly memberships: readonly Membership[]; readonly required: boolean; readonly preferred?: string }
  | ({ readonly kind: 'consentJudged' } & ConsentVerdict)
  | { readonly kind: 'tenantConsentJudged'; readonly verdict: 'ask' | 'not_admin' }
  | { readonly kind: 'tenantConsentJudged'; readonly verdict: 'settled'; readonly approval: JourneyApproval }
  /** There is nothing that anybody could allow here. */
  | { readonly kind: 'tenantConsentJudged'; readonly verdict: 'nothing'; readonly reason: string; readonly decision?: string }
  | { readonly kind: 'factorsFound'; readonly methods: readonly string[] }
  | { readonly kind: 'answered'; readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: Json }
  | { readonly kind: 'connectionFound'; readonly connected: boolean }
  | { readonly kind: 'approvalStands'; readonly state: 'pending' | 'given' | 'refused' | 'expired' }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Everything but an arrival names the turn that it answers: that of the page, or of the effect. */
export type NodeEvent = FromPerson | FromWorld;
export type JourneyEvent = Arrived | (NodeEvent & { readonly turn: number });
