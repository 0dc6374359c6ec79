// Generated from openapi.json by tools/gen-api.mjs; do not edit.

export type Problem = { type: string; title: string; status: number; detail?: string; field?: string; errors?: { field: string; message: string }[] };

export type Agent = { id: string; client: string; principal: { kind: "user" | "tenant" | "client"; id: string }; tenant: string | null; state: "active" | "frozen" | "revoked"; createdAt: number; lastUsedAt: number | null };

export type Config = { tenants?: TenantConfig[]; roles?: RoleConfig[]; users?: UserConfig[]; resources?: ResourceConfig[]; clients?: ClientConfig[]; policies?: PolicyConfig[]; connections?: unknown[]; credentials?: unknown[]; flows?: unknown[]; sinks?: unknown[] };

export type TenantConfig = { id: string; name: string; domains?: string[]; attributes?: { [name: string]: unknown }; settings?: { accessTokenTtl?: number; refreshTokenIdleTtl?: number; refreshTokenTtl?: number; allowedGrants?: string[] } };

export type RoleConfig = { name: string; description?: string; permissions?: string[] };

export type UserConfig = { id: string; email: string; name?: string; password?: { value: string } | { env: string } | { file: string }; emailVerified?: boolean; tenants?: { id: string; roles?: string[] }[]; attributes?: { [name: string]: unknown } };

export type ResourceConfig = { id: string; type: "mcp" | "api"; uri: string; aliases?: string[]; name?: string; scopes: { name: string; title?: string; description?: string; risk?: "low" | "elevated" | "high"; required?: boolean; kind?: "permission" | "attribute" | "connection"; stepUp?: boolean }[]; tools?: { name: string; scopes: string[] }[]; tags?: string[]; registration?: { cimd?: { enabled?: boolean; hosts?: string[] }; dcr?: { enabled?: boolean } }; settings?: { accessTokenTtl?: number; onExcess?: "narrow" | "reject"; claimAliases?: "descope"; signingAlg?: "ES256" | "EdDSA" | "RS256" } };

export type ClientConfig = { id: string; name: string; kind?: "app" | "cli" | "service" | "agent"; public?: boolean; grants?: string[]; auth?: { method?: "none" | "client_secret_basic" | "client_secret_post" | "private_key_jwt"; secrets?: ({ value: string; name?: string; expiresAt?: string } | { env: string; name?: string; expiresAt?: string } | { file: string; name?: string; expiresAt?: string })[]; jwks?: { keys: { [name: string]: unknown }[] }; jwksUri?: string }; tags?: string[]; owner?: string; tenants?: string[]; redirectUris?: string[]; scopes?: string[]; firstParty?: boolean; settings?: { responseIss?: boolean } };

export type PolicyConfig = { id: string; name?: string; description?: string; state?: "off" | "shadow" | "enforce"; effect: "allow" | "deny" | "require"; subject: { any: true } | { clients: string[] } | { conditions: Condition[] }; target: { resources: "all" | string[] | { tags: string[] } | { types: string[] } } | { connections: "all" | string[] | { tags: string[] } | { types: string[] } }; grants?: ("authorization_code" | "client_credentials" | "token_exchange" | "jwt_bearer" | "device_code" | "ciba")[]; scopes?: "all" | string[]; require?: { stepUp?: true | { acr?: string[]; amr?: string[] }; reconsent?: true | { maxAge: number }; approval?: { from: { users?: string[]; roles?: string[]; owner?: true }; count?: number; expiresIn?: number }; maxLifetime?: number; proofOfPossession?: true | ("dpop" | "mtls"); maxDelegationDepth?: number; budget?: { calls?: number; exchanges?: number; window: number } } };

export type Condition = { key: string; operator: "equals" | "notEquals" | "in" | "notIn" | "contains" | "notContains" | "exists" | "matches" | "greaterThan" | "lessThan" | "cidr" | "between"; value: (string | number | boolean) | (string | number | boolean)[] } | { any: Condition[] } | { all: Condition[] } | { not: Condition };

export type Plan = { changes: { kind: string; id: string; change: "create" | "change" | "none"; fields: { field: string; from: unknown; to: unknown }[] }[]; warnings: { kind: string; id: string; message: string }[] };

export type Decision = { id: string; time: string; event: string; type: string; outcome: ("allow" | "narrow" | "deny") | null; client: string | null; user: string | null; agent: string | null; tenant: string | null; granted: string[]; refused: { scope: string; by: string; rule?: string }[]; rules: string[]; shadow: { rule: string; effect: string; scopes: string[] }[]; request: unknown };

export type Event = { id: string; seq: number; time: string; tenant: string | null; type: "client.registered" | "client.changed" | "client.removed" | "client.refused" | "client.frozen" | "client.unfrozen" | "client.revoked" | "agent.created" | "agent.frozen" | "agent.unfrozen" | "agent.revoked" | "journey.started" | "journey.refused" | "journey.finished" | "login.succeeded" | "login.failed" | "login.ended" | "link.made" | "link.used" | "factor.sent" | "factor.enrolled" | "user.created" | "user.changed" | "user.invited" | "user.frozen" | "user.unfrozen" | "user.revoked" | "consent.granted" | "consent.narrowed" | "consent.denied" | "consent.revoked" | "grant.frozen" | "grant.unfrozen" | "token.issued" | "token.refreshed" | "token.refused" | "token.replayed" | "token.revoked" | "token.exchanged" | "token.introspected" | "policy.changed" | "policy.refused" | "signal.sent" | "signal.acknowledged" | "key.rotated" | "key.revoked" | "tenant.frozen" | "tenant.unfrozen" | "tenant.revoked" | "admin.read" | "admin.changed" | "admin.refused" | "audit.checkpoint" | "hub.started"; initiator: "human" | "agent" | "agent-for-human" | "admin" | "hub"; actor: { user?: string; agent?: string; client?: string; chain: string[] }; target: { type: string; id: string } | null; outcome: "success" | "refused" | "failed"; reason?: string; decision?: string; txn?: string; request: string; ip: string | null; userAgent: string | null; data: { [name: string]: unknown }; prev: string; hash: string };

export type Grant = { id: string; client: string; agent: string; user: string; tenant: string | null; resource: string; scopes: string[]; redirectUri: string; persistent: boolean; state: "active" | "frozen" | "revoked"; createdAt: number; updatedAt: number; expiresAt: number | null };

export type Key = { id: string; alg: "ES256" | "EdDSA" | "RS256"; state: "next" | "active" | "retired" | "revoked"; published: boolean; createdAt: number; activatedAt: number | null; retiredAt: number | null };

export type Policy = { id: string; name?: string; description?: string; state?: "off" | "shadow" | "enforce"; effect: "allow" | "deny" | "require"; subject: { any: true } | { clients: string[] } | { conditions: Condition[] }; target: { resources: "all" | string[] | { tags: string[] } | { types: string[] } } | { connections: "all" | string[] | { tags: string[] } | { types: string[] } }; grants?: ("authorization_code" | "client_credentials" | "token_exchange" | "jwt_bearer" | "device_code" | "ciba")[]; scopes?: "all" | string[]; require?: { stepUp?: true | { acr?: string[]; amr?: string[] }; reconsent?: true | { maxAge: number }; approval?: { from: { users?: string[]; roles?: string[]; owner?: true }; count?: number; expiresIn?: number }; maxLifetime?: number; proofOfPossession?: true | ("dpop" | "mtls"); maxDelegationDepth?: number; budget?: { calls?: number; exchanges?: number; window: number } }; createdAt: number; updatedAt: number };

export type Resource = { id: string; type: "mcp" | "api"; uri: string; aliases: string[]; name?: string; scopes: { name: string; title?: string; description?: string; risk: "low" | "elevated" | "high"; required: boolean; kind: "permission" | "attribute" | "connection"; stepUp: boolean }[]; tools: { name: string; scopes: string[] }[]; tags: string[]; registration: { cimd: { enabled: boolean; hosts: string[] }; dcr: { enabled: boolean } }; settings: { accessTokenTtl?: number; onExcess: "narrow" | "reject"; claimAliases?: "descope"; signingAlg?: "ES256" | "EdDSA" | "RS256" }; createdAt: number };

export type Role = { name: string; description?: string; permissions: string[] };

export type Tenant = { id: string; name: string; domains: string[]; attributes: { [name: string]: unknown }; settings: { accessTokenTtl?: number; refreshTokenIdleTtl?: number; refreshTokenTtl?: number; allowedGrants?: string[] }; state: "active" | "frozen" | "revoked"; createdAt: number };

export type User = { id: string; email: unknown; name?: string; emailVerified: boolean; tenants: { id: string; roles: string[] }[]; attributes: { [name: string]: unknown }; passwordSet: boolean; state: "active" | "frozen" | "revoked"; createdAt: number };

/** T whose members K may be left out, because the path says them. */
type Placed<T, K extends string> = Omit<T, K> & Partial<Pick<T, K & keyof T>>;

/** What each operation takes and answers, by its id. */
export type Operations = {
  /** Agents, by client, user, tenant and state. */
  getAgents: {
    path: undefined;
    query: { limit?: number; cursor?: string; client?: string; user?: string; tenant?: string; state?: "active" | "frozen" | "revoked" };
    body: undefined;
    answer: { items: Agent[]; next: string | null };
  };
  /** One agent. */
  getAgentsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: Agent;
  };
  /** freeze a agent; every issuance path refuses at once, live tokens die by signal. */
  postAgentsByIdFreeze: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: string; moved: boolean };
  };
  /** revoke a agent; every issuance path refuses at once, live tokens die by signal. */
  postAgentsByIdRevoke: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: string; moved: boolean };
  };
  /** unfreeze a agent; every issuance path refuses at once, live tokens die by signal. */
  postAgentsByIdUnfreeze: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: string; moved: boolean };
  };
  /** Make the hub as this config says: all of it, or nothing. */
  postApply: {
    path: undefined;
    query: undefined;
    body: Config;
    answer: Plan;
  };
  /** Clients; dynamic registrations of one program are one row with their number, unless asked for by fingerprint. */
  getClients: {
    path: undefined;
    query: { limit?: number; cursor?: string; registrationType?: "manual" | "dcr" | "cimd" | "workload"; status?: "verified" | "unverified"; state?: "active" | "frozen" | "revoked"; kind?: "app" | "cli" | "service" | "agent"; tag?: string; owner?: string; tenant?: string; name?: string; fingerprint?: string };
    body: undefined;
    answer: { items: { id: string; name: string; registrationType: "manual" | "dcr" | "cimd" | "workload"; status: "verified" | "unverified"; state: "active" | "frozen" | "revoked"; secrets: { id: string; name: string; state: "active" | "revoked"; origin: "config" | "issued"; expiresAt: number | null; createdAt: number }[]; metadata: { [name: string]: unknown }; fingerprint: string | null; createdAt: number; consentedAt: number | null; registrations: number }[]; next: string | null };
  };
  /** One client. */
  getClientsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: { id: string; name: string; registrationType: "manual" | "dcr" | "cimd" | "workload"; status: "verified" | "unverified"; state: "active" | "frozen" | "revoked"; secrets: { id: string; name: string; state: "active" | "revoked"; origin: "config" | "issued"; expiresAt: number | null; createdAt: number }[]; metadata: { [name: string]: unknown }; fingerprint: string | null; createdAt: number; consentedAt: number | null };
  };
  /** Create or replace a client by an id of your own. */
  putClientsById: {
    path: { id: string };
    query: undefined;
    body: Placed<ClientConfig, "id">;
    answer: { id: string; name: string; registrationType: "manual" | "dcr" | "cimd" | "workload"; status: "verified" | "unverified"; state: "active" | "frozen" | "revoked"; secrets: { id: string; name: string; state: "active" | "revoked"; origin: "config" | "issued"; expiresAt: number | null; createdAt: number }[]; metadata: { [name: string]: unknown }; fingerprint: string | null; createdAt: number; consentedAt: number | null };
  };
  /** Remove a client. */
  deleteClientsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Verify, tag, own or limit a client that registered by itself. */
  patchClientsById: {
    path: { id: string };
    query: undefined;
    body: { status?: "verified" | "unverified"; kind?: "app" | "cli" | "service" | "agent"; tags?: string[]; owner?: string | null; tenants?: string[]; scopes?: string[] | null };
    answer: { id: string; name: string; registrationType: "manual" | "dcr" | "cimd" | "workload"; status: "verified" | "unverified"; state: "active" | "frozen" | "revoked"; secrets: { id: string; name: string; state: "active" | "revoked"; origin: "config" | "issued"; expiresAt: number | null; createdAt: number }[]; metadata: { [name: string]: unknown }; fingerprint: string | null; createdAt: number; consentedAt: number | null };
  };
  /** freeze a client; every issuance path refuses at once, live tokens die by signal. */
  postClientsByIdFreeze: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: string; moved: boolean };
  };
  /** revoke a client; every issuance path refuses at once, live tokens die by signal. */
  postClientsByIdRevoke: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: string; moved: boolean };
  };
  /** Make another secret; it is shown in the answer and never again. */
  postClientsByIdSecrets: {
    path: { id: string };
    query: undefined;
    body: { name?: string; expiresAt?: string } | undefined;
    answer: { id: string; secret: string; client: string };
  };
  /** End a secret at once. */
  deleteClientsByIdSecretsBySecret: {
    path: { id: string; secret: string };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Make the successor of a secret; the old one stays good for `overlap` seconds. */
  postClientsByIdSecretsBySecretRotate: {
    path: { id: string; secret: string };
    query: undefined;
    body: { overlap?: number } | undefined;
    answer: { id: string; secret: string; client: string };
  };
  /** unfreeze a client; every issuance path refuses at once, live tokens die by signal. */
  postClientsByIdUnfreeze: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: string; moved: boolean };
  };
  /** JSON Schema of the config file. */
  getConfigSchemaJson: {
    path: undefined;
    query: undefined;
    body: undefined;
    answer: { [name: string]: unknown };
  };
  /** Policy decisions, newest first, by client, user, agent and what became of the request. */
  getDecisions: {
    path: undefined;
    query: { limit?: number; cursor?: string; client?: string; user?: string; agent?: string; outcome?: "success" | "refused" | "failed" };
    body: undefined;
    answer: { items: Decision[]; next: string | null };
  };
  /** One decision, with its redacted input. */
  getDecisionsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: Decision;
  };
  /** Why a decision is as it is: rules matched, first obstacle of the others, missing attributes, a sentence per scope. */
  getDecisionsByIdExplain: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: { id: string; current: boolean; recorded: Decision; explanation: { scopes: { scope: string; granted: boolean; sentence: string }[]; missing: string[] } };
  };
  /** Audit entries by type, tenant, user, agent, client, txn, outcome and time; newest first unless order=oldest. */
  getEvents: {
    path: undefined;
    query: { limit?: number; cursor?: string; type?: "client.registered" | "client.changed" | "client.removed" | "client.refused" | "client.frozen" | "client.unfrozen" | "client.revoked" | "agent.created" | "agent.frozen" | "agent.unfrozen" | "agent.revoked" | "journey.started" | "journey.refused" | "journey.finished" | "login.succeeded" | "login.failed" | "login.ended" | "link.made" | "link.used" | "factor.sent" | "factor.enrolled" | "user.created" | "user.changed" | "user.invited" | "user.frozen" | "user.unfrozen" | "user.revoked" | "consent.granted" | "consent.narrowed" | "consent.denied" | "consent.revoked" | "grant.frozen" | "grant.unfrozen" | "token.issued" | "token.refreshed" | "token.refused" | "token.replayed" | "token.revoked" | "token.exchanged" | "token.introspected" | "policy.changed" | "policy.refused" | "signal.sent" | "signal.acknowledged" | "key.rotated" | "key.revoked" | "tenant.frozen" | "tenant.unfrozen" | "tenant.revoked" | "admin.read" | "admin.changed" | "admin.refused" | "audit.checkpoint" | "hub.started"; tenant?: string; user?: string; agent?: string; client?: string; txn?: string; outcome?: "success" | "refused" | "failed"; since?: string; until?: string; order?: "newest" | "oldest" };
    body: undefined;
    answer: { items: Event[]; next: string | null };
  };
  /** One audit entry. */
  getEventsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: Event;
  };
  /** Recompute the hash chains, all or of one tenant, and name the first entry that is not as it was written. */
  getEventsVerify: {
    path: undefined;
    query: { tenant?: string | "" };
    body: undefined;
    answer: { ok: boolean; checked: number; firstBroken?: { chain: string; seq: number; fault: "altered" | "missing" | "reordered" | "column-altered" | "truncated" | "contradicted" } };
  };
  /** The hub as a config, without secrets; YAML when the caller accepts application/yaml. */
  getExport: {
    path: undefined;
    query: undefined;
    body: undefined;
    answer: { [name: string]: unknown };
  };
  /** What users allowed which clients. */
  getGrants: {
    path: undefined;
    query: { limit?: number; cursor?: string; client?: string; user?: string; agent?: string; tenant?: string; resource?: string; state?: "active" | "frozen" | "revoked" };
    body: undefined;
    answer: { items: Grant[]; next: string | null };
  };
  /** One grant. */
  getGrantsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: Grant;
  };
  /** freeze a grant; every issuance path refuses at once, live tokens die by signal. */
  postGrantsByIdFreeze: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: string; moved: boolean };
  };
  /** revoke a grant; every issuance path refuses at once, live tokens die by signal. */
  postGrantsByIdRevoke: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: string; moved: boolean };
  };
  /** unfreeze a grant; every issuance path refuses at once, live tokens die by signal. */
  postGrantsByIdUnfreeze: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: string; moved: boolean };
  };
  /** Signing keys, oldest first. */
  getKeys: {
    path: undefined;
    query: { limit?: number; cursor?: string };
    body: undefined;
    answer: { items: Key[]; next: string | null };
  };
  /** Give a key up as compromised: unpublished at once; if it was signing, the next one signs. */
  postKeysByIdRevoke: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: "revoked"; moved: boolean };
  };
  /** Let the next key sign, of one algorithm or of all; `force` does not wait until verifiers know it. */
  postKeysRotate: {
    path: undefined;
    query: undefined;
    body: { alg?: "ES256" | "EdDSA" | "RS256"; force?: boolean } | undefined;
    answer: { rotated: { alg: "ES256" | "EdDSA" | "RS256"; active: string; retired: string; next: string }[] };
  };
  /** This API as OpenAPI 3.1. */
  getOpenapiJson: {
    path: undefined;
    query: undefined;
    body: undefined;
    answer: { [name: string]: unknown };
  };
  /** What applying this config would change, by rehearsing it. */
  postPlan: {
    path: undefined;
    query: undefined;
    body: Config;
    answer: Plan;
  };
  /** All policies, by id. */
  getPolicies: {
    path: undefined;
    query: { limit?: number; cursor?: string };
    body: undefined;
    answer: { items: Policy[]; next: string | null };
  };
  /** One policy. */
  getPoliciesById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: Policy;
  };
  /** Create or replace a policy by an id of your own. */
  putPoliciesById: {
    path: { id: string };
    query: undefined;
    body: Placed<PolicyConfig, "id">;
    answer: Policy;
  };
  /** Remove a policy. */
  deletePoliciesById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Who may register by themselves, hub-wide. */
  getRegistration: {
    path: undefined;
    query: undefined;
    body: undefined;
    answer: { dcr: { mode: "open" | "closed"; redirectHosts: string[] }; cimd: { enabled: boolean; hosts: string[]; verifiedHosts: string[] } };
  };
  /** Say who may register by themselves, hub-wide; a resource can only be stricter. */
  putRegistration: {
    path: undefined;
    query: undefined;
    body: { dcr?: { mode?: "open" | "closed"; redirectHosts?: string[] }; cimd?: { enabled?: boolean; hosts?: string[]; verifiedHosts?: string[] } };
    answer: { dcr: { mode: "open" | "closed"; redirectHosts: string[] }; cimd: { enabled: boolean; hosts: string[]; verifiedHosts: string[] } };
  };
  /** Initial access tokens, by name; never the tokens themselves. */
  getRegistrationTokens: {
    path: undefined;
    query: undefined;
    body: undefined;
    answer: { items: { id: string; name: string; expiresAt: number }[]; next: null };
  };
  /** Make an initial access token (RFC 7591 section 3), good for `ttl` seconds and shown once. */
  postRegistrationTokens: {
    path: undefined;
    query: undefined;
    body: { name: string; ttl?: number };
    answer: { id: string; name: string; expiresAt: number; token: string };
  };
  /** Revoke an initial access token; what it registered stays. */
  deleteRegistrationTokensById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** All resources, by id. */
  getResources: {
    path: undefined;
    query: { limit?: number; cursor?: string };
    body: undefined;
    answer: { items: Resource[]; next: string | null };
  };
  /** One resource. */
  getResourcesById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: Resource;
  };
  /** Create or replace a resource by an id of your own. */
  putResourcesById: {
    path: { id: string };
    query: undefined;
    body: Placed<ResourceConfig, "id">;
    answer: Resource;
  };
  /** Remove a resource. */
  deleteResourcesById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** All roles, by name. */
  getRoles: {
    path: undefined;
    query: { limit?: number; cursor?: string };
    body: undefined;
    answer: { items: Role[]; next: string | null };
  };
  /** One role. */
  getRolesByName: {
    path: { name: string };
    query: undefined;
    body: undefined;
    answer: Role;
  };
  /** Create or replace a role by an id of your own. */
  putRolesByName: {
    path: { name: string };
    query: undefined;
    body: Placed<RoleConfig, "name">;
    answer: Role;
  };
  /** Remove a role. */
  deleteRolesByName: {
    path: { name: string };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Whether people may open an account by themselves. */
  getSettingsAccounts: {
    path: undefined;
    query: undefined;
    body: undefined;
    answer: { registration: "invite" | "open" };
  };
  /** Say whether people may open an account by themselves (`open`) or only by invitation (`invite`). */
  putSettingsAccounts: {
    path: undefined;
    query: undefined;
    body: { registration: "invite" | "open" };
    answer: { registration: "invite" | "open" };
  };
  /** Signals sent, oldest first; the cursor is the last number seen. */
  getSignals: {
    path: undefined;
    query: { limit?: number; cursor?: number };
    body: undefined;
    answer: undefined;
  };
  /** All tenants, by id. */
  getTenants: {
    path: undefined;
    query: { limit?: number; cursor?: string };
    body: undefined;
    answer: { items: Tenant[]; next: string | null };
  };
  /** One tenant. */
  getTenantsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: Tenant;
  };
  /** Create or replace a tenant by an id of your own. */
  putTenantsById: {
    path: { id: string };
    query: undefined;
    body: Placed<TenantConfig, "id">;
    answer: Tenant;
  };
  /** Remove a tenant: it is revoked for good, with everything issued under it. */
  deleteTenantsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** freeze a tenant; every issuance path refuses at once, live tokens die by signal. */
  postTenantsByIdFreeze: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: string; moved: boolean };
  };
  /** revoke a tenant; every issuance path refuses at once, live tokens die by signal. */
  postTenantsByIdRevoke: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: string; moved: boolean };
  };
  /** unfreeze a tenant; every issuance path refuses at once, live tokens die by signal. */
  postTenantsByIdUnfreeze: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: string; moved: boolean };
  };
  /** Users, by e-mail address, tenant and state. */
  getUsers: {
    path: undefined;
    query: { limit?: number; cursor?: string; email?: string; tenant?: string; state?: "active" | "frozen" | "revoked" };
    body: undefined;
    answer: { items: User[]; next: string | null };
  };
  /** One user. */
  getUsersById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: User;
  };
  /** Create or replace a user by an id of your own; a password left out stays as it is. */
  putUsersById: {
    path: { id: string };
    query: undefined;
    body: Placed<UserConfig, "id">;
    answer: User;
  };
  /** Remove a user: revoked for good with everything issued for them, erased but for the id. */
  deleteUsersById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** A link that opens the console for this user, once, within ten minutes. */
  postUsersByIdConsoleLink: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: { link: string };
  };
  /** freeze a user; every issuance path refuses at once, live tokens die by signal. */
  postUsersByIdFreeze: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: string; moved: boolean };
  };
  /** A link to hand over, by which the user chooses a new password once. */
  postUsersByIdPasswordLink: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: { link: string; expiresAt: number };
  };
  /** revoke a user; every issuance path refuses at once, live tokens die by signal. */
  postUsersByIdRevoke: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: string; moved: boolean };
  };
  /** End all sessions of a user; what agents hold stays good. */
  postUsersByIdSignOut: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: { ended: number };
  };
  /** unfreeze a user; every issuance path refuses at once, live tokens die by signal. */
  postUsersByIdUnfreeze: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: string; moved: boolean };
  };
  /** Invite somebody: mails a link that works once, and shows it. */
  postUsersInvite: {
    path: undefined;
    query: undefined;
    body: { email: string; tenant?: string; roles?: string[] };
    answer: { id: string; link: string; expiresAt: number };
  };
};

/** Where each operation is. */
export const OPERATIONS: { readonly [id in keyof Operations]: { readonly method: string; readonly path: string } } = {
  getAgents: { method: 'GET', path: '/admin/v1/agents' },
  getAgentsById: { method: 'GET', path: '/admin/v1/agents/{id}' },
  postAgentsByIdFreeze: { method: 'POST', path: '/admin/v1/agents/{id}/freeze' },
  postAgentsByIdRevoke: { method: 'POST', path: '/admin/v1/agents/{id}/revoke' },
  postAgentsByIdUnfreeze: { method: 'POST', path: '/admin/v1/agents/{id}/unfreeze' },
  postApply: { method: 'POST', path: '/admin/v1/apply' },
  getClients: { method: 'GET', path: '/admin/v1/clients' },
  getClientsById: { method: 'GET', path: '/admin/v1/clients/{id}' },
  putClientsById: { method: 'PUT', path: '/admin/v1/clients/{id}' },
  deleteClientsById: { method: 'DELETE', path: '/admin/v1/clients/{id}' },
  patchClientsById: { method: 'PATCH', path: '/admin/v1/clients/{id}' },
  postClientsByIdFreeze: { method: 'POST', path: '/admin/v1/clients/{id}/freeze' },
  postClientsByIdRevoke: { method: 'POST', path: '/admin/v1/clients/{id}/revoke' },
  postClientsByIdSecrets: { method: 'POST', path: '/admin/v1/clients/{id}/secrets' },
  deleteClientsByIdSecretsBySecret: { method: 'DELETE', path: '/admin/v1/clients/{id}/secrets/{secret}' },
  postClientsByIdSecretsBySecretRotate: { method: 'POST', path: '/admin/v1/clients/{id}/secrets/{secret}/rotate' },
  postClientsByIdUnfreeze: { method: 'POST', path: '/admin/v1/clients/{id}/unfreeze' },
  getConfigSchemaJson: { method: 'GET', path: '/admin/v1/config.schema.json' },
  getDecisions: { method: 'GET', path: '/admin/v1/decisions' },
  getDecisionsById: { method: 'GET', path: '/admin/v1/decisions/{id}' },
  getDecisionsByIdExplain: { method: 'GET', path: '/admin/v1/decisions/{id}/explain' },
  getEvents: { method: 'GET', path: '/admin/v1/events' },
  getEventsById: { method: 'GET', path: '/admin/v1/events/{id}' },
  getEventsVerify: { method: 'GET', path: '/admin/v1/events/verify' },
  getExport: { method: 'GET', path: '/admin/v1/export' },
  getGrants: { method: 'GET', path: '/admin/v1/grants' },
  getGrantsById: { method: 'GET', path: '/admin/v1/grants/{id}' },
  postGrantsByIdFreeze: { method: 'POST', path: '/admin/v1/grants/{id}/freeze' },
  postGrantsByIdRevoke: { method: 'POST', path: '/admin/v1/grants/{id}/revoke' },
  postGrantsByIdUnfreeze: { method: 'POST', path: '/admin/v1/grants/{id}/unfreeze' },
  getKeys: { method: 'GET', path: '/admin/v1/keys' },
  postKeysByIdRevoke: { method: 'POST', path: '/admin/v1/keys/{id}/revoke' },
  postKeysRotate: { method: 'POST', path: '/admin/v1/keys/rotate' },
  getOpenapiJson: { method: 'GET', path: '/admin/v1/openapi.json' },
  postPlan: { method: 'POST', path: '/admin/v1/plan' },
  getPolicies: { method: 'GET', path: '/admin/v1/policies' },
  getPoliciesById: { method: 'GET', path: '/admin/v1/policies/{id}' },
  putPoliciesById: { method: 'PUT', path: '/admin/v1/policies/{id}' },
  deletePoliciesById: { method: 'DELETE', path: '/admin/v1/policies/{id}' },
  getRegistration: { method: 'GET', path: '/admin/v1/registration' },
  putRegistration: { method: 'PUT', path: '/admin/v1/registration' },
  getRegistrationTokens: { method: 'GET', path: '/admin/v1/registration/tokens' },
  postRegistrationTokens: { method: 'POST', path: '/admin/v1/registration/tokens' },
  deleteRegistrationTokensById: { method: 'DELETE', path: '/admin/v1/registration/tokens/{id}' },
  getResources: { method: 'GET', path: '/admin/v1/resources' },
  getResourcesById: { method: 'GET', path: '/admin/v1/resources/{id}' },
  putResourcesById: { method: 'PUT', path: '/admin/v1/resources/{id}' },
  deleteResourcesById: { method: 'DELETE', path: '/admin/v1/resources/{id}' },
  getRoles: { method: 'GET', path: '/admin/v1/roles' },
  getRolesByName: { method: 'GET', path: '/admin/v1/roles/{name}' },
  putRolesByName: { method: 'PUT', path: '/admin/v1/roles/{name}' },
  deleteRolesByName: { method: 'DELETE', path: '/admin/v1/roles/{name}' },
  getSettingsAccounts: { method: 'GET', path: '/admin/v1/settings/accounts' },
  putSettingsAccounts: { method: 'PUT', path: '/admin/v1/settings/accounts' },
  getSignals: { method: 'GET', path: '/admin/v1/signals' },
  getTenants: { method: 'GET', path: '/admin/v1/tenants' },
  getTenantsById: { method: 'GET', path: '/admin/v1/tenants/{id}' },
  putTenantsById: { method: 'PUT', path: '/admin/v1/tenants/{id}' },
  deleteTenantsById: { method: 'DELETE', path: '/admin/v1/tenants/{id}' },
  postTenantsByIdFreeze: { method: 'POST', path: '/admin/v1/tenants/{id}/freeze' },
  postTenantsByIdRevoke: { method: 'POST', path: '/admin/v1/tenants/{id}/revoke' },
  postTenantsByIdUnfreeze: { method: 'POST', path: '/admin/v1/tenants/{id}/unfreeze' },
  getUsers: { method: 'GET', path: '/admin/v1/users' },
  getUsersById: { method: 'GET', path: '/admin/v1/users/{id}' },
  putUsersById: { method: 'PUT', path: '/admin/v1/users/{id}' },
  deleteUsersById: { method: 'DELETE', path: '/admin/v1/users/{id}' },
  postUsersByIdConsoleLink: { method: 'POST', path: '/admin/v1/users/{id}/console-link' },
  postUsersByIdFreeze: { method: 'POST', path: '/admin/v1/users/{id}/freeze' },
  postUsersByIdPasswordLink: { method: 'POST', path: '/admin/v1/users/{id}/password-link' },
  postUsersByIdRevoke: { method: 'POST', path: '/admin/v1/users/{id}/revoke' },
  postUsersByIdSignOut: { method: 'POST', path: '/admin/v1/users/{id}/sign-out' },
  postUsersByIdUnfreeze: { method: 'POST', path: '/admin/v1/users/{id}/unfreeze' },
  postUsersInvite: { method: 'POST', path: '/admin/v1/users/invite' },
};
