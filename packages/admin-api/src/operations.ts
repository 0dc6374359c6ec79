// Generated from openapi.json by tools/gen-api.mjs; do not edit.

export type Problem = { type: string; title: string; status: number; detail?: string; field?: string; errors?: { field: string; message: string }[] };

export type Agent = { id: string; client: string; clientName: string | null; clientHost: string | null; registration: ("manual" | "dcr" | "cimd" | "workload") | null; verified: boolean; principal: { kind: "user" | "tenant" | "client"; id: string }; principalName: string | null; tenant: string | null; owner: { id: string; name: string } | null; state: "active" | "frozen" | "revoked"; stateReason: string | null; createdAt: number; firstUsedAt: number | null; lastUsedAt: number | null; calls: number; denials: number; risk: ("low" | "elevated" | "high") | null; scopes: number; connections: number; dormant: boolean; drift: string[] };

export type AgentDetail = { id: string; client: string; clientName: string | null; clientHost: string | null; registration: ("manual" | "dcr" | "cimd" | "workload") | null; verified: boolean; principal: { kind: "user" | "tenant" | "client"; id: string }; principalName: string | null; tenant: string | null; owner: { id: string; name: string } | null; state: "active" | "frozen" | "revoked"; stateReason: string | null; createdAt: number; firstUsedAt: number | null; lastUsedAt: number | null; calls: number; denials: number; risk: ("low" | "elevated" | "high") | null; scopes: number; connections: AgentConnection[]; dormant: boolean; drift: string[]; access: AgentAccess[]; budget: AgentBudget[]; evidence: AgentEvidence | null; refusals: AgentRefusal[] };

export type AgentConnection = { connection: string; name: string; credential: string; owner: { kind: "user" | "tenant" | "agent"; id: string }; label: string; state: "active" | "failed" | "locked" | "revoked"; granted: string[]; count: number; lastUsedAt: number | null };

export type AgentAccess = { resource: string; scope: string; risk: "low" | "elevated" | "high"; title: string; grant: string | null; via: "consent" | "tenant" | "policy"; consentedAt: number | null; expiresAt: number | null; count: number; lastUsedAt: number | null };

export type AgentBudget = { policy: string; kind: "calls" | "exchanges"; used: number; limit: number; windowSeconds: number; resetsAt: number | null };

export type AgentEvidence = { registration: "manual" | "dcr" | "cimd" | "workload"; host: string | null; registeredAt: number; registeredFrom: string | null; verified: boolean; verifiedBy: ("registration" | "vendor_address" | "listed_host" | "administrator") | null; authMethod: string; redirectHosts: string[]; document: { url: string; source: "live" | "pinned"; fetchedAt: number; digest: string } | null };

export type AgentRefusal = { reason: string; count: number; lastAt: number; decision: string | null };

export type Unfreeze = { id: string; kind: "agent" | "client" | "user" | "tenant" | "grant" | "connection" | "hub"; subject: string; reason: string; state: "waiting" | "confirmed" | "refused" | "expired" | "withdrawn"; askedBy: { user?: string; client?: string; name?: string }; askedAt: number; expiresAt: number; decidedBy: { user?: string; client?: string; name?: string } | null; decidedAt: number | null; decidedFor: string | null };

export type AgentFacets = { total: number; more: boolean; state: { active: number; frozen: number; revoked: number }; risk: { low: number; elevated: number; high: number; none: number }; verified: { true: number; false: number }; owner: { none: number }; dormant: number; neverUsed: number; drift: number };

export type Config = { tenants?: TenantConfig[]; roles?: RoleConfig[]; users?: UserConfig[]; resources?: ResourceConfig[]; issuers?: IssuerConfig[]; clients?: ClientConfig[]; connections?: ConnectionConfig[]; credentials?: CredentialConfig[]; identityProviders?: IdentityProviderConfig[]; flowSecrets?: FlowSecretConfig[]; policies?: PolicyConfig[]; policyTests?: PolicyTestConfig[]; flows?: FlowConfig[]; sinks?: SinkConfig[]; transmitters?: TransmitterConfig[]; settings?: SettingsConfig };

export type TenantConfig = { id: string; name: string; domains?: string[]; attributes?: { [name: string]: unknown }; settings?: { accessTokenTtl?: number; refreshTokenIdleTtl?: number; refreshTokenTtl?: number; allowedGrants?: string[]; branding?: { color?: string; logoText?: string } } };

export type RoleConfig = { name: string; description?: string; permissions?: string[] };

export type UserConfig = { id: string; email: string; name?: string; password?: { value: string } | { env: string } | { file: string }; emailVerified?: boolean; tenants?: { id: string; roles?: string[] }[]; attributes?: { [name: string]: unknown } };

export type ResourceConfig = { id: string; type: "mcp" | "api" | "external"; uri: string; aliases?: string[]; name?: string; scopes: { name: string; title?: string; description?: string; risk?: "low" | "elevated" | "high"; required?: boolean; kind?: "permission" | "attribute" | "connection"; stepUp?: boolean }[]; tools?: { name: string; scopes: string[] }[]; detailTypes?: { type: string; title: string; description?: string; schema?: { [name: string]: unknown } }[]; tags?: string[]; registration?: { cimd?: { enabled?: boolean; hosts?: string[] }; dcr?: { enabled?: boolean } }; settings?: { accessTokenTtl?: number; onExcess?: "narrow" | "reject"; claimAliases?: "descope"; signingAlg?: "ES256" | "EdDSA" | "RS256"; external?: { authorizationServer: string; clients: { [name: string]: string } }; dpop?: "required" | "nonce" } };

export type IssuerConfig = { id: string; issuer: string | string; tenant?: string; preset?: "kubernetes" | "aws" | "aws_sts" | "gcp" | "azure" | "github" | "gitlab" | "spiffe"; purposes?: ("client_assertion" | "jwt_bearer" | "id_jag")[]; audiences?: string[]; algorithms?: ("ES256" | "ES384" | "EdDSA" | "Ed25519" | "RS256" | "PS256")[]; jwksUri?: string; jwks?: { keys: { [name: string]: unknown }[] }; claims?: { [name: string]: string | string[] }; maxLifetime?: number; maxAge?: number; reusable?: ("client_assertion" | "jwt_bearer")[]; publicClients?: boolean; users?: { jit?: boolean; link?: "email" | "none"; email?: string; name?: string; attributes?: { [name: string]: string }; roles?: { claim: string; value: string | string[]; role: string }[]; believeLogin?: boolean } };

export type ClientConfig = { id: string; name: string; kind?: "app" | "cli" | "service" | "agent"; public?: boolean; grants?: string[]; auth?: { method?: "none" | "client_secret_basic" | "client_secret_post" | "private_key_jwt"; secrets?: ({ value: string; name?: string; expiresAt?: string } | { env: string; name?: string; expiresAt?: string } | { file: string; name?: string; expiresAt?: string })[]; jwks?: { keys: { [name: string]: unknown }[] }; jwksUri?: string }; workload?: { issuer: string; subject?: string | string[]; claims?: { [name: string]: string | string[] } }[]; tags?: string[]; owner?: string; tenants?: string[]; redirectUris?: string[]; scopes?: string[]; firstParty?: boolean; settings?: { responseIss?: boolean; dpopBoundAccessTokens?: boolean; dpopNonce?: boolean; requirePushedAuthorizationRequests?: boolean; requireSignedRequestObject?: boolean; requestObjectSigningAlg?: "ES256" | "ES384" | "EdDSA" | "Ed25519" | "RS256" | "PS256"; backchannel?: { delivery: "poll" | "ping"; notificationEndpoint?: string } } };

export type ConnectionConfig = { id: string; name?: string; type: "oauth" | "api_key" | "basic" | "certificate" | "mcp" | "reference"; provider?: string; variables?: { [name: string]: string }; authorizationUrl?: string; tokenUrl?: string; revocationUrl?: string; issuer?: string; clientId?: string; clientAuth?: "client_secret_basic" | "client_secret_post" | "none"; grant?: "authorization_code" | "client_credentials" | "jwt_bearer"; assertion?: { subject?: "account" | "user"; audience?: string; alg?: "RS256" | "ES256" | "EdDSA"; keyId?: string }; scopes?: string[]; alwaysScopes?: string[]; authorizationParams?: { [name: string]: string }; tokenParams?: { [name: string]: string }; url?: string; header?: string; prefix?: string; query?: string; baseUrl?: string; allowedHosts?: string[]; allowedMethods?: ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS")[]; allowedPaths?: string[]; test?: { method?: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS"; path: string }; clientSecret?: { value: string } | { env: string } | { file: string }; tags?: string[]; tenants?: string[]; owners?: ("user" | "agent" | "tenant")[] };

export type CredentialConfig = { id?: string; connection: string; owner: { user?: string; tenant?: string; agent?: string }; label?: string; value?: { value: string } | { env: string } | { file: string }; username?: string; password?: { value: string } | { env: string } | { file: string }; certificate?: string; privateKey?: { value: string } | { env: string } | { file: string }; accessToken?: { value: string } | { env: string } | { file: string }; refreshToken?: { value: string } | { env: string } | { file: string }; reference?: string; scopes?: string[]; expiresAt?: string };

export type IdentityProviderConfig = { id: string; name?: string; type?: "oidc" | "external"; tenant?: string; state?: "on" | "off"; domains?: string[]; enforced?: boolean; exclusions?: { users?: string[]; roles?: string[] }; users?: { jit?: boolean; link?: "email" | "none"; email?: string; name?: string; attributes?: { [name: string]: string }; roles?: { claim: string; value: string | string[]; role: string }[]; believeLogin?: boolean; trustEmail?: boolean }; secondFactor?: { acr?: string[]; amr?: string[] }; issuer?: string; clientId?: string; clientAuth?: "client_secret_basic" | "client_secret_post" | "private_key_jwt" | "none"; clientSecret?: { value: string } | { env: string } | { file: string }; scopes?: string[]; algorithms?: ("ES256" | "ES384" | "EdDSA" | "Ed25519" | "RS256" | "PS256")[]; authorizationParams?: { [name: string]: string }; url?: string; jwksUri?: string; jwks?: { keys: { [name: string]: unknown }[] } };

export type FlowSecretConfig = { id: string; hosts: string[]; value?: { value: string } | { env: string } | { file: string } };

export type PolicyConfig = { id: string; name?: string; description?: string; state?: "off" | "shadow" | "enforce"; effect: "allow" | "deny" | "require"; subject: { any: true } | { clients: string[] } | { conditions: Condition[] }; target: { resources: "all" | string[] | { tags: string[] } | { types: string[] } } | { connections: "all" | string[] | { tags: string[] } | { types: string[] } }; grants?: ("authorization_code" | "client_credentials" | "token_exchange" | "jwt_bearer" | "device_code" | "ciba")[]; scopes?: "all" | string[]; require?: { stepUp?: true | { acr?: string[]; amr?: string[] }; reconsent?: true | { maxAge: number }; approval?: { from: { users?: string[]; roles?: string[]; owner?: true }; count?: number; expiresIn?: number }; maxLifetime?: number; proofOfPossession?: true | ("dpop" | "mtls"); maxDelegationDepth?: number; budget?: { calls?: number; exchanges?: number; window: number } } };

export type Condition = { key: string; operator: "equals" | "notEquals" | "in" | "notIn" | "contains" | "notContains" | "exists" | "matches" | "greaterThan" | "lessThan" | "cidr" | "between"; value: (string | number | boolean) | (string | number | boolean)[] } | { any: Condition[] } | { all: Condition[] } | { not: Condition };

export type PolicyTestConfig = { id: string; name?: string; request: { [name: string]: unknown }; expect: { outcome?: "allow" | "narrow" | "deny"; granted?: string[]; refused?: string[]; requirements?: string[]; decidedBy?: string[] } };

export type FlowConfig = { id: string; name?: string; description?: string; purpose?: "authorize" | "device" | "ciba" | "connect" | "registration" | "sign_in"; start?: string; nodes: ({ id: string; kind: "screen"; label?: string; title: string; text?: string; fields?: { name: string; label: string; type?: "text" | "email" | "number" | "checkbox" | "choice"; required?: boolean; choices?: string[] }[]; buttons?: { name: string; label: string }[] } | { id: string; kind: "identify"; label?: string; ask?: "nothing" | "email" } | { id: string; kind: "authenticate"; label?: string; methods: ("password" | "passkey" | "email_code" | "magic_link" | "oidc" | "sso" | "external")[]; providers?: string[]; session?: "any" | "listed" | "never" } | { id: string; kind: "stepUp"; label?: string; methods: ("passkey" | "totp" | "recovery_code" | "email_code" | "password")[]; acr?: string[]; maxAge?: number; enrol?: boolean } | { id: string; kind: "enrol"; label?: string; methods: ("passkey" | "totp" | "recovery_codes" | "password")[]; optional?: boolean } | { id: string; kind: "selectTenant"; label?: string; required?: boolean; byDomain?: boolean; remembered?: boolean } | { id: string; kind: "condition"; label?: string; branches: { name: string; when: string }[] } | { id: string; kind: "http"; label?: string; method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"; url: string; headers?: { [name: string]: string }; auth?: { kind: "bearer"; secret: string } | { kind: "basic"; user: string; secret: string } | { kind: "apiKey"; header: string; secret: string } | { kind: "clientCredentials"; tokenUrl: string; clientId: string; secret: string; scope?: string } | { kind: "hmac"; header: string; secret: string } | { kind: "signature"; key: string }; body?: { kind: "json"; value: string } | { kind: "form"; fields: { [name: string]: string } }; timeout?: number; retries?: number; statuses?: number[]; outputs?: { [name: string]: { type?: "text" | "number" | "boolean" | "texts" | "any" | "secret"; from: string; required?: boolean } } } | { id: string; kind: "setClaims"; label?: string; claims: { [name: string]: string } } | { id: string; kind: "storeCredential"; label?: string; connection: string; owner?: "user" | "userInTenant" | "tenant"; value: string; accountLabel?: string } | { id: string; kind: "connect"; label?: string; connection: string; scopes?: string[]; owner?: "user" | "userInTenant" | "tenant" } | { id: string; kind: "consent"; label?: string; skipFirstParty?: boolean; remember?: boolean } | { id: string; kind: "tenantConsent"; label?: string } | { id: string; kind: "requestApproval"; label?: string; from: { users?: string[]; roles?: string[]; owner?: boolean }; count?: number; expiresIn?: number; message: string } | { id: string; kind: "updateUser"; label?: string; attributes: { [name: string]: string } } | { id: string; kind: "event"; label?: string; name: string; data?: { [name: string]: string } } | { id: string; kind: "subflow"; label?: string; flow: string } | { id: string; kind: "deny"; label?: string; error?: "access_denied" | "login_required" | "consent_required" | "interaction_required" | "account_selection_required" | "unmet_authentication_requirements" | "invalid_scope" | "temporarily_unavailable" | "server_error"; message?: string } | { id: string; kind: "complete"; label?: string; outputs?: { [name: string]: string } })[]; edges?: { from: string; branch?: string; to: string }[]; layout?: { [name: string]: { x: number; y: number } }; assign?: { clients?: string[]; resources?: string[]; tenants?: string[]; everywhere?: boolean } };

export type SinkConfig = { id: string; name?: string; type: "webhook" | "syslog" | "otlp" | "splunk" | "s3" | "file"; url?: string; format?: "native" | "ocsf" | "cef"; filter?: { types?: string[]; tenants?: string[]; hub?: boolean; outcomes?: ("success" | "refused" | "failed")[] }; mask?: { user?: "hash" | "omit"; ip?: "hash" | "omit"; userAgent?: "hash" | "omit" }; batch?: { events?: number; waitSeconds?: number }; start?: "now" | "beginning"; headers?: { [name: string]: string }; secretHeader?: string; ca?: string; acknowledge?: "close" | "write"; index?: string; source?: string; sourcetype?: string; region?: string; accessKeyId?: string; prefix?: string; maxBytes?: number; keep?: number; secret?: { value: string } | { env: string } | { file: string } };

export type TransmitterConfig = { id: string; name?: string; tenant?: string; state?: "on" | "off"; issuer: string; jwksUri?: string; jwks?: { keys: { [name: string]: unknown }[] }; algorithms?: ("ES256" | "ES384" | "EdDSA" | "Ed25519" | "RS256" | "PS256")[]; audience?: string; delivery?: "push" | "poll"; pollUrl?: string; pollSeconds?: number; secret?: { value: string } | { env: string } | { file: string }; provider?: string; domains?: string[]; does?: { accountDisabled?: "freeze" | "ignore"; sessionRevoked?: "end" | "ignore"; credentialChange?: "end" | "ignore" } };

export type SettingsConfig = { accounts?: { registration: "invite" | "open"; secondFactor?: "offered" | "required" }; agents?: { dormantDays?: number; quarantine?: boolean }; anchor?: { kind: "s3" | "http"; url: string; region?: string; accessKeyId?: string; prefix?: string; lockDays?: number; lockMode?: "COMPLIANCE" | "GOVERNANCE"; secret?: { value: string } | { env: string } | { file: string } }; approvals?: { unknownUsers: "conceal" | "tell"; freshLogin: number }; containment?: { secondPerson: ("agent" | "client" | "user" | "tenant" | "grant" | "connection" | "hub")[]; askedFor: number }; delegation?: { maxDepth: number }; drift?: { name?: "off" | "pinned" | "all"; redirectHosts?: "off" | "pinned" | "all"; keys?: "off" | "pinned" | "all" }; grants?: { defaultDays?: number | null; maxDays?: number | null }; protection?: { dpop?: { nonce?: boolean }; par?: { required?: boolean }; requestObjects?: { required?: boolean; requireId?: boolean } }; registration?: { dcr?: { mode?: "open" | "closed"; redirectHosts?: string[] }; cimd?: { enabled?: boolean; hosts?: string[]; verifiedHosts?: string[] } }; retention?: { months?: number } };

export type Plan = { changes: { kind: string; id: string; change: "create" | "change" | "none"; fields: { field: string; from: unknown; to: unknown }[] }[]; warnings: { kind: string; id: string; message: string }[] };

export type Connection = { id: string; name?: string; type: "oauth" | "api_key" | "basic" | "certificate" | "mcp" | "reference"; provider?: string; variables: { [name: string]: string }; authorizationUrl?: string; tokenUrl?: string; revocationUrl?: string; issuer?: string; clientId?: string; clientAuth?: "client_secret_basic" | "client_secret_post" | "none"; grant?: "authorization_code" | "client_credentials" | "jwt_bearer"; assertion?: { subject: "account" | "user"; audience?: string; alg: "RS256" | "ES256" | "EdDSA"; keyId?: string }; scopes: string[]; alwaysScopes: string[]; authorizationParams: { [name: string]: string }; tokenParams: { [name: string]: string }; url?: string; header?: string; prefix?: string; query?: string; baseUrl?: string; allowedHosts: string[]; allowedMethods: ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS")[]; allowedPaths: string[]; test?: { method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS"; path: string }; tags: string[]; tenants: string[]; owners: ("user" | "agent" | "tenant")[]; hasSecret: boolean; state: "active" | "frozen" | "revoked"; createdAt: number };

export type Credential = { id: string; connection: string; owner: { user?: string; tenant?: string; agent?: string }; label: string; kind: "oauth" | "api_key" | "basic" | "certificate" | "reference"; origin: "admin" | "connect" | "import" | "flow" | "service"; granted: string[]; asked: string[]; refreshable: boolean; state: "active" | "failed" | "locked" | "revoked"; failure: string | null; expiresAt: number | null; connectedAt: number; createdAt: number };

export type ConnectLink = { connect_url: string; expires_at: number; redirect_uri: string };

export type Containment = { kind: "agent" | "client" | "user" | "tenant" | "grant" | "connection" | "hub"; id: string; state: "frozen" | "revoked"; name: string | null; actsFor: { kind: "user" | "tenant"; id: string; name: string | null } | null; reason: string; by: { user?: string; client?: string; name?: string }; since: number; until: number | null; secondPerson: boolean };

export type CredentialRemoved = { id: string; upstream: "told" | "unsupported" | "later" | "nothing" };

export type CredentialRefresh = { result: "fresh" | "reauth" | "unavailable"; renewed: boolean; reason: string | null; retryAt: number | null; credential: Credential };

export type CredentialImport = { credentials: { [name: string]: unknown }[]; dryRun?: boolean; verifyRefresh?: boolean; replace?: boolean };

export type CredentialImported = { dryRun: boolean; created: number; changed: number; unchanged: number; verified: number; rows: { row: number; id: string | null; outcome: "created" | "changed" | "unchanged" }[] };

export type Decision = { id: string; time: string; event: string; type: string; outcome: ("allow" | "narrow" | "deny") | null; client: string | null; user: string | null; agent: string | null; tenant: string | null; granted: string[]; refused: { scope: string; by: string; rule?: string }[]; rules: string[]; shadow: { rule: string; effect: string; scopes: string[] }[]; met: { needs: string; rule: string }[]; unmet: { needs: string; rule: string; scopes: string[] }[]; request: unknown };

export type Event = { id: string; seq: number; time: string; tenant: string | null; type: "client.registered" | "client.changed" | "client.removed" | "client.refused" | "client.frozen" | "client.unfrozen" | "client.revoked" | "knock.dismissed" | "drift.found" | "drift.returned" | "drift.accepted" | "agent.created" | "agent.frozen" | "agent.unfrozen" | "agent.revoked" | "journey.started" | "journey.refused" | "journey.finished" | "flow.noted" | "login.succeeded" | "login.failed" | "login.ended" | "link.made" | "link.used" | "factor.sent" | "factor.enrolled" | "factor.removed" | "user.created" | "user.changed" | "user.invited" | "user.frozen" | "user.unfrozen" | "user.revoked" | "consent.granted" | "consent.narrowed" | "consent.denied" | "consent.revoked" | "grant.frozen" | "grant.unfrozen" | "grant.narrowed" | "grant.restored" | "grant.bounded" | "grant.expired" | "token.issued" | "token.refreshed" | "token.refused" | "token.replayed" | "token.revoked" | "token.exchanged" | "token.introspected" | "approval.requested" | "approval.given" | "approval.refused" | "approval.expired" | "approval.used" | "approval.rate_limited" | "connection.frozen" | "connection.unfrozen" | "connection.revoked" | "credential.stored" | "credential.issued" | "credential.refused" | "credential.used" | "credential.released" | "credential.refreshed" | "credential.failed" | "credential.locked" | "credential.unlocked" | "credential.removed" | "policy.changed" | "policy.forced" | "policy.decided" | "policy.refused" | "flow.changed" | "flow.published" | "flow.rolled_back" | "flow.assigned" | "flow.unassigned" | "unfreeze.requested" | "unfreeze.confirmed" | "unfreeze.refused" | "unfreeze.expired" | "signal.sent" | "signal.acknowledged" | "key.rotated" | "key.revoked" | "tenant.frozen" | "tenant.unfrozen" | "tenant.revoked" | "admin.read" | "admin.changed" | "admin.refused" | "audit.checkpoint" | "audit.pruned" | "sink.failed" | "sink.recovered" | "sink.parked" | "sink.tested" | "sink.replayed" | "sink.paused" | "sink.resumed" | "stream.created" | "stream.changed" | "stream.removed" | "stream.refused" | "stream.failed" | "stream.recovered" | "stream.parked" | "transmitter.heard" | "transmitter.refused" | "transmitter.failed" | "transmitter.recovered" | "anchor.failed" | "anchor.recovered" | "hub.started" | "hub.frozen" | "hub.unfrozen"; initiator: "human" | "agent" | "agent-for-human" | "admin" | "hub"; actor: { user?: string; agent?: string; client?: string; chain: string[] }; target: { type: string; id: string } | null; outcome: "success" | "refused" | "failed"; reason?: string; decision?: string; txn?: string; request: string; ip: string | null; userAgent: string | null; data: { [name: string]: unknown }; prev: string; hash: string };

export type EventOverview = { total?: number; exact: boolean; sampled: number; counting?: true; histogram: { seconds: number; bars: { at: string; n: number; refused: number }[] }; facets: { [name: string]: { value: string; n: number }[] } };

export type FlowAssignment = { purpose: "authorize" | "device" | "ciba" | "connect" | "registration" | "sign_in"; target: FlowTarget; flow: string };

export type FlowTarget = { client: string } | { resource: string } | { tenant: string } | { everywhere: true };

export type FlowChoice = { flow: string; digest: string; by: FlowTarget | null };

export type FlowSecret = { id: string; hosts: string[]; createdAt: number };

export type FlowTemplate = { id: string; title: string; says: string; needs: string[]; flow: { id: string; name?: string; description?: string; purpose: string; start: string; nodes: { id: string; kind: string }[]; edges: { from: string; branch: string; to: string }[] } };

export type Flow = { id: string; name?: string; description?: string; purpose: string; start: string; nodes: { id: string; kind: string }[]; edges: { from: string; branch: string; to: string }[]; layout: { [name: string]: { x: number; y: number } }; builtIn: boolean; published: FlowVersion | null; ahead: boolean; assigned: FlowAssigned; lints: FlowLint[] | null; version: number; createdAt: number | null; updatedAt: number | null };

export type FlowVersion = { flow: string; version: number; digest: string; at: number; by: { initiator: string; user: string | null; client: string | null }; note: string | null; rolledBackTo: number | null };

export type FlowAssigned = { clients: string[]; resources: string[]; tenants: string[]; everywhere: boolean };

export type FlowLint = { code: string; severity: "error" | "warning"; message: string; node: string | null; path: string | null };

export type FlowCompared = { from: string; to: string; nodes: { added: string[]; removed: string[]; changed: string[] }; lines: { added: string[]; removed: string[] }; fields: string[]; documents: { from: { id: string; name?: string; description?: string; purpose: string; start: string; nodes: { id: string; kind: string }[]; edges: { from: string; branch: string; to: string }[] }; to: { id: string; name?: string; description?: string; purpose: string; start: string; nodes: { id: string; kind: string }[]; edges: { from: string; branch: string; to: string }[] } } };

export type FlowPublish = { note?: string };

export type FlowRollback = { version: number };

export type FlowRun = { flow?: unknown; version?: number; facts?: FlowRunFacts; answers?: FlowRunAnswer[]; state?: string };

export type FlowRunFacts = { client?: string | { id: string; name?: string; host?: string; status?: "verified" | "unverified"; registrationType?: "manual" | "dcr" | "cimd" | "workload"; owner?: string; tags?: string[]; firstParty?: boolean; redirectHosts?: string[] }; resource?: string | { id: string; name?: string; uri?: string; type?: string; tags?: string[] }; scopes?: string[]; identityScopes?: string[]; risks?: { [name: string]: "low" | "elevated" | "high" }; user?: string | { id: string; name?: string; email?: string; emailVerified?: boolean; roles?: string[]; permissions?: string[]; attributes?: { [name: string]: unknown } }; session?: { by?: string[]; acr?: string; amr?: string[]; secondsAgo?: number }; tenant?: string; email?: string; acrValues?: string[]; ip?: string; prompt?: ("none" | "login" | "consent" | "select_account")[]; maxAge?: number; tenants?: { id: string; name?: string; sso?: boolean; attributes?: { [name: string]: unknown }; roles?: string[]; permissions?: string[]; domains?: string[] }[]; factors?: string[]; connected?: string[]; calls?: { [name: string]: { status: number; headers?: { [name: string]: string }; body?: unknown } | { failed: string } }; approvals?: { [name: string]: "pending" | "given" | "refused" | "expired" } };

export type FlowRunAnswer = { kind: "arrived"; session?: { by?: string[]; acr?: string; amr?: string[]; secondsAgo?: number } | null } | { kind: "accountKept" } | { kind: "startOver" } | { kind: "pageDone" } | { kind: "skipped" } | { kind: "nothingChosen" } | { kind: "connected" } | { kind: "refused" } | { kind: "acknowledged" } | { kind: "done" } | { kind: "emailGiven"; email: string } | { kind: "signedIn"; by?: string[]; acr?: string; amr?: string[]; secondsAgo?: number; user?: string | { id: string; name?: string; email?: string; emailVerified?: boolean; roles?: string[]; permissions?: string[]; attributes?: { [name: string]: unknown } } } | { kind: "enrolled"; method: string } | { kind: "tenantChosen"; tenant: string } | { kind: "allowed"; scopes?: string[]; identityScopes?: string[]; persistent?: boolean } | { kind: "submitted"; button: string; values?: { [name: string]: unknown } } | { kind: "tenantsFound"; required?: boolean; preferred?: string } | { kind: "consentJudged"; verdict: "ask" | "settled" | "nothing" | "stepUp"; demand?: { acr?: string[]; amr?: string[]; fresh?: true } } | { kind: "tenantConsentJudged"; verdict: "ask" | "not_admin" | "settled" } | { kind: "factorsFound"; methods: string[] } | { kind: "answered"; status: number; headers?: { [name: string]: string }; body?: unknown } | { kind: "failed"; reason?: string } | { kind: "connectionFound"; connected: boolean } | { kind: "approvalStands"; state: "pending" | "given" | "refused" | "expired" };

export type FlowRan = { steps: FlowRunStep[]; waits: "person" | "world" | "nobody"; effect: { kind: string } | null; state: string; stray: number | null; unused: number; digest: string; lints: FlowLint[]; unknown: string[] };

export type FlowRunStep = { event: { kind: string }; from: "caller" | "world" | "service"; before: { [name: string]: unknown }; passed: { node: string; branch: string; outputs: unknown; context: { [name: string]: unknown } }[]; node: string; after: { [name: string]: unknown }; effect: { kind: string }; secrets: string[]; traffic?: unknown; offers?: { name: string; title: string; description: string; risk: string; required: boolean; offered: boolean; because: string | null }[] };

export type FlowVersionWhole = { flow: string; version: number; digest: string; at: number; by: { initiator: string; user: string | null; client: string | null }; note: string | null; rolledBackTo: number | null; document: { id: string; name?: string; description?: string; purpose: string; start: string; nodes: { id: string; kind: string }[]; edges: { from: string; branch: string; to: string }[] } };

export type FlowChecked = { publishable: boolean; faults: { path: string; message: string }[]; lints: FlowLint[]; digest: string | null };

export type Grant = { id: string; client: string; agent: string; user: string | null; tenant: string | null; resource: string; scopes: string[]; authorizationDetails?: { type: string }[]; redirectUri: string; persistent: boolean; state: "active" | "frozen" | "revoked"; createdAt: number; updatedAt: number; expiresAt: number | null; under: string | null };

export type Graph = { nodes: GraphNode[]; edges: GraphEdge[]; truncated: boolean; narrow: string | null; looked: number; next: string | null };

export type GraphNode = { key: string; kind: "agent" | "client" | "user" | "tenant" | "role" | "resource" | "connection" | "credential" | "policy" | "grant"; id: string; name: string; state?: string; risk?: "low" | "elevated" | "high"; scopes?: string[] };

export type GraphEdge = { id: string; from: string; to: string; kind: "acts_for" | "runs" | "belongs" | "holds" | "reaches"; by: { kind: "record" | "policy" | "consent" | "tenant-consent" | "credential" | "role" | "membership"; id: string; sentence: string; scopes?: string[] }[]; conditions: GraphCondition[]; client?: string; way?: string; for?: string; tenant?: string; scopes?: string[]; risk?: "low" | "elevated" | "high"; through?: string[]; credential?: string; refused?: { what: string; id: string; state: string; sentence: string } };

export type GraphCondition = { kind: "second_factor" | "reconsent" | "approval" | "budget" | "proof_of_possession" | "lifetime" | "subject_token" | "assertion" | "depends" | "unless"; sentence: string; rule?: string; scopes?: string[] };

export type GraphChange = { policy?: string; grant?: string; credential?: string; connection?: string; role?: string; client?: string; user?: string; resource?: string; draft?: PolicyDraft; within?: { kind: "agent" | "client" | "user" | "tenant" | "resource" | "connection" | "policy" | "role" | "grant" | "credential"; id: string }; cursor?: string; limit?: number };

export type PolicyDraft = { put?: { [name: string]: unknown }[]; remove?: string[] };

export type GraphWithout = { sentences: { sentence: string; client: string; target: string; lost: string[]; gained: string[]; people: number }[]; more: number; differences: GraphDifference[]; nodes: GraphNode[]; truncated: boolean; narrow: string | null; looked: number; next: string | null };

export type GraphDifference = { edge: GraphEdge; is: "gone" | "new" | "less" | "more" | "other"; lost: string[]; gained: string[]; asks: GraphCondition[]; spares: GraphCondition[] };

export type IdentityProvider = { id: string; name?: string; type: "oidc" | "external"; tenant?: string; state: "on" | "off"; domains: string[]; enforced: boolean; exclusions: { users: string[]; roles: string[] }; users: { jit: boolean; link: "email" | "none"; email: string; name: string; attributes: { [name: string]: string }; roles: { claim: string; value: string | string[]; role: string }[]; believeLogin: boolean; trustEmail: boolean }; secondFactor: { acr: string[]; amr: string[] }; issuer?: string; clientId?: string; clientAuth?: "client_secret_basic" | "client_secret_post" | "private_key_jwt" | "none"; scopes?: string[]; algorithms?: ("ES256" | "ES384" | "EdDSA" | "Ed25519" | "RS256" | "PS256")[]; authorizationParams: { [name: string]: string }; url?: string; jwksUri?: string; jwks?: { keys: { [name: string]: unknown }[] }; hasSecret: boolean; callback: string; way: string; createdAt: number };

export type IdentityProviderLink = { subject: string; user: string; createdAt: number };

export type IssuerPreview = { deed: "known" | "linked" | "created" | "updated" | "refused"; reason: string | null; sentence: string | null; user: { id: string | null; email: string; name: string | null; emailVerified: boolean; tenants: { id: string; roles: string[] }[]; attributes: { [name: string]: unknown } } | null; rolesGiven: string[]; attributesGiven: { [name: string]: unknown } };

export type Issuer = { id: string; issuer: string | string; tenant?: string; preset?: "kubernetes" | "aws" | "aws_sts" | "gcp" | "azure" | "github" | "gitlab" | "spiffe"; purposes: ("client_assertion" | "jwt_bearer" | "id_jag")[]; audiences?: string[]; algorithms?: ("ES256" | "ES384" | "EdDSA" | "Ed25519" | "RS256" | "PS256")[]; jwksUri?: string; jwks?: { keys: { [name: string]: unknown }[] }; claims: { [name: string]: string | string[] }; maxLifetime?: number; maxAge?: number; reusable?: ("client_assertion" | "jwt_bearer")[]; publicClients: boolean; users?: { jit: boolean; link: "email" | "none"; email: string; name: string; attributes: { [name: string]: string }; roles: { claim: string; value: string | string[]; role: string }[]; believeLogin: boolean }; about: { title: string; issuer: string; hint: string; claims: string[] } | null; createdAt: number };

export type AssertionCheck = { verdict: { ok: boolean; sentence: string; client: string | null }; token: { [name: string]: unknown } | null; issuers: { issuer: string; purpose: "client_assertion" | "jwt_bearer" | "id_jag"; matches: boolean; reason: string | null; sentence: string | null }[]; clients: { client: string; issuer: string; matches: boolean; reason: string | null; sentence: string | null }[] };

export type Journey = { id: string; purpose: "authorize" | "device" | "ciba" | "connect" | "registration" | "sign_in"; flow: { id: string; version: number; digest: string } | null; client: string | null; user: string | null; tenant: string | null; state: "running" | "ended" | "expired"; node: string; trail: { node: string; branch: string }[]; acr: string | null; amr: string[]; claims: { [name: string]: unknown }; txn: string; startedAt: number; expiresAt: number; endedAt: number | null };

export type KeyStatus = { kek: string; dataKeys: { total: number; otherKek: number }; secrets: { total: number; retiredKey: number }; rotation: { id: string; dataKeys: boolean; startedAt: number; finishedAt: number | null } | null };

export type Key = { id: string; alg: "ES256" | "EdDSA" | "RS256"; state: "next" | "active" | "retired" | "revoked"; published: boolean; createdAt: number; activatedAt: number | null; retiredAt: number | null };

export type Policy = { id: string; name?: string; description?: string; state?: "off" | "shadow" | "enforce"; effect: "allow" | "deny" | "require"; subject: { any: true } | { clients: string[] } | { conditions: Condition[] }; target: { resources: "all" | string[] | { tags: string[] } | { types: string[] } } | { connections: "all" | string[] | { tags: string[] } | { types: string[] } }; grants?: ("authorization_code" | "client_credentials" | "token_exchange" | "jwt_bearer" | "device_code" | "ciba")[]; scopes?: "all" | string[]; require?: { stepUp?: true | { acr?: string[]; amr?: string[] }; reconsent?: true | { maxAge: number }; approval?: { from: { users?: string[]; roles?: string[]; owner?: true }; count?: number; expiresIn?: number }; maxLifetime?: number; proofOfPossession?: true | ("dpop" | "mtls"); maxDelegationDepth?: number; budget?: { calls?: number; exchanges?: number; window: number } }; version: number; createdAt: number; updatedAt: number };

export type BudgetUsage = { agent: string; kind: "calls" | "exchanges"; limit: number; window: number; used: number; left: number; retryAfter: number };

export type PolicyImpact = { since?: string; until?: string; client?: string; user?: string; agent?: string; tenant?: string; resource?: string; connection?: string; limit?: number; samples?: number; replace?: { [name: string]: unknown } };

export type PolicyReplayed = { changed: number; gained: number; lost: number; requirements: number; total: number; drifted: number; byClient: { changed: number; gained: number; lost: number; requirements: number; client: string }[]; byAgent: { changed: number; gained: number; lost: number; requirements: number; agent: string; client: string }[]; byScope: { changed: number; gained: number; lost: number; requirements: number; target: { kind: string; id: string }; scope: string }[]; byRule: { changed: number; gained: number; lost: number; requirements: number; rule: string }[]; samples: { id: string; gained: string[]; lost: string[] }[]; scanned: number; complete: boolean; oldest: number | null; newest: number | null; notRecorded: string[] };

export type PolicyMatch = { id: string; tenant: string | null; client: string | null; user: string | null; covers: "yes" | "open"; depends: string[] };

export type PolicyRollback = { version: number };

export type PolicyVersion = { policy: string; version: number; at: number; by: { initiator: string; user: string | null; client: string | null }; removed: boolean; rule: PolicyConfig | null };

export type PolicyVersionCompared = { policy: string; version: number; at: number; by: { initiator: string; user: string | null; client: string | null }; removed: boolean; rule: PolicyConfig | null; diff: { field: string; from: unknown; to: unknown }[] };

export type PolicyCoverage = { rule: string; state: "off" | "shadow" | "enforce"; effect: "allow" | "deny" | "require"; scopes: "all" | string[]; covers: "yes" | "open" | "no"; depends: string[] };

export type PolicyImport = { rules: unknown; state?: "off" | "shadow" | "enforce"; apply?: boolean };

export type PolicyImported = { applied: boolean; rules: { id: string; change: "create" | "change" | "none" }[]; notes: { at: string; message: string }[] };

export type PolicyReplay = { since?: string; until?: string; client?: string; user?: string; agent?: string; tenant?: string; resource?: string; connection?: string; limit?: number; samples?: number; draft: PolicyDraft };

export type PolicyShadow = { items: { rule: string; effect: string; state: ("off" | "shadow" | "enforce") | null; spoke: number; wouldChange: number; since: number | null; last: number | null; agents: { decisions: number; agent: string; client: string }[]; scopes: { decisions: number; target: { kind: string; id: string }; scope: string; change: "gained" | "lost" | "required" }[]; samples: string[] }[]; read: number; scanned: number; complete: boolean; oldest: number | null; newest: number | null };

export type PolicySimulation = { draft?: PolicyDraft };

export type PolicySimulated = { decision: PolicyVerdict; explanation: { missing: string[] }; request: unknown; unknown: string[]; beyond: string[]; current: PolicyVerdict | null };

export type PolicyVerdict = { outcome: "allow" | "narrow" | "deny"; granted: string[]; refused: { scope: string; by: string; rule?: string }[]; requirements: { rule: string; scopes: string[] }[]; rules: string[]; reach: boolean };

export type PolicyTestRun = { passed: number; failed: number; results: { id: string; name: string; passed: boolean; failures: string[]; expected: unknown; got: unknown }[] };

export type PolicyTest = { id: string; name?: string; request: { [name: string]: unknown }; expect: { outcome?: "allow" | "narrow" | "deny"; granted?: string[]; refused?: string[]; requirements?: string[]; decidedBy?: string[] }; createdAt: number; updatedAt: number };

export type Provider = { id: string; name: string; type: "oauth" | "api_key" | "basic"; category: string; docs: string; verified: "metadata" | "documentation" | "unverified"; evidence: ({ kind: "metadata"; issuer: string } | { kind: "documentation"; url: string; read: ("authorizationUrl" | "tokenUrl")[] } | { kind: "program"; name: string })[]; variables: { name: string; title: string; example: string; default: string | null }[]; authorizationUrl: string | null; tokenUrl: string | null; revocationUrl: string | null; userinfoUrl: string | null; pkce: ("required" | "supported" | "unknown" | "refused") | null; refresh: ("rotates" | "keeps" | "none") | null; quirks: { [name: string]: unknown }; scopes: { name: string; title: string; writes: boolean }[]; alwaysScopes: string[]; header: string | null; prefix: string | null; query: string | null; baseUrl: string; allowedHosts: string[]; allowedPaths: string[]; headers: { [name: string]: string }; test: { method: string; path: string } | null; makeAt: string | null; notes: string | null };

export type Resource = { id: string; type: "mcp" | "api" | "external"; uri: string; aliases: string[]; name?: string; scopes: { name: string; title?: string; description?: string; risk: "low" | "elevated" | "high"; required: boolean; kind: "permission" | "attribute" | "connection"; stepUp: boolean }[]; tools: { name: string; scopes: string[] }[]; detailTypes: { type: string; title: string; description: string; schema: { [name: string]: unknown } }[]; tags: string[]; registration: { cimd: { enabled: boolean; hosts: string[] }; dcr: { enabled: boolean } }; settings: { accessTokenTtl?: number; onExcess: "narrow" | "reject"; claimAliases?: "descope"; signingAlg?: "ES256" | "EdDSA" | "RS256"; external?: { authorizationServer: string; clients: { [name: string]: string } }; dpop?: "required" | "nonce" }; createdAt: number };

export type Role = { name: string; description?: string; permissions: string[] };

export type Anchor = { anchor: { kind: "s3" | "http"; url: string; region?: string; accessKeyId?: string; prefix?: string; lockDays?: number; lockMode: "COMPLIANCE" | "GOVERNANCE"; hasSecret: boolean } | null; health: { status: "healthy" | "failing"; sentence: string | null; since: number | null; failures: number; retryAt: number | null; anchoredAt: number | null; pending: number; oldestPendingAt: number | null } | null };

export type AnchorConfig = { kind: "s3" | "http"; url: string; region?: string; accessKeyId?: string; prefix?: string; lockDays?: number; lockMode?: "COMPLIANCE" | "GOVERNANCE"; secret?: { value: string } };

export type Signal = { id: string; seq: number; at: number; kind: "agent" | "client" | "user" | "tenant" | "grant" | "token" | "hub"; subject: string; state: "frozen" | "revoked" | "restored"; reason: string };

export type SignalHeard = { signal: Signal; spread: { acknowledged: number; silent: number; away: number; p50: number | null; p95: number | null; slowest: number | null }; servers: { client: string; instance: string; resources: string[]; state: "acknowledged" | "silent" | "away"; at: number | null; ms: number | null }[] };

export type SignalPropagation = { since: number; signals: number; p50: number | null; p95: number | null; slowest: number | null; histogram: { to: number | null; count: number }[]; servers: { client: string; instance: string; resources: string[]; listening: boolean; seq: number; seenAt: number; signals: number; p50: number | null; p95: number | null }[] };

export type Sink = { id: string; name?: string; type: "webhook" | "syslog" | "otlp" | "splunk" | "s3" | "file"; url?: string; format: "native" | "ocsf" | "cef"; filter: { types: string[]; tenants: string[]; hub: boolean; outcomes: ("success" | "refused" | "failed")[] }; mask: { user?: "hash" | "omit"; ip?: "hash" | "omit"; userAgent?: "hash" | "omit" }; batch: { events?: number; waitSeconds?: number }; start: "now" | "beginning"; headers: { [name: string]: string }; secretHeader?: string; ca?: string; acknowledge: "close" | "write"; index?: string; source?: string; sourcetype?: string; region?: string; accessKeyId?: string; prefix?: string; maxBytes?: number; keep?: number; hasSecret: boolean; state: "active" | "paused"; createdAt: number; health: { status: "healthy" | "failing"; sentence: string | null; since: number | null; failures: number; retryAt: number | null }; delivered: number; deliveredAt: number | null; pending: number; oldestPendingAt: number | null; deadLetters: number };

export type DeadLetter = { id: string; tenant: string | null; seq: number; type: string; reason: string; tries: number; parkedAt: number; again: boolean };

export type Stream = { id: string; client: string; tenant: string | null; delivery: "push" | "poll"; endpointUrl: string | null; pollUrl: string | null; askedAt: number | null; hasAuthorization: boolean; events: string[]; description: string | null; status: "enabled" | "paused" | "disabled"; statusReason: string | null; heldBy: ("client" | "admin") | null; createdAt: number; health: { status: "healthy" | "behind" | "failing"; sentence: string | null; since: number | null; failures: number; retryAt: number | null }; delivered: number; deliveredAt: number | null; pending: number; oldestPendingAt: number | null; deadLetters: number };

export type StreamDeadLetter = { id: string; events: string[]; reason: string; tries: number; parkedAt: number };

export type Tenant = { id: string; name: string; domains: string[]; attributes: { [name: string]: unknown }; settings: { accessTokenTtl?: number; refreshTokenIdleTtl?: number; refreshTokenTtl?: number; allowedGrants?: string[]; branding?: { color?: string; logoText?: string } }; state: "active" | "frozen" | "revoked"; createdAt: number };

export type Transmitter = { id: string; name?: string; tenant?: string; state: "on" | "off"; issuer: string; jwksUri?: string; jwks?: { keys: { [name: string]: unknown }[] }; algorithms: ("ES256" | "ES384" | "EdDSA" | "Ed25519" | "RS256" | "PS256")[]; audience?: string; delivery: "push" | "poll"; pollUrl?: string; pollSeconds: number; provider?: string; domains: string[]; does: { accountDisabled: "freeze" | "ignore"; sessionRevoked: "end" | "ignore"; credentialChange: "end" | "ignore" }; hasSecret: boolean; createdAt: number; receiveUrl: string; heard: number; heardAt: number | null; health: { status: "healthy" | "failing"; sentence: string | null; since: number | null; failures: number } };

export type TransmitterHold = { user: string; tenant: string | null; at: number };

export type Delegation = { txn: string; tenant: string | null; principal: string; nodes: { id: string; kind: "user" | "tenant" | "agent"; client: string | null; state: "active" | "frozen" | "revoked" }[]; edges: { from: string; to: string; at: string; event: string; deed: "issued" | "refreshed" | "exchanged"; jti: string; parent: string | null; resource: string | null; scopes: string[]; decision: string | null; expiresAt: string; state: "good" | "expired" | "revoked" | "stopped" }[]; refused: { at: string; event: string; client: string | null; agent: string | null; targets: string[]; scopes: string[]; reason: string | null; decision: string | null }[]; truncated: boolean };

export type ListedUnfreeze = { id: string; kind: "agent" | "client" | "user" | "tenant" | "grant" | "connection" | "hub"; subject: string; reason: string; state: "waiting" | "confirmed" | "refused" | "expired" | "withdrawn"; askedBy: { user?: string; client?: string; name?: string }; askedAt: number; expiresAt: number; decidedBy: { user?: string; client?: string; name?: string } | null; decidedAt: number | null; decidedFor: string | null; name: string | null; actsFor: { kind: "user" | "tenant"; id: string; name: string | null } | null; barred: { type: "same_person" | "made_since" | "handed_over"; title: string; detail: string } | null };

export type User = { id: string; email: unknown; name?: string; emailVerified: boolean; tenants: { id: string; roles: string[] }[]; attributes: { [name: string]: unknown }; passwordSet: boolean; heldIn: string[]; state: "active" | "frozen" | "revoked"; createdAt: number };

/** T whose members K may be left out, because the path says them. */
type Placed<T, K extends string> = Omit<T, K> & Partial<Pick<T, K & keyof T>>;

/** What each operation takes and answers, by its id. */
export type Operations = {
  /** What should be looked at in the whole hub, worst kind first. A page may have fewer than asked for and still have a next one. */
  getAdvice: {
    path: undefined;
    query: { limit?: number; cursor?: string; kind?: "drift" | "dormant_with_write" | "unverified_high_risk" | "no_owner" | "unused_scopes" | "never_used" | "dormant" | "no_end" };
    body: undefined;
    answer: { items: { id: string; kind: "drift" | "dormant_with_write" | "unverified_high_risk" | "no_owner" | "unused_scopes" | "never_used" | "dormant" | "no_end"; weight: number; sentence: string; at: number; client: string | null; agent: string | null; resource: string | null; grant: string | null; drift: string | null; evidence: { [name: string]: unknown }; deed: { label: string; method: string; path: string; body: { [name: string]: unknown } | null } }[]; next: string | null };
  };
  /** Agents, by client, person, tenant, owner, state, use and risk. */
  getAgents: {
    path: undefined;
    query: { limit?: number; cursor?: string; client?: string; user?: string; tenant?: string; owner?: string; state?: "active" | "frozen" | "revoked"; reason?: string; dormant?: "true" | "false"; verified?: "true" | "false"; used?: "never"; risk?: "low" | "elevated" | "high"; drift?: "true" | "false"; q?: string; sort?: "created" | "-created" | "last_used" | "-last_used" | "calls" | "-calls" | "denials" | "-denials" };
    body: undefined;
    answer: { items: Agent[]; next: string | null };
  };
  /** One agent: what it may do by whose word and when it last did, its connections, budgets, evidence and refusals. */
  getAgentsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: AgentDetail;
  };
  /** What should be looked at about one agent, worst first, each with its evidence and what would settle it. */
  getAgentsByIdAdvice: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: { items: { id: string; kind: "drift" | "dormant_with_write" | "unverified_high_risk" | "no_owner" | "unused_scopes" | "never_used" | "dormant" | "no_end"; weight: number; sentence: string; at: number; client: string | null; agent: string | null; resource: string | null; grant: string | null; drift: string | null; evidence: { [name: string]: unknown }; deed: { label: string; method: string; path: string; body: { [name: string]: unknown } | null } }[] };
  };
  /** Freeze an agent; every issuance path refuses at once, live tokens die by signal. */
  postAgentsByIdFreeze: {
    path: { id: string };
    query: undefined;
    body: { reason?: string; until?: number } | undefined;
    answer: { id: string; state: "active" | "frozen" | "revoked"; moved: boolean };
  };
  /** Say who answers for an agent: a user, in the tenant of the agent where it has one; null: nobody. */
  putAgentsByIdOwner: {
    path: { id: string };
    query: undefined;
    body: Placed<{ id?: string; owner: string | null }, "id">;
    answer: Agent;
  };
  /** Revoke an agent for good; every issuance path refuses at once, live tokens die by signal. */
  postAgentsByIdRevoke: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: "active" | "frozen" | "revoked"; moved: boolean };
  };
  /** Let an agent go on that was frozen. */
  postAgentsByIdUnfreeze: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: "active" | "frozen" | "revoked"; moved: boolean } | { id: string; state: "active" | "frozen" | "revoked"; moved: boolean; unfreeze: Unfreeze };
  };
  /** How many agents of a filter are in which state, of which risk, dormant, never used, without an owner; at most 10,000 are counted. */
  getAgentsFacets: {
    path: undefined;
    query: { client?: string; user?: string; tenant?: string; owner?: string; state?: "active" | "frozen" | "revoked"; reason?: string; dormant?: "true" | "false"; verified?: "true" | "false"; used?: "never"; risk?: "low" | "elevated" | "high"; drift?: "true" | "false"; q?: string };
    body: undefined;
    answer: AgentFacets;
  };
  /** Make the hub as this config says: all of it, or nothing; refused when it breaks a saved policy test, unless x-writ-force: true. */
  postApply: {
    path: undefined;
    query: undefined;
    body: Config;
    answer: Plan;
  };
  /** Decisions that agents asked of people. */
  getApprovals: {
    path: undefined;
    query: { limit?: number; cursor?: string; client?: string; agent?: string; user?: string; tenant?: string; resource?: string; state?: "pending" | "given" | "refused" | "expired" | "used" };
    body: undefined;
    answer: { items: { id: string; state: "pending" | "given" | "refused" | "expired" | "used"; client: string; agent: string | null; user: string | null; tenant: string | null; resource: string | null; grant: string; flow: { version: string; node: string; message: string; redirectUris?: string[] } | null; scopes: string[]; authorizationDetails: { [name: string]: unknown }[]; actors: string[]; needs: { rule: string; from: { [name: string]: unknown }; count: number; given: number }[]; votes: { user: string; verdict: "give" | "refuse"; reason: string | null; at: number }[]; reason: string | null; txn: string; createdAt: number; expiresAt: number; decidedAt: number | null }[]; next: string | null };
  };
  /** One approval. */
  getApprovalsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: { id: string; state: "pending" | "given" | "refused" | "expired" | "used"; client: string; agent: string | null; user: string | null; tenant: string | null; resource: string | null; grant: string; flow: { version: string; node: string; message: string; redirectUris?: string[] } | null; scopes: string[]; authorizationDetails: { [name: string]: unknown }[]; actors: string[]; needs: { rule: string; from: { [name: string]: unknown }; count: number; given: number }[]; votes: { user: string; verdict: "give" | "refuse"; reason: string | null; at: number }[]; reason: string | null; txn: string; createdAt: number; expiresAt: number; decidedAt: number | null };
  };
  /** Say yes as the user behind this call, where the rule lets that user decide. */
  postApprovalsByIdGive: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: "pending" | "given" | "refused" | "expired" | "used"; client: string; agent: string | null; user: string | null; tenant: string | null; resource: string | null; grant: string; flow: { version: string; node: string; message: string; redirectUris?: string[] } | null; scopes: string[]; authorizationDetails: { [name: string]: unknown }[]; actors: string[]; needs: { rule: string; from: { [name: string]: unknown }; count: number; given: number }[]; votes: { user: string; verdict: "give" | "refuse"; reason: string | null; at: number }[]; reason: string | null; txn: string; createdAt: number; expiresAt: number; decidedAt: number | null };
  };
  /** Refuse it for good; any administrator may. */
  postApprovalsByIdRefuse: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: "pending" | "given" | "refused" | "expired" | "used"; client: string; agent: string | null; user: string | null; tenant: string | null; resource: string | null; grant: string; flow: { version: string; node: string; message: string; redirectUris?: string[] } | null; scopes: string[]; authorizationDetails: { [name: string]: unknown }[]; actors: string[]; needs: { rule: string; from: { [name: string]: unknown }; count: number; given: number }[]; votes: { user: string; verdict: "give" | "refuse"; reason: string | null; at: number }[]; reason: string | null; txn: string; createdAt: number; expiresAt: number; decidedAt: number | null };
  };
  /** Clients; dynamic registrations of one program are one row with their number, unless asked for by fingerprint. */
  getClients: {
    path: undefined;
    query: { limit?: number; cursor?: string; registrationType?: "manual" | "dcr" | "cimd" | "workload"; status?: "verified" | "unverified"; state?: "active" | "frozen" | "revoked"; kind?: "app" | "cli" | "service" | "agent"; tag?: string; owner?: string; tenant?: string; name?: string; fingerprint?: string };
    body: undefined;
    answer: { items: { id: string; name: string; registrationType: "manual" | "dcr" | "cimd" | "workload"; status: "verified" | "unverified"; state: "active" | "frozen" | "revoked"; grants: string[]; secrets: { id: string; name: string; state: "active" | "revoked"; origin: "config" | "issued"; expiresAt: number | null; createdAt: number }[]; metadata: { [name: string]: unknown }; fingerprint: string | null; createdAt: number; consentedAt: number | null; registrations: number }[]; next: string | null };
  };
  /** One client. */
  getClientsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: { id: string; name: string; registrationType: "manual" | "dcr" | "cimd" | "workload"; status: "verified" | "unverified"; state: "active" | "frozen" | "revoked"; grants: string[]; secrets: { id: string; name: string; state: "active" | "revoked"; origin: "config" | "issued"; expiresAt: number | null; createdAt: number }[]; metadata: { [name: string]: unknown }; fingerprint: string | null; createdAt: number; consentedAt: number | null };
  };
  /** Create or replace a client by an id of your own. */
  putClientsById: {
    path: { id: string };
    query: undefined;
    body: Placed<ClientConfig, "id">;
    answer: { id: string; name: string; registrationType: "manual" | "dcr" | "cimd" | "workload"; status: "verified" | "unverified"; state: "active" | "frozen" | "revoked"; grants: string[]; secrets: { id: string; name: string; state: "active" | "revoked"; origin: "config" | "issued"; expiresAt: number | null; createdAt: number }[]; metadata: { [name: string]: unknown }; fingerprint: string | null; createdAt: number; consentedAt: number | null };
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
    answer: { id: string; name: string; registrationType: "manual" | "dcr" | "cimd" | "workload"; status: "verified" | "unverified"; state: "active" | "frozen" | "revoked"; grants: string[]; secrets: { id: string; name: string; state: "active" | "revoked"; origin: "config" | "issued"; expiresAt: number | null; createdAt: number }[]; metadata: { [name: string]: unknown }; fingerprint: string | null; createdAt: number; consentedAt: number | null };
  };
  /** Freeze a client; every issuance path refuses at once, live tokens die by signal. */
  postClientsByIdFreeze: {
    path: { id: string };
    query: undefined;
    body: { reason?: string; until?: number } | undefined;
    answer: { id: string; state: "active" | "frozen" | "revoked"; moved: boolean };
  };
  /** Revoke a client for good; every issuance path refuses at once, live tokens die by signal. */
  postClientsByIdRevoke: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: "active" | "frozen" | "revoked"; moved: boolean };
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
  /** Let a client go on that was frozen. */
  postClientsByIdUnfreeze: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: "active" | "frozen" | "revoked"; moved: boolean } | { id: string; state: "active" | "frozen" | "revoked"; moved: boolean; unfreeze: Unfreeze };
  };
  /** JSON Schema of the config file. */
  getConfigSchemaJson: {
    path: undefined;
    query: undefined;
    body: undefined;
    answer: { [name: string]: unknown };
  };
  /** All connections, by id. */
  getConnections: {
    path: undefined;
    query: { limit?: number; cursor?: string };
    body: undefined;
    answer: { items: Connection[]; next: string | null };
  };
  /** One connection. */
  getConnectionsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: Connection;
  };
  /** Create or replace a connection by an id of your own. */
  putConnectionsById: {
    path: { id: string };
    query: undefined;
    body: Placed<ConnectionConfig, "id">;
    answer: Connection;
  };
  /** Remove a connection that has no credentials any more. */
  deleteConnectionsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** A link by which one person connects one account; a connection with an account of its own gets its token at once. */
  postConnectionsByIdConnect: {
    path: { id: string };
    query: undefined;
    body: { user?: string; tenant?: string; agent?: string; person?: string; label?: string; scopes?: string[]; returnTo?: string };
    answer: Credential | ConnectLink;
  };
  /** Freeze a connection: nothing of it is handed out or proxied, nobody connects, nothing is renewed. */
  postConnectionsByIdFreeze: {
    path: { id: string };
    query: undefined;
    body: { reason?: string; until?: number } | undefined;
    answer: { id: string; state: "active" | "frozen" | "revoked"; moved: boolean };
  };
  /** Revoke a connection for good: its credentials leave the vault, and their service is told to take the tokens back. */
  postConnectionsByIdRevoke: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: "active" | "frozen" | "revoked"; moved: boolean };
  };
  /** Let a frozen connection work again. */
  postConnectionsByIdUnfreeze: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: "active" | "frozen" | "revoked"; moved: boolean } | { id: string; state: "active" | "frozen" | "revoked"; moved: boolean; unfreeze: Unfreeze };
  };
  /** Everything that is frozen or revoked, with the reason, newest first. */
  getContainments: {
    path: undefined;
    query: { limit?: number; cursor?: string; kind?: "agent" | "client" | "user" | "tenant" | "grant" | "connection" | "hub"; id?: string; state?: "frozen" | "revoked" };
    body: undefined;
    answer: { items: Containment[]; next: string | null };
  };
  /** Credentials, by connection, owner and state; never their secrets. */
  getCredentials: {
    path: undefined;
    query: { limit?: number; cursor?: string; connection?: string; user?: string; tenant?: string; agent?: string; state?: "active" | "failed" | "locked" | "revoked" };
    body: undefined;
    answer: { items: Credential[]; next: string | null };
  };
  /** Put a secret into the vault, or another in its place; it is never shown again. */
  postCredentials: {
    path: undefined;
    query: undefined;
    body: CredentialConfig;
    answer: Credential;
  };
  /** One credential, without its secret. */
  getCredentialsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: Credential;
  };
  /** The same, by an id of your own. */
  putCredentialsById: {
    path: { id: string };
    query: undefined;
    body: Placed<CredentialConfig, "id">;
    answer: Credential;
  };
  /** Remove a credential: it is unreadable at once. With `Prefer: return=representation` the answer waits a moment for what its service says. */
  deleteCredentialsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: CredentialRemoved | undefined;
  };
  /** Hold a credential back: it is not handed out, nor refreshed. */
  postCredentialsByIdLock: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: "active" | "failed" | "locked" | "revoked"; moved: boolean };
  };
  /** Renew a credential now; the secret stays where it is. */
  postCredentialsByIdRefresh: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: CredentialRefresh;
  };
  /** Hand a locked credential out again. */
  postCredentialsByIdUnlock: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: "active" | "failed" | "locked" | "revoked"; moved: boolean };
  };
  /** Move existing credentials here, all or none; rehearse it with dryRun, prove it with verifyRefresh. */
  postCredentialsImport: {
    path: undefined;
    query: undefined;
    body: CredentialImport;
    answer: CredentialImported;
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
  /** Clients and resources that are other than when they were last looked at, newest first. */
  getDrifts: {
    path: undefined;
    query: { limit?: number; cursor?: string; client?: string; resource?: string; what?: "name" | "redirect_hosts" | "keys" | "tools"; state?: "open" | "accepted" | "returned" };
    body: undefined;
    answer: { items: { id: string; sentence: string; what: "name" | "redirect_hosts" | "keys" | "tools"; client: string | null; resource: string | null; before: string[]; after: string[]; froze: boolean; times: number; state: "open" | "accepted" | "returned"; firstAt: number; at: number; settledAt: number | null; settledBy: { [name: string]: unknown } | null; note: string | null }[]; next: string | null };
  };
  /** One of them, before and after. */
  getDriftsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: { id: string; sentence: string; what: "name" | "redirect_hosts" | "keys" | "tools"; client: string | null; resource: string | null; before: string[]; after: string[]; froze: boolean; times: number; state: "open" | "accepted" | "returned"; firstAt: number; at: number; settledAt: number | null; settledBy: { [name: string]: unknown } | null; note: string | null };
  };
  /** Say that it is fine as it is now; a client that was stopped for it goes on. */
  postDriftsByIdAccept: {
    path: { id: string };
    query: undefined;
    body: { note?: string; times?: number } | undefined;
    answer: { id: string; sentence: string; what: "name" | "redirect_hosts" | "keys" | "tools"; client: string | null; resource: string | null; before: string[]; after: string[]; froze: boolean; times: number; state: "open" | "accepted" | "returned"; firstAt: number; at: number; settledAt: number | null; settledBy: { [name: string]: unknown } | null; note: string | null };
  };
  /** Audit entries by type, tenant, user, agent, client, txn, outcome, what they are about and time, newest first unless order=oldest. With target or without a page may hold fewer than asked for and still have a next. */
  getEvents: {
    path: undefined;
    query: { limit?: number; cursor?: string; type?: "client.registered" | "client.changed" | "client.removed" | "client.refused" | "client.frozen" | "client.unfrozen" | "client.revoked" | "knock.dismissed" | "drift.found" | "drift.returned" | "drift.accepted" | "agent.created" | "agent.frozen" | "agent.unfrozen" | "agent.revoked" | "journey.started" | "journey.refused" | "journey.finished" | "flow.noted" | "login.succeeded" | "login.failed" | "login.ended" | "link.made" | "link.used" | "factor.sent" | "factor.enrolled" | "factor.removed" | "user.created" | "user.changed" | "user.invited" | "user.frozen" | "user.unfrozen" | "user.revoked" | "consent.granted" | "consent.narrowed" | "consent.denied" | "consent.revoked" | "grant.frozen" | "grant.unfrozen" | "grant.narrowed" | "grant.restored" | "grant.bounded" | "grant.expired" | "token.issued" | "token.refreshed" | "token.refused" | "token.replayed" | "token.revoked" | "token.exchanged" | "token.introspected" | "approval.requested" | "approval.given" | "approval.refused" | "approval.expired" | "approval.used" | "approval.rate_limited" | "connection.frozen" | "connection.unfrozen" | "connection.revoked" | "credential.stored" | "credential.issued" | "credential.refused" | "credential.used" | "credential.released" | "credential.refreshed" | "credential.failed" | "credential.locked" | "credential.unlocked" | "credential.removed" | "policy.changed" | "policy.forced" | "policy.decided" | "policy.refused" | "flow.changed" | "flow.published" | "flow.rolled_back" | "flow.assigned" | "flow.unassigned" | "unfreeze.requested" | "unfreeze.confirmed" | "unfreeze.refused" | "unfreeze.expired" | "signal.sent" | "signal.acknowledged" | "key.rotated" | "key.revoked" | "tenant.frozen" | "tenant.unfrozen" | "tenant.revoked" | "admin.read" | "admin.changed" | "admin.refused" | "audit.checkpoint" | "audit.pruned" | "sink.failed" | "sink.recovered" | "sink.parked" | "sink.tested" | "sink.replayed" | "sink.paused" | "sink.resumed" | "stream.created" | "stream.changed" | "stream.removed" | "stream.refused" | "stream.failed" | "stream.recovered" | "stream.parked" | "transmitter.heard" | "transmitter.refused" | "transmitter.failed" | "transmitter.recovered" | "anchor.failed" | "anchor.recovered" | "hub.started" | "hub.frozen" | "hub.unfrozen"; without?: string; target?: string; tenant?: string; user?: string; agent?: string; client?: string; txn?: string; outcome?: "success" | "refused" | "failed"; since?: string; until?: string; order?: "newest" | "oldest" };
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
  /** The audit trail as lines of JSON, chain by chain; the last line is signed by the hub and holds the digest of all before it. */
  getEventsExport: {
    path: undefined;
    query: { tenant?: string; since?: string; until?: string };
    body: undefined;
    answer: undefined;
  };
  /** What a search of the audit trail would find, in figures: how many, when, and which values stand most often in the entries. */
  getEventsFacets: {
    path: undefined;
    query: { type?: "client.registered" | "client.changed" | "client.removed" | "client.refused" | "client.frozen" | "client.unfrozen" | "client.revoked" | "knock.dismissed" | "drift.found" | "drift.returned" | "drift.accepted" | "agent.created" | "agent.frozen" | "agent.unfrozen" | "agent.revoked" | "journey.started" | "journey.refused" | "journey.finished" | "flow.noted" | "login.succeeded" | "login.failed" | "login.ended" | "link.made" | "link.used" | "factor.sent" | "factor.enrolled" | "factor.removed" | "user.created" | "user.changed" | "user.invited" | "user.frozen" | "user.unfrozen" | "user.revoked" | "consent.granted" | "consent.narrowed" | "consent.denied" | "consent.revoked" | "grant.frozen" | "grant.unfrozen" | "grant.narrowed" | "grant.restored" | "grant.bounded" | "grant.expired" | "token.issued" | "token.refreshed" | "token.refused" | "token.replayed" | "token.revoked" | "token.exchanged" | "token.introspected" | "approval.requested" | "approval.given" | "approval.refused" | "approval.expired" | "approval.used" | "approval.rate_limited" | "connection.frozen" | "connection.unfrozen" | "connection.revoked" | "credential.stored" | "credential.issued" | "credential.refused" | "credential.used" | "credential.released" | "credential.refreshed" | "credential.failed" | "credential.locked" | "credential.unlocked" | "credential.removed" | "policy.changed" | "policy.forced" | "policy.decided" | "policy.refused" | "flow.changed" | "flow.published" | "flow.rolled_back" | "flow.assigned" | "flow.unassigned" | "unfreeze.requested" | "unfreeze.confirmed" | "unfreeze.refused" | "unfreeze.expired" | "signal.sent" | "signal.acknowledged" | "key.rotated" | "key.revoked" | "tenant.frozen" | "tenant.unfrozen" | "tenant.revoked" | "admin.read" | "admin.changed" | "admin.refused" | "audit.checkpoint" | "audit.pruned" | "sink.failed" | "sink.recovered" | "sink.parked" | "sink.tested" | "sink.replayed" | "sink.paused" | "sink.resumed" | "stream.created" | "stream.changed" | "stream.removed" | "stream.refused" | "stream.failed" | "stream.recovered" | "stream.parked" | "transmitter.heard" | "transmitter.refused" | "transmitter.failed" | "transmitter.recovered" | "anchor.failed" | "anchor.recovered" | "hub.started" | "hub.frozen" | "hub.unfrozen"; without?: string; target?: string; tenant?: string; user?: string; agent?: string; client?: string; txn?: string; outcome?: "success" | "refused" | "failed"; since?: string; until?: string };
    body: undefined;
    answer: EventOverview;
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
  /** Every assignment: for this purpose, at this place, this flow. */
  getFlowAssignments: {
    path: undefined;
    query: undefined;
    body: undefined;
    answer: { items: FlowAssignment[] };
  };
  /** Which flow a journey of this client, resource and tenant would begin with, and by which assignment. */
  getFlowAssignmentsEffective: {
    path: undefined;
    query: { purpose?: "authorize" | "device" | "ciba" | "connect" | "registration" | "sign_in"; client?: string; resource?: string; tenant?: string };
    body: undefined;
    answer: FlowChoice;
  };
  /** All flow-secrets, by id. */
  getFlowSecrets: {
    path: undefined;
    query: { limit?: number; cursor?: string };
    body: undefined;
    answer: { items: FlowSecret[]; next: string | null };
  };
  /** One flow secret. */
  getFlowSecretsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: FlowSecret;
  };
  /** Create or replace a flow secret by an id of your own. */
  putFlowSecretsById: {
    path: { id: string };
    query: undefined;
    body: Placed<FlowSecretConfig, "id">;
    answer: FlowSecret;
  };
  /** Remove a flow secret. */
  deleteFlowSecretsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Flows to begin with, and what each needs before it can run. */
  getFlowTemplates: {
    path: undefined;
    query: undefined;
    body: undefined;
    answer: { items: FlowTemplate[] };
  };
  /** All flows, by id. */
  getFlows: {
    path: undefined;
    query: { limit?: number; cursor?: string };
    body: undefined;
    answer: { items: Flow[]; next: string | null };
  };
  /** One flow. */
  getFlowsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: Flow;
  };
  /** Create or replace a flow by an id of your own. */
  putFlowsById: {
    path: { id: string };
    query: undefined;
    body: Placed<FlowConfig, "id">;
    answer: Flow;
  };
  /** Remove a flow; its versions stay. A built-in one is then as it came again. */
  deleteFlowsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Let this flow run for a client, a resource, a tenant or everywhere, in the place of what ran there. */
  postFlowsByIdAssign: {
    path: { id: string };
    query: undefined;
    body: FlowTarget;
    answer: Flow;
  };
  /** What lies between two versions of a flow, or a version and the draft. */
  getFlowsByIdCompare: {
    path: { id: string };
    query: { from: string; to?: string };
    body: undefined;
    answer: FlowCompared;
  };
  /** The flow as stable text: the same for equal flows, and read again by PUT. */
  getFlowsByIdExport: {
    path: { id: string };
    query: { version?: string };
    body: undefined;
    answer: { id: string; name?: string; description?: string; purpose: string; start: string; nodes: { id: string; kind: string }[]; edges: { from: string; branch: string; to: string }[] };
  };
  /** Put the draft in force on every node; journeys that are under way keep the version they began with. */
  postFlowsByIdPublish: {
    path: { id: string };
    query: undefined;
    body: FlowPublish;
    answer: Flow;
  };
  /** Publish an older version again, to the letter; the draft follows unless it is ahead. */
  postFlowsByIdRollback: {
    path: { id: string };
    query: undefined;
    body: FlowRollback;
    answer: Flow;
  };
  /** Run a draft or a version with made-up facts: context before and after each step, what a page would offer; calls are simulated. */
  postFlowsByIdRun: {
    path: { id: string };
    query: undefined;
    body: FlowRun;
    answer: FlowRan;
  };
  /** The same with calls that are really made, each an entry before it leaves, and their traffic without secrets. */
  postFlowsByIdRunLive: {
    path: { id: string };
    query: undefined;
    body: FlowRun;
    answer: FlowRan;
  };
  /** Take the flow away from there; the next in the order of precedence runs. */
  postFlowsByIdUnassign: {
    path: { id: string };
    query: undefined;
    body: FlowTarget;
    answer: Flow;
  };
  /** Every version of a flow, newest first. */
  getFlowsByIdVersions: {
    path: { id: string };
    query: { limit?: number; cursor?: string };
    body: undefined;
    answer: { items: FlowVersion[]; next: string | null };
  };
  /** One version of a flow, as it was drawn. */
  getFlowsByIdVersionsByVersion: {
    path: { id: string; version: string };
    query: undefined;
    body: undefined;
    answer: FlowVersionWhole;
  };
  /** What is wrong with this flow, saved or not: what cannot be read, lints, names that lead to nothing. */
  postFlowsValidate: {
    path: undefined;
    query: undefined;
    body: { flow: unknown };
    answer: FlowChecked;
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
  /** Say until when a grant is good; tokens that would outlive it die by signal. */
  postGrantsByIdEnd: {
    path: { id: string };
    query: undefined;
    body: { expiresAt: number | null; reason?: string };
    answer: { grant: Grant; moved: boolean };
  };
  /** Freeze a grant; every issuance path refuses at once, live tokens die by signal. */
  postGrantsByIdFreeze: {
    path: { id: string };
    query: undefined;
    body: { reason?: string; until?: number } | undefined;
    answer: { id: string; state: "active" | "frozen" | "revoked"; moved: boolean };
  };
  /** Take scopes from a grant; tokens that are out die by signal. `narrowing` names it for the undo; null: none of them was in it. */
  postGrantsByIdNarrow: {
    path: { id: string };
    query: undefined;
    body: { remove: string[]; reason?: string };
    answer: { grant: Grant; removed: string[]; narrowing: string | null };
  };
  /** Revoke a grant for good; every issuance path refuses at once, live tokens die by signal. */
  postGrantsByIdRevoke: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: "active" | "frozen" | "revoked"; moved: boolean };
  };
  /** Give back what the last narrowing took, within thirty days and while the person was not asked anew. */
  postGrantsByIdUndo: {
    path: { id: string };
    query: undefined;
    body: { narrowing?: string } | undefined;
    answer: { grant: Grant };
  };
  /** Let a grant go on that was frozen. */
  postGrantsByIdUnfreeze: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: "active" | "frozen" | "revoked"; moved: boolean } | { id: string; state: "active" | "frozen" | "revoked"; moved: boolean; unfreeze: Unfreeze };
  };
  /** What an agent, client, user, tenant or role reaches, or who reaches a resource or connection, and through which policy, consent and credential; several narrow. */
  getGraph: {
    path: undefined;
    query: { agent?: string; client?: string; user?: string; tenant?: string; resource?: string; connection?: string; policy?: string; role?: string; grant?: string; credential?: string; cursor?: string; limit?: number };
    body: undefined;
    answer: Graph;
  };
  /** What would be reached no more, or anew, without a policy, grant, credential, connection, role, client, user or resource, or with policies as in a draft. */
  postGraphWithout: {
    path: undefined;
    query: undefined;
    body: GraphChange;
    answer: GraphWithout;
  };
  /** Whether every agent of every tenant is stopped. */
  getHub: {
    path: undefined;
    query: undefined;
    body: undefined;
    answer: { state: "active" | "frozen"; stop: Containment | null };
  };
  /** Freeze the hub: no agent of any tenant gets anything, live tokens die by signal; console and admin API stay open. */
  postHubFreeze: {
    path: undefined;
    query: undefined;
    body: { reason: string; until?: number };
    answer: { id: string; state: "active" | "frozen" | "revoked"; moved: boolean };
  };
  /** Let a frozen hub work again. */
  postHubUnfreeze: {
    path: undefined;
    query: undefined;
    body: { reason: string };
    answer: { id: string; state: "active" | "frozen" | "revoked"; moved: boolean } | { id: string; state: "active" | "frozen" | "revoked"; moved: boolean; unfreeze: Unfreeze };
  };
  /** All identity-providers, by id. */
  getIdentityProviders: {
    path: undefined;
    query: { limit?: number; cursor?: string };
    body: undefined;
    answer: { items: IdentityProvider[]; next: string | null };
  };
  /** One identity provider. */
  getIdentityProvidersById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: IdentityProvider;
  };
  /** Create or replace a identity provider by an id of your own. */
  putIdentityProvidersById: {
    path: { id: string };
    query: undefined;
    body: Placed<IdentityProviderConfig, "id">;
    answer: IdentityProvider;
  };
  /** Remove a identity provider. */
  deleteIdentityProvidersById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Whom the subjects of an identity provider are here, by subject. */
  getIdentityProvidersByIdLinks: {
    path: { id: string };
    query: { limit?: number; cursor?: string; user?: string };
    body: undefined;
    answer: { items: IdentityProviderLink[]; next: string | null };
  };
  /** Forget whom a subject is: the next sign-in finds or makes a user anew. */
  deleteIdentityProvidersByIdLinksBySubject: {
    path: { id: string; subject: string };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Which user, attributes and roles a sign-in with these claims would lead to; nothing is kept. */
  postIdentityProvidersByIdPreview: {
    path: { id: string };
    query: undefined;
    body: { claims: { [name: string]: unknown } };
    answer: IssuerPreview;
  };
  /** All issuers, by id. */
  getIssuers: {
    path: undefined;
    query: { limit?: number; cursor?: string };
    body: undefined;
    answer: { items: Issuer[]; next: string | null };
  };
  /** One issuer. */
  getIssuersById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: Issuer;
  };
  /** Create or replace a issuer by an id of your own. */
  putIssuersById: {
    path: { id: string };
    query: undefined;
    body: Placed<IssuerConfig, "id">;
    answer: Issuer;
  };
  /** Remove a issuer. */
  deleteIssuersById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Which user, attributes and roles an assertion with these claims would lead to; nothing is kept. */
  postIssuersByIdPreview: {
    path: { id: string };
    query: undefined;
    body: { claims: { [name: string]: unknown } };
    answer: IssuerPreview;
  };
  /** Why a JWT matches or not, issuer by issuer and client by client; it is neither kept nor used up. */
  postIssuersCheck: {
    path: undefined;
    query: undefined;
    body: { jwt: string };
    answer: AssertionCheck;
  };
  /** Journeys of the last day that showed a page, newest first; by client, user, tenant, flow and state. */
  getJourneys: {
    path: undefined;
    query: { limit?: number; cursor?: string; client?: string; user?: string; tenant?: string; flow?: string; state?: "running" | "ended" | "expired" };
    body: undefined;
    answer: { items: Journey[]; next: string | null };
  };
  /** One journey: where it stands, and the way that it took. */
  getJourneysById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: Journey;
  };
  /** Which KEK wraps the data keys, and what is still under an older key. */
  getKek: {
    path: undefined;
    query: undefined;
    body: undefined;
    answer: KeyStatus;
  };
  /** Wrap every data key anew by the current KEK; with `dataKeys` also seal the whole vault under new ones. Goes on in the background. */
  postKekRotate: {
    path: undefined;
    query: undefined;
    body: { dataKeys?: boolean } | undefined;
    answer: KeyStatus;
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
  /** Who came and is not registered, or `registered` since, heard last first: names as they were given, why they were refused, and what would let them in. */
  getKnocks: {
    path: undefined;
    query: { limit?: number; cursor?: string; kind?: "document" | "registration" | "client" | "many"; q?: string; dismissed?: "true" | "false"; registered?: "true" | "false" };
    body: undefined;
    answer: { items: { id: string; sentence: string; kind: "document" | "registration" | "client" | "many"; name: string; client: string | null; reason: string; doors: string[]; asked: string[]; redirectUris: string[]; addresses: string[]; count: number; firstSeenAt: number; seenAt: number; dismissedAt: number | null; registered: boolean; register: { method: string; path: string; body: { [name: string]: unknown } } | null }[]; next: string | null };
  };
  /** Say that nobody needs to hear of it any more; it goes on being counted. */
  postKnocksByIdDismiss: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: { id: string; sentence: string; kind: "document" | "registration" | "client" | "many"; name: string; client: string | null; reason: string; doors: string[]; asked: string[]; redirectUris: string[]; addresses: string[]; count: number; firstSeenAt: number; seenAt: number; dismissedAt: number | null; registered: boolean; register: { method: string; path: string; body: { [name: string]: unknown } } | null };
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
  /** Remove a policy; its versions stay; refused when it breaks a saved policy test, unless x-writ-force: true. */
  deletePoliciesById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** What agents have used of the budget of a policy, in the window that ends now. */
  getPoliciesByIdBudget: {
    path: { id: string };
    query: { limit?: number; cursor?: string };
    body: undefined;
    answer: { items: BudgetUsage[]; next: string | null };
  };
  /** What breaks, by recorded decisions, when this policy is removed, or replaced by another form of it. */
  postPoliciesByIdImpact: {
    path: { id: string };
    query: undefined;
    body: PolicyImpact;
    answer: PolicyReplayed;
  };
  /** Who is matched by this policy today: agents, clients, users (by tenant), or which resources; a page may be empty and go on. */
  getPoliciesByIdMatches: {
    path: { id: string };
    query: { limit?: number; cursor?: string; kind?: "agents" | "clients" | "users" | "resources" };
    body: undefined;
    answer: { items: PolicyMatch[]; next: string | null };
  };
  /** Put a policy back to what it was in an earlier version, a change like any other; refused when it breaks a saved policy test, unless x-writ-force: true. */
  postPoliciesByIdRollback: {
    path: { id: string };
    query: undefined;
    body: PolicyRollback;
    answer: Policy;
  };
  /** Every version of a policy, newest first, its removals among them. */
  getPoliciesByIdVersions: {
    path: { id: string };
    query: { limit?: number; cursor?: string };
    body: undefined;
    answer: { items: PolicyVersion[]; next: string | null };
  };
  /** One version of a policy, and in what it differs from the one before. */
  getPoliciesByIdVersionsByVersion: {
    path: { id: string; version: string };
    query: undefined;
    body: undefined;
    answer: PolicyVersionCompared;
  };
  /** Which policies cover this agent, client, user or resource, or these together. */
  getPoliciesCovering: {
    path: undefined;
    query: { limit?: number; cursor?: string; agent?: string; client?: string; user?: string; tenant?: string; resource?: string; covers?: "no" };
    body: undefined;
    answer: { items: PolicyCoverage[]; next: string | null };
  };
  /** The enforced policies as Cedar text, which decides as they do. */
  getPoliciesExport: {
    path: undefined;
    query: { format: "cedar" | "cedar-json"; about?: "everything" | "writ-admin" };
    body: undefined;
    answer: undefined;
  };
  /** Read policies of the older form; kept only with apply: true; refused when it breaks a saved policy test, unless x-writ-force: true. */
  postPoliciesImport: {
    path: undefined;
    query: undefined;
    body: PolicyImport;
    answer: PolicyImported;
  };
  /** Put recorded decisions to a draft, and say which would be different: by client, agent, scope and rule. */
  postPoliciesReplay: {
    path: undefined;
    query: undefined;
    body: PolicyReplay;
    answer: PolicyReplayed;
  };
  /** What shadow rules, each alone, would have changed of what was decided: how often, for which agents and scopes, since when. */
  getPoliciesShadow: {
    path: undefined;
    query: { rule?: string; since?: string; until?: string; limit?: number };
    body: undefined;
    answer: PolicyShadow;
  };
  /** What the policies, or a draft of them, say to a made-up request, and why. */
  postPoliciesSimulate: {
    path: undefined;
    query: undefined;
    body: PolicySimulation;
    answer: PolicySimulated;
  };
  /** Put the saved tests, or those sent along, to the policies or a draft of them. */
  postPoliciesTest: {
    path: undefined;
    query: undefined;
    body: { tests?: PolicyTestConfig[]; draft?: PolicyDraft };
    answer: PolicyTestRun;
  };
  /** All policy-tests, by id. */
  getPolicyTests: {
    path: undefined;
    query: { limit?: number; cursor?: string };
    body: undefined;
    answer: { items: PolicyTest[]; next: string | null };
  };
  /** One policyTest. */
  getPolicyTestsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: PolicyTest;
  };
  /** Create or replace a policyTest by an id of your own. */
  putPolicyTestsById: {
    path: { id: string };
    query: undefined;
    body: Placed<PolicyTestConfig, "id">;
    answer: PolicyTest;
  };
  /** Remove a policyTest. */
  deletePolicyTestsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Services the hub knows how to connect to, with what is known of them. */
  getProviders: {
    path: undefined;
    query: { type?: "oauth" | "api_key" | "basic"; category?: string; verified?: "metadata" | "documentation" | "unverified"; search?: string };
    body: undefined;
    answer: { items: Provider[]; next: null };
  };
  /** One provider of the catalogue. */
  getProvidersById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: Provider;
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
    answer: { registration: "invite" | "open"; secondFactor: "offered" | "required" };
  };
  /** Say whether people may open an account by themselves (`open`) or only by invitation (`invite`). */
  putSettingsAccounts: {
    path: undefined;
    query: undefined;
    body: { registration: "invite" | "open"; secondFactor?: "offered" | "required" };
    answer: { registration: "invite" | "open"; secondFactor: "offered" | "required" };
  };
  /** After how many days without use an agent is dormant, and whether agents are frozen when their owner leaves. */
  getSettingsAgents: {
    path: undefined;
    query: undefined;
    body: undefined;
    answer: { dormantDays: number; quarantine: boolean };
  };
  /** Set after how many days without use an agent is dormant, and whether agents are frozen when their owner leaves. */
  putSettingsAgents: {
    path: undefined;
    query: undefined;
    body: { dormantDays?: number; quarantine?: boolean };
    answer: { dormantDays: number; quarantine: boolean };
  };
  /** Where signed checkpoints of the audit trail are kept outside, and how that goes. */
  getSettingsAnchor: {
    path: undefined;
    query: undefined;
    body: undefined;
    answer: Anchor;
  };
  /** Keep signed checkpoints outside as well: in a bucket with object lock, or with whoever takes them by HTTP. */
  putSettingsAnchor: {
    path: undefined;
    query: undefined;
    body: AnchorConfig;
    answer: Anchor;
  };
  /** Keep checkpoints in the hub only; what is outside stays there. */
  deleteSettingsAnchor: {
    path: undefined;
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** How people are asked for consent and approval. */
  getSettingsApprovals: {
    path: undefined;
    query: undefined;
    body: undefined;
    answer: { unknownUsers: "conceal" | "tell"; freshLogin: number };
  };
  /** Say whether backchannel requests tell who exists, and how fresh the sign-in of an approver must be. */
  putSettingsApprovals: {
    path: undefined;
    query: undefined;
    body: { unknownUsers: "conceal" | "tell"; freshLogin: number };
    answer: { unknownUsers: "conceal" | "tell"; freshLogin: number };
  };
  /** Who may let go of what is frozen. */
  getSettingsContainment: {
    path: undefined;
    query: undefined;
    body: undefined;
    answer: { secondPerson: ("agent" | "client" | "user" | "tenant" | "grant" | "connection" | "hub")[]; askedFor: number };
  };
  /** Say for which kinds letting go takes two people. */
  putSettingsContainment: {
    path: undefined;
    query: undefined;
    body: { secondPerson: ("agent" | "client" | "user" | "tenant" | "grant" | "connection" | "hub")[]; askedFor: number };
    answer: { secondPerson: ("agent" | "client" | "user" | "tenant" | "grant" | "connection" | "hub")[]; askedFor: number };
  };
  /** How often a token may be handed on by exchange. */
  getSettingsDelegation: {
    path: undefined;
    query: undefined;
    body: undefined;
    answer: { maxDepth: number };
  };
  /** Bound how often a token may be handed on by exchange; policies may allow less. */
  putSettingsDelegation: {
    path: undefined;
    query: undefined;
    body: { maxDepth: number };
    answer: { maxDepth: number };
  };
  /** Which change of a client stops it until somebody has looked. */
  getSettingsDrift: {
    path: undefined;
    query: undefined;
    body: undefined;
    answer: { name: "off" | "pinned" | "all"; redirectHosts: "off" | "pinned" | "all"; keys: "off" | "pinned" | "all" };
  };
  /** Say which change of a client stops it until somebody has looked. */
  putSettingsDrift: {
    path: undefined;
    query: undefined;
    body: { name?: "off" | "pinned" | "all"; redirectHosts?: "off" | "pinned" | "all"; keys?: "off" | "pinned" | "all" };
    answer: { name: "off" | "pinned" | "all"; redirectHosts: "off" | "pinned" | "all"; keys: "off" | "pinned" | "all" };
  };
  /** Until when what people allow is good. */
  getSettingsGrants: {
    path: undefined;
    query: undefined;
    body: undefined;
    answer: { defaultDays: number | null; maxDays: number | null };
  };
  /** Say how many days what people allow is good for, if they choose nothing else and at most. */
  putSettingsGrants: {
    path: undefined;
    query: undefined;
    body: { defaultDays?: number | null; maxDays?: number | null };
    answer: { defaultDays: number | null; maxDays: number | null };
  };
  /** How requests of clients must be protected, hub-wide. */
  getSettingsProtection: {
    path: undefined;
    query: undefined;
    body: undefined;
    answer: { dpop: { nonce: boolean }; par: { required: boolean }; requestObjects: { required: boolean; requireId: boolean } };
  };
  /** Say how requests must be protected: nonces in DPoP proofs, pushed authorization requests, ids of signed requests. */
  putSettingsProtection: {
    path: undefined;
    query: undefined;
    body: { dpop?: { nonce?: boolean }; par?: { required?: boolean }; requestObjects?: { required?: boolean; requireId?: boolean } };
    answer: { dpop: { nonce: boolean }; par: { required: boolean }; requestObjects: { required: boolean; requireId: boolean } };
  };
  /** How long the audit trail is kept. */
  getSettingsRetention: {
    path: undefined;
    query: undefined;
    body: undefined;
    answer: { months?: number };
  };
  /** Keep so many whole months of the audit trail after the one an entry was written in; without months, for ever. */
  putSettingsRetention: {
    path: undefined;
    query: undefined;
    body: { months?: number };
    answer: { months?: number };
  };
  /** Signals sent, oldest first unless asked otherwise; the cursor is the last number seen. */
  getSignals: {
    path: undefined;
    query: { limit?: number; cursor?: number; order?: "oldest" | "newest" };
    body: undefined;
    answer: { items: Signal[]; next: string | null };
  };
  /** One signal, and when each resource server that listens acted on it. */
  getSignalsBySeq: {
    path: { seq: string };
    query: undefined;
    body: undefined;
    answer: SignalHeard;
  };
  /** The newest signal about something, and when each resource server that listens acted on it. */
  getSignalsNewest: {
    path: undefined;
    query: { kind: "agent" | "client" | "user" | "tenant" | "grant" | "token" | "hub"; subject: string };
    body: undefined;
    answer: { newest: SignalHeard | null };
  };
  /** How long signals took to resource servers lately, and who listens. */
  getSignalsPropagation: {
    path: undefined;
    query: { hours?: number };
    body: undefined;
    answer: SignalPropagation;
  };
  /** All sinks, by id. */
  getSinks: {
    path: undefined;
    query: { limit?: number; cursor?: string };
    body: undefined;
    answer: { items: Sink[]; next: string | null };
  };
  /** One sink. */
  getSinksById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: Sink;
  };
  /** Create or replace a sink by an id of your own. */
  putSinksById: {
    path: { id: string };
    query: undefined;
    body: Placed<SinkConfig, "id">;
    answer: Sink;
  };
  /** Remove a sink. */
  deleteSinksById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Events that a sink refused and that were set aside, oldest first. */
  getSinksByIdDeadLetters: {
    path: { id: string };
    query: { limit?: number; cursor?: string };
    body: undefined;
    answer: { items: DeadLetter[]; next: string | null };
  };
  /** Give dead letters up: those named, or all. */
  postSinksByIdDeadLettersDiscard: {
    path: { id: string };
    query: undefined;
    body: { events?: string[] } | undefined;
    answer: { id: string; letters: number };
  };
  /** Deliver dead letters again: those named, or all. */
  postSinksByIdDeadLettersRetry: {
    path: { id: string };
    query: undefined;
    body: { events?: string[] } | undefined;
    answer: { id: string; letters: number };
  };
  /** Deliver nothing until it is resumed; nothing is lost. */
  postSinksByIdPause: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: string; moved: boolean };
  };
  /** Deliver again from a point: the beginning, a time, or an entry of one chain (tenant null: the hub’s own). Never leaves anything out. */
  postSinksByIdReplay: {
    path: { id: string };
    query: undefined;
    body: { from: "beginning" } | { since: string } | { tenant: string | null; seq: number };
    answer: { id: string; chains: number; entries: number };
  };
  /** Go on where it was paused; a failing sink is tried at once. */
  postSinksByIdResume: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: string; moved: boolean };
  };
  /** Send a test event now, past everything that waits; also to a paused sink. */
  postSinksByIdTest: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: { ok: boolean; event: string; sentence: string };
  };
  /** Streams of shared signals, by id. */
  getStreams: {
    path: undefined;
    query: { limit?: number; cursor?: string };
    body: undefined;
    answer: { items: Stream[]; next: string | null };
  };
  /** One stream. */
  getStreamsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: Stream;
  };
  /** Remove a stream, with what waits for its receiver. */
  deleteStreamsById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Events that its receiver refused and that were set aside. */
  getStreamsByIdDeadLetters: {
    path: { id: string };
    query: { limit?: number; cursor?: string };
    body: undefined;
    answer: { items: StreamDeadLetter[]; next: string | null };
  };
  /** Give up what its receiver refused. */
  postStreamsByIdDeadLettersDiscard: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: { id: string; letters: number };
  };
  /** Send what its receiver refused once more. */
  postStreamsByIdDeadLettersRetry: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: { id: string; letters: number };
  };
  /** Deliver nothing until it is resumed; nothing is lost, and its receiver cannot resume it. */
  postStreamsByIdPause: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: Stream;
  };
  /** Go on where it was paused. */
  postStreamsByIdResume: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: Stream;
  };
  /** Send a verification event by the way that all events go; at most one in ten seconds. */
  postStreamsByIdVerify: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: { id: string; sent: boolean };
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
  /** Freeze a tenant; every issuance path refuses at once, live tokens die by signal. */
  postTenantsByIdFreeze: {
    path: { id: string };
    query: undefined;
    body: { reason?: string; until?: number } | undefined;
    answer: { id: string; state: "active" | "frozen" | "revoked"; moved: boolean };
  };
  /** Revoke a tenant for good; every issuance path refuses at once, live tokens die by signal. */
  postTenantsByIdRevoke: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: "active" | "frozen" | "revoked"; moved: boolean };
  };
  /** Let a tenant go on that was frozen. */
  postTenantsByIdUnfreeze: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: "active" | "frozen" | "revoked"; moved: boolean } | { id: string; state: "active" | "frozen" | "revoked"; moved: boolean; unfreeze: Unfreeze };
  };
  /** All transmitters, by id. */
  getTransmitters: {
    path: undefined;
    query: { limit?: number; cursor?: string };
    body: undefined;
    answer: { items: Transmitter[]; next: string | null };
  };
  /** One transmitter. */
  getTransmittersById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: Transmitter;
  };
  /** Create or replace a transmitter by an id of your own. */
  putTransmittersById: {
    path: { id: string };
    query: undefined;
    body: Placed<TransmitterConfig, "id">;
    answer: Transmitter;
  };
  /** Remove a transmitter. */
  deleteTransmittersById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: undefined;
  };
  /** Whom a transmitter has stopped: tenant null as users of the whole hub. Also of one that was removed. */
  getTransmittersByIdHolds: {
    path: { id: string };
    query: { limit?: number; cursor?: string };
    body: undefined;
    answer: { items: TransmitterHold[]; next: string | null };
  };
  /** Let somebody go whom a transmitter has stopped. */
  postTransmittersByIdHoldsLift: {
    path: { id: string };
    query: undefined;
    body: { user: string };
    answer: { id: string; user: string; lifted: number };
  };
  /** The delegation graph of a transaction: who acted, by which tokens, and their state now. */
  getTxnsByTxn: {
    path: { txn: string };
    query: undefined;
    body: undefined;
    answer: Delegation;
  };
  /** Requests to let something frozen go on, newest first. */
  getUnfreezes: {
    path: undefined;
    query: { limit?: number; cursor?: string; kind?: "agent" | "client" | "user" | "tenant" | "grant" | "connection" | "hub"; subject?: string; state?: "waiting" | "confirmed" | "refused" | "expired" | "withdrawn" };
    body: undefined;
    answer: { items: ListedUnfreeze[]; next: string | null };
  };
  /** One request to let something frozen go on. */
  getUnfreezesById: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: ListedUnfreeze;
  };
  /** Confirm, as another person than who asked, that it may go on. */
  postUnfreezesByIdConfirm: {
    path: { id: string };
    query: undefined;
    body: { reason: string };
    answer: Unfreeze;
  };
  /** Refuse a request, or take your own back. */
  postUnfreezesByIdRefuse: {
    path: { id: string };
    query: undefined;
    body: { reason: string };
    answer: Unfreeze;
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
  /** A link that opens the console for this user, once, within ten minutes, with the rights of whoever makes it. */
  postUsersByIdConsoleLink: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: { link: string };
  };
  /** What a user has set up as a second factor, without any secret. */
  getUsersByIdFactors: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: { totp: boolean; passkeys: { name: string; createdAt: number; usedAt?: number }[]; recoveryCodes: number; rememberedBrowsers: number };
  };
  /** Freeze a user; every issuance path refuses at once, live tokens die by signal. */
  postUsersByIdFreeze: {
    path: { id: string };
    query: undefined;
    body: { reason?: string; until?: number } | undefined;
    answer: { id: string; state: "active" | "frozen" | "revoked"; moved: boolean };
  };
  /** A link to hand over, by which the user chooses a new password once. */
  postUsersByIdPasswordLink: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: { link: string; expiresAt: number };
  };
  /** Take away all second factors of a user who lost them, with recovery codes, remembered browsers and sessions. */
  postUsersByIdResetFactors: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: { removed: number };
  };
  /** Revoke a user for good; every issuance path refuses at once, live tokens die by signal. */
  postUsersByIdRevoke: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: "active" | "frozen" | "revoked"; moved: boolean };
  };
  /** End all sessions of a user; what agents hold stays good. */
  postUsersByIdSignOut: {
    path: { id: string };
    query: undefined;
    body: undefined;
    answer: { ended: number };
  };
  /** Let a user go on that was frozen. */
  postUsersByIdUnfreeze: {
    path: { id: string };
    query: undefined;
    body: { reason?: string } | undefined;
    answer: { id: string; state: "active" | "frozen" | "revoked"; moved: boolean } | { id: string; state: "active" | "frozen" | "revoked"; moved: boolean; unfreeze: Unfreeze };
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
  getAdvice: { method: 'GET', path: '/admin/v1/advice' },
  getAgents: { method: 'GET', path: '/admin/v1/agents' },
  getAgentsById: { method: 'GET', path: '/admin/v1/agents/{id}' },
  getAgentsByIdAdvice: { method: 'GET', path: '/admin/v1/agents/{id}/advice' },
  postAgentsByIdFreeze: { method: 'POST', path: '/admin/v1/agents/{id}/freeze' },
  putAgentsByIdOwner: { method: 'PUT', path: '/admin/v1/agents/{id}/owner' },
  postAgentsByIdRevoke: { method: 'POST', path: '/admin/v1/agents/{id}/revoke' },
  postAgentsByIdUnfreeze: { method: 'POST', path: '/admin/v1/agents/{id}/unfreeze' },
  getAgentsFacets: { method: 'GET', path: '/admin/v1/agents/facets' },
  postApply: { method: 'POST', path: '/admin/v1/apply' },
  getApprovals: { method: 'GET', path: '/admin/v1/approvals' },
  getApprovalsById: { method: 'GET', path: '/admin/v1/approvals/{id}' },
  postApprovalsByIdGive: { method: 'POST', path: '/admin/v1/approvals/{id}/give' },
  postApprovalsByIdRefuse: { method: 'POST', path: '/admin/v1/approvals/{id}/refuse' },
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
  getConnections: { method: 'GET', path: '/admin/v1/connections' },
  getConnectionsById: { method: 'GET', path: '/admin/v1/connections/{id}' },
  putConnectionsById: { method: 'PUT', path: '/admin/v1/connections/{id}' },
  deleteConnectionsById: { method: 'DELETE', path: '/admin/v1/connections/{id}' },
  postConnectionsByIdConnect: { method: 'POST', path: '/admin/v1/connections/{id}/connect' },
  postConnectionsByIdFreeze: { method: 'POST', path: '/admin/v1/connections/{id}/freeze' },
  postConnectionsByIdRevoke: { method: 'POST', path: '/admin/v1/connections/{id}/revoke' },
  postConnectionsByIdUnfreeze: { method: 'POST', path: '/admin/v1/connections/{id}/unfreeze' },
  getContainments: { method: 'GET', path: '/admin/v1/containments' },
  getCredentials: { method: 'GET', path: '/admin/v1/credentials' },
  postCredentials: { method: 'POST', path: '/admin/v1/credentials' },
  getCredentialsById: { method: 'GET', path: '/admin/v1/credentials/{id}' },
  putCredentialsById: { method: 'PUT', path: '/admin/v1/credentials/{id}' },
  deleteCredentialsById: { method: 'DELETE', path: '/admin/v1/credentials/{id}' },
  postCredentialsByIdLock: { method: 'POST', path: '/admin/v1/credentials/{id}/lock' },
  postCredentialsByIdRefresh: { method: 'POST', path: '/admin/v1/credentials/{id}/refresh' },
  postCredentialsByIdUnlock: { method: 'POST', path: '/admin/v1/credentials/{id}/unlock' },
  postCredentialsImport: { method: 'POST', path: '/admin/v1/credentials/import' },
  getDecisions: { method: 'GET', path: '/admin/v1/decisions' },
  getDecisionsById: { method: 'GET', path: '/admin/v1/decisions/{id}' },
  getDecisionsByIdExplain: { method: 'GET', path: '/admin/v1/decisions/{id}/explain' },
  getDrifts: { method: 'GET', path: '/admin/v1/drifts' },
  getDriftsById: { method: 'GET', path: '/admin/v1/drifts/{id}' },
  postDriftsByIdAccept: { method: 'POST', path: '/admin/v1/drifts/{id}/accept' },
  getEvents: { method: 'GET', path: '/admin/v1/events' },
  getEventsById: { method: 'GET', path: '/admin/v1/events/{id}' },
  getEventsExport: { method: 'GET', path: '/admin/v1/events/export' },
  getEventsFacets: { method: 'GET', path: '/admin/v1/events/facets' },
  getEventsVerify: { method: 'GET', path: '/admin/v1/events/verify' },
  getExport: { method: 'GET', path: '/admin/v1/export' },
  getFlowAssignments: { method: 'GET', path: '/admin/v1/flow-assignments' },
  getFlowAssignmentsEffective: { method: 'GET', path: '/admin/v1/flow-assignments/effective' },
  getFlowSecrets: { method: 'GET', path: '/admin/v1/flow-secrets' },
  getFlowSecretsById: { method: 'GET', path: '/admin/v1/flow-secrets/{id}' },
  putFlowSecretsById: { method: 'PUT', path: '/admin/v1/flow-secrets/{id}' },
  deleteFlowSecretsById: { method: 'DELETE', path: '/admin/v1/flow-secrets/{id}' },
  getFlowTemplates: { method: 'GET', path: '/admin/v1/flow-templates' },
  getFlows: { method: 'GET', path: '/admin/v1/flows' },
  getFlowsById: { method: 'GET', path: '/admin/v1/flows/{id}' },
  putFlowsById: { method: 'PUT', path: '/admin/v1/flows/{id}' },
  deleteFlowsById: { method: 'DELETE', path: '/admin/v1/flows/{id}' },
  postFlowsByIdAssign: { method: 'POST', path: '/admin/v1/flows/{id}/assign' },
  getFlowsByIdCompare: { method: 'GET', path: '/admin/v1/flows/{id}/compare' },
  getFlowsByIdExport: { method: 'GET', path: '/admin/v1/flows/{id}/export' },
  postFlowsByIdPublish: { method: 'POST', path: '/admin/v1/flows/{id}/publish' },
  postFlowsByIdRollback: { method: 'POST', path: '/admin/v1/flows/{id}/rollback' },
  postFlowsByIdRun: { method: 'POST', path: '/admin/v1/flows/{id}/run' },
  postFlowsByIdRunLive: { method: 'POST', path: '/admin/v1/flows/{id}/run/live' },
  postFlowsByIdUnassign: { method: 'POST', path: '/admin/v1/flows/{id}/unassign' },
  getFlowsByIdVersions: { method: 'GET', path: '/admin/v1/flows/{id}/versions' },
  getFlowsByIdVersionsByVersion: { method: 'GET', path: '/admin/v1/flows/{id}/versions/{version}' },
  postFlowsValidate: { method: 'POST', path: '/admin/v1/flows/validate' },
  getGrants: { method: 'GET', path: '/admin/v1/grants' },
  getGrantsById: { method: 'GET', path: '/admin/v1/grants/{id}' },
  postGrantsByIdEnd: { method: 'POST', path: '/admin/v1/grants/{id}/end' },
  postGrantsByIdFreeze: { method: 'POST', path: '/admin/v1/grants/{id}/freeze' },
  postGrantsByIdNarrow: { method: 'POST', path: '/admin/v1/grants/{id}/narrow' },
  postGrantsByIdRevoke: { method: 'POST', path: '/admin/v1/grants/{id}/revoke' },
  postGrantsByIdUndo: { method: 'POST', path: '/admin/v1/grants/{id}/undo' },
  postGrantsByIdUnfreeze: { method: 'POST', path: '/admin/v1/grants/{id}/unfreeze' },
  getGraph: { method: 'GET', path: '/admin/v1/graph' },
  postGraphWithout: { method: 'POST', path: '/admin/v1/graph/without' },
  getHub: { method: 'GET', path: '/admin/v1/hub' },
  postHubFreeze: { method: 'POST', path: '/admin/v1/hub/freeze' },
  postHubUnfreeze: { method: 'POST', path: '/admin/v1/hub/unfreeze' },
  getIdentityProviders: { method: 'GET', path: '/admin/v1/identity-providers' },
  getIdentityProvidersById: { method: 'GET', path: '/admin/v1/identity-providers/{id}' },
  putIdentityProvidersById: { method: 'PUT', path: '/admin/v1/identity-providers/{id}' },
  deleteIdentityProvidersById: { method: 'DELETE', path: '/admin/v1/identity-providers/{id}' },
  getIdentityProvidersByIdLinks: { method: 'GET', path: '/admin/v1/identity-providers/{id}/links' },
  deleteIdentityProvidersByIdLinksBySubject: { method: 'DELETE', path: '/admin/v1/identity-providers/{id}/links/{subject}' },
  postIdentityProvidersByIdPreview: { method: 'POST', path: '/admin/v1/identity-providers/{id}/preview' },
  getIssuers: { method: 'GET', path: '/admin/v1/issuers' },
  getIssuersById: { method: 'GET', path: '/admin/v1/issuers/{id}' },
  putIssuersById: { method: 'PUT', path: '/admin/v1/issuers/{id}' },
  deleteIssuersById: { method: 'DELETE', path: '/admin/v1/issuers/{id}' },
  postIssuersByIdPreview: { method: 'POST', path: '/admin/v1/issuers/{id}/preview' },
  postIssuersCheck: { method: 'POST', path: '/admin/v1/issuers/check' },
  getJourneys: { method: 'GET', path: '/admin/v1/journeys' },
  getJourneysById: { method: 'GET', path: '/admin/v1/journeys/{id}' },
  getKek: { method: 'GET', path: '/admin/v1/kek' },
  postKekRotate: { method: 'POST', path: '/admin/v1/kek/rotate' },
  getKeys: { method: 'GET', path: '/admin/v1/keys' },
  postKeysByIdRevoke: { method: 'POST', path: '/admin/v1/keys/{id}/revoke' },
  postKeysRotate: { method: 'POST', path: '/admin/v1/keys/rotate' },
  getKnocks: { method: 'GET', path: '/admin/v1/knocks' },
  postKnocksByIdDismiss: { method: 'POST', path: '/admin/v1/knocks/{id}/dismiss' },
  getOpenapiJson: { method: 'GET', path: '/admin/v1/openapi.json' },
  postPlan: { method: 'POST', path: '/admin/v1/plan' },
  getPolicies: { method: 'GET', path: '/admin/v1/policies' },
  getPoliciesById: { method: 'GET', path: '/admin/v1/policies/{id}' },
  putPoliciesById: { method: 'PUT', path: '/admin/v1/policies/{id}' },
  deletePoliciesById: { method: 'DELETE', path: '/admin/v1/policies/{id}' },
  getPoliciesByIdBudget: { method: 'GET', path: '/admin/v1/policies/{id}/budget' },
  postPoliciesByIdImpact: { method: 'POST', path: '/admin/v1/policies/{id}/impact' },
  getPoliciesByIdMatches: { method: 'GET', path: '/admin/v1/policies/{id}/matches' },
  postPoliciesByIdRollback: { method: 'POST', path: '/admin/v1/policies/{id}/rollback' },
  getPoliciesByIdVersions: { method: 'GET', path: '/admin/v1/policies/{id}/versions' },
  getPoliciesByIdVersionsByVersion: { method: 'GET', path: '/admin/v1/policies/{id}/versions/{version}' },
  getPoliciesCovering: { method: 'GET', path: '/admin/v1/policies/covering' },
  getPoliciesExport: { method: 'GET', path: '/admin/v1/policies/export' },
  postPoliciesImport: { method: 'POST', path: '/admin/v1/policies/import' },
  postPoliciesReplay: { method: 'POST', path: '/admin/v1/policies/replay' },
  getPoliciesShadow: { method: 'GET', path: '/admin/v1/policies/shadow' },
  postPoliciesSimulate: { method: 'POST', path: '/admin/v1/policies/simulate' },
  postPoliciesTest: { method: 'POST', path: '/admin/v1/policies/test' },
  getPolicyTests: { method: 'GET', path: '/admin/v1/policy-tests' },
  getPolicyTestsById: { method: 'GET', path: '/admin/v1/policy-tests/{id}' },
  putPolicyTestsById: { method: 'PUT', path: '/admin/v1/policy-tests/{id}' },
  deletePolicyTestsById: { method: 'DELETE', path: '/admin/v1/policy-tests/{id}' },
  getProviders: { method: 'GET', path: '/admin/v1/providers' },
  getProvidersById: { method: 'GET', path: '/admin/v1/providers/{id}' },
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
  getSettingsAgents: { method: 'GET', path: '/admin/v1/settings/agents' },
  putSettingsAgents: { method: 'PUT', path: '/admin/v1/settings/agents' },
  getSettingsAnchor: { method: 'GET', path: '/admin/v1/settings/anchor' },
  putSettingsAnchor: { method: 'PUT', path: '/admin/v1/settings/anchor' },
  deleteSettingsAnchor: { method: 'DELETE', path: '/admin/v1/settings/anchor' },
  getSettingsApprovals: { method: 'GET', path: '/admin/v1/settings/approvals' },
  putSettingsApprovals: { method: 'PUT', path: '/admin/v1/settings/approvals' },
  getSettingsContainment: { method: 'GET', path: '/admin/v1/settings/containment' },
  putSettingsContainment: { method: 'PUT', path: '/admin/v1/settings/containment' },
  getSettingsDelegation: { method: 'GET', path: '/admin/v1/settings/delegation' },
  putSettingsDelegation: { method: 'PUT', path: '/admin/v1/settings/delegation' },
  getSettingsDrift: { method: 'GET', path: '/admin/v1/settings/drift' },
  putSettingsDrift: { method: 'PUT', path: '/admin/v1/settings/drift' },
  getSettingsGrants: { method: 'GET', path: '/admin/v1/settings/grants' },
  putSettingsGrants: { method: 'PUT', path: '/admin/v1/settings/grants' },
  getSettingsProtection: { method: 'GET', path: '/admin/v1/settings/protection' },
  putSettingsProtection: { method: 'PUT', path: '/admin/v1/settings/protection' },
  getSettingsRetention: { method: 'GET', path: '/admin/v1/settings/retention' },
  putSettingsRetention: { method: 'PUT', path: '/admin/v1/settings/retention' },
  getSignals: { method: 'GET', path: '/admin/v1/signals' },
  getSignalsBySeq: { method: 'GET', path: '/admin/v1/signals/{seq}' },
  getSignalsNewest: { method: 'GET', path: '/admin/v1/signals/newest' },
  getSignalsPropagation: { method: 'GET', path: '/admin/v1/signals/propagation' },
  getSinks: { method: 'GET', path: '/admin/v1/sinks' },
  getSinksById: { method: 'GET', path: '/admin/v1/sinks/{id}' },
  putSinksById: { method: 'PUT', path: '/admin/v1/sinks/{id}' },
  deleteSinksById: { method: 'DELETE', path: '/admin/v1/sinks/{id}' },
  getSinksByIdDeadLetters: { method: 'GET', path: '/admin/v1/sinks/{id}/dead-letters' },
  postSinksByIdDeadLettersDiscard: { method: 'POST', path: '/admin/v1/sinks/{id}/dead-letters/discard' },
  postSinksByIdDeadLettersRetry: { method: 'POST', path: '/admin/v1/sinks/{id}/dead-letters/retry' },
  postSinksByIdPause: { method: 'POST', path: '/admin/v1/sinks/{id}/pause' },
  postSinksByIdReplay: { method: 'POST', path: '/admin/v1/sinks/{id}/replay' },
  postSinksByIdResume: { method: 'POST', path: '/admin/v1/sinks/{id}/resume' },
  postSinksByIdTest: { method: 'POST', path: '/admin/v1/sinks/{id}/test' },
  getStreams: { method: 'GET', path: '/admin/v1/streams' },
  getStreamsById: { method: 'GET', path: '/admin/v1/streams/{id}' },
  deleteStreamsById: { method: 'DELETE', path: '/admin/v1/streams/{id}' },
  getStreamsByIdDeadLetters: { method: 'GET', path: '/admin/v1/streams/{id}/dead-letters' },
  postStreamsByIdDeadLettersDiscard: { method: 'POST', path: '/admin/v1/streams/{id}/dead-letters/discard' },
  postStreamsByIdDeadLettersRetry: { method: 'POST', path: '/admin/v1/streams/{id}/dead-letters/retry' },
  postStreamsByIdPause: { method: 'POST', path: '/admin/v1/streams/{id}/pause' },
  postStreamsByIdResume: { method: 'POST', path: '/admin/v1/streams/{id}/resume' },
  postStreamsByIdVerify: { method: 'POST', path: '/admin/v1/streams/{id}/verify' },
  getTenants: { method: 'GET', path: '/admin/v1/tenants' },
  getTenantsById: { method: 'GET', path: '/admin/v1/tenants/{id}' },
  putTenantsById: { method: 'PUT', path: '/admin/v1/tenants/{id}' },
  deleteTenantsById: { method: 'DELETE', path: '/admin/v1/tenants/{id}' },
  postTenantsByIdFreeze: { method: 'POST', path: '/admin/v1/tenants/{id}/freeze' },
  postTenantsByIdRevoke: { method: 'POST', path: '/admin/v1/tenants/{id}/revoke' },
  postTenantsByIdUnfreeze: { method: 'POST', path: '/admin/v1/tenants/{id}/unfreeze' },
  getTransmitters: { method: 'GET', path: '/admin/v1/transmitters' },
  getTransmittersById: { method: 'GET', path: '/admin/v1/transmitters/{id}' },
  putTransmittersById: { method: 'PUT', path: '/admin/v1/transmitters/{id}' },
  deleteTransmittersById: { method: 'DELETE', path: '/admin/v1/transmitters/{id}' },
  getTransmittersByIdHolds: { method: 'GET', path: '/admin/v1/transmitters/{id}/holds' },
  postTransmittersByIdHoldsLift: { method: 'POST', path: '/admin/v1/transmitters/{id}/holds/lift' },
  getTxnsByTxn: { method: 'GET', path: '/admin/v1/txns/{txn}' },
  getUnfreezes: { method: 'GET', path: '/admin/v1/unfreezes' },
  getUnfreezesById: { method: 'GET', path: '/admin/v1/unfreezes/{id}' },
  postUnfreezesByIdConfirm: { method: 'POST', path: '/admin/v1/unfreezes/{id}/confirm' },
  postUnfreezesByIdRefuse: { method: 'POST', path: '/admin/v1/unfreezes/{id}/refuse' },
  getUsers: { method: 'GET', path: '/admin/v1/users' },
  getUsersById: { method: 'GET', path: '/admin/v1/users/{id}' },
  putUsersById: { method: 'PUT', path: '/admin/v1/users/{id}' },
  deleteUsersById: { method: 'DELETE', path: '/admin/v1/users/{id}' },
  postUsersByIdConsoleLink: { method: 'POST', path: '/admin/v1/users/{id}/console-link' },
  getUsersByIdFactors: { method: 'GET', path: '/admin/v1/users/{id}/factors' },
  postUsersByIdFreeze: { method: 'POST', path: '/admin/v1/users/{id}/freeze' },
  postUsersByIdPasswordLink: { method: 'POST', path: '/admin/v1/users/{id}/password-link' },
  postUsersByIdResetFactors: { method: 'POST', path: '/admin/v1/users/{id}/reset-factors' },
  postUsersByIdRevoke: { method: 'POST', path: '/admin/v1/users/{id}/revoke' },
  postUsersByIdSignOut: { method: 'POST', path: '/admin/v1/users/{id}/sign-out' },
  postUsersByIdUnfreeze: { method: 'POST', path: '/admin/v1/users/{id}/unfreeze' },
  postUsersInvite: { method: 'POST', path: '/admin/v1/users/invite' },
};
