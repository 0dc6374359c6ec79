import type { Json } from './json.ts';
import type { Notice } from './notice.ts';
import type { JourneyApproval, JourneyDenial, JourneyProof, Passage } from './state.ts';

/** A page, by what it must offer; its face and words are the server's. */
export type Page =
  | { readonly kind: 'account' }
  | { readonly kind: 'identify' }
  | {
      readonly kind: 'authenticate';
      readonly methods: readonly string[];
      readonly providers: readonly string[];
      /** `second`: on top of what is proven already. */
      readonly factor: 'first' | 'second';
      readonly mayEnrol: boolean;
    }
  | { readonly kind: 'enrol'; readonly methods: readonly string[]; readonly optional: boolean }
  | { readonly kind: 'tenant'; readonly tenants: readonly { readonly id: string; readonly name: string }[]; readonly preferred?: string }
  | { readonly kind: 'consent' }
  | { readonly kind: 'tenantConsent' }
  | {
      readonly kind: 'screen';
      readonly title: string;
      readonly text?: string;
      readonly fields: readonly ScreenField[];
      readonly buttons: readonly ScreenButton[];
    }
  | {
      readonly kind: 'connect';
      readonly connection: string;
      readonly scopes: readonly string[];
      readonly optional: boolean;
      readonly owner: Owner;
    }
  | { readonly kind: 'waiting'; readonly message: string }
  | { readonly kind: 'denied'; readonly message?: string };

export type ScreenField = {
  readonly name: string;
  readonly label: string;
  readonly type: 'text' | 'email' | 'number' | 'checkbox' | 'choice';
  readonly required?: boolean;
  readonly choices?: readonly string[];
};
export type ScreenButton = { readonly name: string; readonly label: string };

/** A request as it is to be sent. Secrets are names; their values are put in by whoever sends it. */
export type HttpCall = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?:
    | { readonly kind: 'json'; readonly value: Json }
    | { readonly kind: 'form'; readonly fields: Readonly<Record<string, string>> };
  readonly auth?: HttpAuth;
  /** Milliseconds, for all tries together. */
  readonly timeout: number;
  readonly retries: number;
};

export type HttpAuth =
  | { readonly kind: 'bearer'; readonly secret: string }
  | { readonly kind: 'basic'; readonly user: string; readonly secret: string }
  | { readonly kind: 'apiKey'; readonly header: string; readonly secret: string }
  | {
      readonly kind: 'clientCredentials';
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly secret: string;
      readonly scope?: string;
    }
  | { readonly kind: 'hmac'; readonly header: string; readonly secret: string }
  | { readonly kind: 'signature'; readonly key: string };

/** Who a credential belongs to. */
export const OWNERS = ['user', 'userInTenant', 'tenant'] as const;
export type Owner = (typeof OWNERS)[number];

/**
 * What the server has to do now. A look-up or deed is answered by an event of the same `turn`; `show` ends the turn; `finish` and `refuse`
 * end the journey. `key` names the deed within the journey: doing it twice under one key must do it once.
 */
export type JourneyEffect =
  | {
      readonly kind: 'show';
      readonly page: Page;
      readonly sub?: string;
      readonly email?: string;
      readonly notice?: Notice;
      readonly detail?: string;
    }
  | { readonly kind: 'findTenants'; readonly userId: string; readonly byDomain: boolean; readonly remembered: boolean }
  /** `mayStepUp`: a verdict `stepUp` has somewhere to lead. `skipFirstParty`: a client of our own needs no page. */
  | {
      readonly kind: 'judgeConsent';
      readonly userId: string;
      readonly skipFirstParty: boolean;
      readonly remember: boolean;
      readonly mayStepUp: boolean;
    }
  | { readonly kind: 'judgeTenantConsent'; readonly userId: string; readonly tenantId: string }
  | { readonly kind: 'findFactors'; readonly userId: string }
  | { readonly kind: 'callHttp'; readonly call: HttpCall; readonly key: string }
  | { readonly kind: 'findConnection'; readonly connection: string; readonly scopes: readonly string[]; readonly owner: Owner }
  /** `secret`: under which name the value was put away when it came (see JourneyStep.secrets). */
  | {
      readonly kind: 'storeCredential';
      readonly connection: string;
      readonly owner: Owner;
      readonly label?: string;
      readonly secret: string;
      readonly key: string;
    }
  | {
      readonly kind: 'requestApproval';
      readonly from: { readonly users?: readonly string[]; readonly roles?: readonly string[]; readonly owner?: boolean };
      readonly count: number;
      /** Seconds. */
      readonly expiresIn: number;
      readonly message: string;
      readonly key: string;
    }
  | { readonly kind: 'updateUser'; readonly userId: string; readonly attributes: Readonly<Record<string, Json>>; readonly key: string }
  | { readonly kind: 'recordEvent'; readonly name: string; readonly data: Readonly<Record<string, Json>>; readonly key: string }
  | { readonly kind: 'finish'; readonly end: JourneyEnd }
  | { readonly kind: 'refuse'; readonly denial: JourneyDenial }
  /** The event does not belong to where the journey stands: an old page was sent again. Nothing has changed. */
  | { readonly kind: 'misplaced' };

/** What a journey that went through has settled. */
export type JourneyEnd = {
  readonly proof?: JourneyProof;
  readonly tenantId?: string;
  readonly approval?: JourneyApproval;
  readonly claims: Readonly<Record<string, Json>>;
  /** What `complete` gives: for a registration, what the client's record gets. */
  readonly outputs: Readonly<Record<string, Json>>;
  readonly trail: readonly Passage[];
};
