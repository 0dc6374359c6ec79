import type { Json } from './json.ts';

export const RISKS = ['low', 'elevated', 'high'] as const;
export type Risk = (typeof RISKS)[number];

/** What a journey is for; it decides what must have happened before it may complete. */
export const PURPOSES = ['authorize', 'device', 'ciba', 'connect', 'registration', 'sign_in'] as const;
export type Purpose = (typeof PURPOSES)[number];

/**
 * What must hold at every end of a journey that goes through. `person`: somebody stands in front of a browser, so pages can be shown.
 * A registration is a request of a machine.
 */
export const DEMANDS: Readonly<Record<Purpose, { readonly person: boolean; readonly proof: boolean; readonly consent: boolean }>> = {
  authorize: { person: true, proof: true, consent: true },
  device: { person: true, proof: true, consent: true },
  ciba: { person: true, proof: true, consent: true },
  connect: { person: true, proof: true, consent: false },
  registration: { person: false, proof: false, consent: false },
  sign_in: { person: true, proof: true, consent: false },
};

/**
 * What expressions may read. The server looks it up and brings it with events; a text that nobody knows is empty, never absent, so that
 * only `user`, `tenant`, `session` and `resource` as a whole can be missing.
 */
export type Facts = {
  readonly request: RequestFacts;
  readonly client: ClientFacts;
  readonly resource?: ResourceFacts;
  readonly user?: UserFacts;
  readonly tenant?: TenantFacts;
};

/** `risk`: the highest of all scopes asked for; `risks`: of each. `ip`: where the browser is, or the machine that registers. */
export type RequestFacts = {
  readonly scopes: readonly string[];
  readonly identityScopes: readonly string[];
  readonly risk: Risk;
  readonly risks: Readonly<Record<string, Risk>>;
  readonly acrValues: readonly string[];
  readonly tenant: string;
  readonly email: string;
  readonly ip: string;
};

/** `host`: of the client's id where that is an address, else of its first redirect URI. */
export type ClientFacts = {
  readonly id: string;
  readonly name: string;
  readonly host: string;
  readonly status: string;
  readonly registrationType: string;
  readonly owner: string;
  readonly tags: readonly string[];
  readonly firstParty: boolean;
  readonly redirectHosts: readonly string[];
};

export type ResourceFacts = {
  readonly id: string;
  readonly name: string;
  readonly uri: string;
  readonly type: string;
  readonly tags: readonly string[];
};

/** `roles`, `permissions`: in the tenant that was chosen; before that, those that hold everywhere. */
export type UserFacts = {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly emailDomain: string;
  readonly emailVerified: boolean;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
  readonly tenantIds: readonly string[];
  readonly attributes: Readonly<Record<string, Json>>;
};

/** `sso`: the tenant lets its people in through its own identity provider only. */
export type TenantFacts = {
  readonly id: string;
  readonly name: string;
  readonly sso: boolean;
  readonly attributes: Readonly<Record<string, Json>>;
};

/** What somebody is in one tenant. */
export type Membership = {
  readonly tenant: TenantFacts;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
};
