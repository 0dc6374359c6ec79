-- The house: audit, tenants, keys, users, resources, issuers, clients, agents, policies, connections, consent, tokens, signals.
-- Ids are text, chosen by the author (config) or made as prefixed UUIDv7. Times are timestamptz, always UTC.

CREATE TABLE settings (name text PRIMARY KEY, value jsonb NOT NULL);

-- What every node's caches must forget; read by polling (base/changes.ts), pruned after an hour.
CREATE TABLE changes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  kind text NOT NULL,
  key text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX changes_xid ON changes (xid);

-- ── audit ────────────────────────────────────────────────────────────────────────────────────────
-- `body` is the RFC 8785 text of the entry, `prev` among its members: hash = SHA-256(body). The other columns repeat parts of it for search;
-- verify compares them. Chain '' is the hub's own.
CREATE TABLE audit_heads (tenant text PRIMARY KEY, seq bigint NOT NULL, hash text NOT NULL) WITH (fillfactor = 50);
-- What the hub signed last of each chain: from there on it has to be read before the next signature.
CREATE TABLE audit_checkpoints (tenant text PRIMARY KEY, seq bigint NOT NULL, hash text NOT NULL, jws text, at timestamptz);
-- Where checkpoints are also kept outside, how that goes, and which of each chain got there last (rooms/audit/anchor.store.ts).
CREATE TABLE audit_anchor (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  config jsonb NOT NULL,
  sealed bytea,
  version bigint NOT NULL DEFAULT 1,
  failures integer NOT NULL DEFAULT 0,
  failure text,
  failing_since timestamptz,
  retry_at timestamptz,
  anchored_at timestamptz
);
CREATE TABLE audit_anchored (tenant text PRIMARY KEY, seq bigint NOT NULL);
-- Partitioned by the month that an id tells, so that old months can be given up whole (rooms/audit/retention.store.ts). That (tenant, seq) is there
-- once is kept by the heads, and within a partition by its own index: over all of them it could only be so with the id in it, which every entry would pay for.
CREATE TABLE audit_events (
  tenant text NOT NULL,
  seq bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  time timestamptz NOT NULL,
  type text NOT NULL,
  outcome text NOT NULL,
  user_id text,
  agent_id text,
  client_id text,
  txn text,
  body text NOT NULL,
  hash text NOT NULL
) PARTITION BY RANGE (id);
CREATE INDEX audit_events_id ON audit_events (id);
CREATE INDEX audit_events_agent ON audit_events (agent_id, id) WHERE agent_id IS NOT NULL;
CREATE INDEX audit_events_user ON audit_events (user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX audit_events_client ON audit_events (client_id, id) WHERE client_id IS NOT NULL;
-- What followed in a transaction. Its first tokens do not pay for it: they are found by the time that its id tells (txn.store.ts).
CREATE INDEX audit_events_txn ON audit_events (txn, id) WHERE txn IS NOT NULL AND type NOT IN ('token.issued', 'token.refreshed');
-- What is rare is found at once, and what is frequent is never far: only the rare pays (rooms/audit/search.store.ts has the same list).
CREATE INDEX audit_events_rare ON audit_events (type, id) WHERE type NOT IN ('token.issued', 'token.refreshed', 'token.exchanged', 'token.refused',
  'token.introspected', 'credential.issued', 'credential.used', 'credential.released', 'journey.started', 'journey.finished', 'login.succeeded',
  'policy.decided', 'signal.acknowledged', 'admin.read');
CREATE INDEX audit_events_refused ON audit_events (outcome, id) WHERE outcome <> 'success';

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit entries are append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- The smallest text that an event id of this moment can be: 48 bits of milliseconds in base32hex (rooms/audit/decision.ts, eventIdAt).
CREATE FUNCTION audit_id_at(moment timestamptz) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT 'evt_' || string_agg(substr('0123456789abcdefghijklmnopqrstuv', ((v >> (5 * (9 - i))) & 31)::int + 1, 1), '' ORDER BY i)
  FROM generate_series(0, 9) AS i, (SELECT (extract(epoch FROM moment) * 1000)::bigint * 4 AS v) AS t
$$;
-- The partition of the month that `moment` lies in; false where it is there already. What a partition does not inherit is given to it here.
CREATE FUNCTION audit_make_month(moment timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  month timestamptz := date_trunc('month', moment AT TIME ZONE 'UTC') AT TIME ZONE 'UTC';
  part text := 'audit_events_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
BEGIN
  IF to_regclass(part) IS NOT NULL THEN RETURN false; END IF;
  EXECUTE format('CREATE TABLE %I PARTITION OF audit_events FOR VALUES FROM (%L) TO (%L)', part, audit_id_at(month),
    audit_id_at((month AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC'));
  EXECUTE format('CREATE UNIQUE INDEX %I ON %I (tenant, seq)', part || '_seq', part);
  EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()', part);
  RETURN true;
END $$;
-- For times that no partition was made for: a clock that is years off loses nothing.
CREATE TABLE audit_events_rest PARTITION OF audit_events DEFAULT;
CREATE UNIQUE INDEX audit_events_rest_seq ON audit_events_rest (tenant, seq);
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON audit_events_rest FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
SELECT audit_make_month(now() + n * interval '1 month') FROM generate_series(0, 2) AS n;

-- Where a chain begins since older entries were given up; its newest entry audit.pruned says the same.
CREATE TABLE audit_horizons (tenant text PRIMARY KEY, seq bigint NOT NULL, hash text NOT NULL);
-- How many entries of a kind each hour had, of each tenant and ('*') of all, and up to which entry of each chain they are counted (rooms/audit/counts.store.ts).
CREATE TABLE audit_counted (tenant text PRIMARY KEY, seq bigint NOT NULL);
CREATE TABLE audit_counts (
  tenant text NOT NULL,
  hour timestamptz NOT NULL,
  type text NOT NULL,
  outcome text NOT NULL,
  n bigint NOT NULL,
  PRIMARY KEY (tenant, hour, type, outcome)
);
-- Who reads the whole record just now, on all nodes together (rooms/audit/turns.store.ts).
CREATE TABLE audit_turns (id text PRIMARY KEY, until timestamptz NOT NULL);

-- ── tenants ──────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE tenants (
  id text PRIMARY KEY,
  name text NOT NULL,
  domains text[] NOT NULL DEFAULT '{}',
  attributes jsonb NOT NULL DEFAULT '{}',
  settings jsonb NOT NULL DEFAULT '{}',
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'frozen', 'revoked')),
  state_reason text,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE roles (
  name text PRIMARY KEY,
  description text,
  permissions text[] NOT NULL DEFAULT '{}',
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Every permission that a role ever declared. A scope of that name stays closed to those who do not hold it, also when the role is gone.
CREATE TABLE declared_permissions (name text PRIMARY KEY);

-- ── keys ─────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE signing_keys (
  id text PRIMARY KEY,
  alg text NOT NULL,
  state text NOT NULL CHECK (state IN ('next', 'active', 'retired', 'revoked')),
  public_jwk jsonb NOT NULL,
  sealed_private bytea NOT NULL,
  created_at timestamptz NOT NULL,
  activated_at timestamptz,
  retired_at timestamptz
);
-- One signer per algorithm at any time, whatever two rotating nodes think.
CREATE UNIQUE INDEX signing_keys_one_active ON signing_keys (alg) WHERE state = 'active';
CREATE UNIQUE INDEX signing_keys_one_next ON signing_keys (alg) WHERE state = 'next';
-- Keys under which everything is sealed, themselves wrapped by the KEK that `kek` names. Tenant '' is the hub. root: what the hub seals for
-- itself (signing keys among it) and derives from; credentials: what the vault holds for that tenant.
CREATE TABLE data_keys (
  id text PRIMARY KEY,
  tenant text NOT NULL,
  purpose text NOT NULL CHECK (purpose IN ('root', 'credentials')),
  version integer NOT NULL,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'retired')),
  kek text NOT NULL,
  wrapped bytea NOT NULL,
  wrapped_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (tenant, purpose, version)
);
CREATE UNIQUE INDEX data_keys_one_active ON data_keys (tenant, purpose) WHERE state = 'active';
-- A rotation is what its rows say, so that any node can go on with it: data keys wrapped before it began, rows sealed under retired keys.
CREATE TABLE key_rotations (
  id text PRIMARY KEY,
  data_keys boolean NOT NULL,
  started_by jsonb NOT NULL,
  started_at timestamptz NOT NULL,
  finished_at timestamptz
);
CREATE UNIQUE INDEX key_rotations_one_open ON key_rotations ((finished_at IS NULL)) WHERE finished_at IS NULL;

-- ── users ────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE users (
  id text PRIMARY KEY,
  email text NOT NULL,
  email_key text NOT NULL UNIQUE,
  email_verified_at timestamptz,
  name text,
  password_hash text,
  attributes jsonb NOT NULL DEFAULT '{}',
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'frozen', 'revoked')),
  state_reason text,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  -- Set: only the id is left, so that nobody else gets it; email_key is then 'removed:<id>', which no address can be.
  removed_at timestamptz
);
CREATE TABLE user_tenants (
  user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
  tenant_id text NOT NULL REFERENCES tenants ON DELETE CASCADE,
  roles text[] NOT NULL DEFAULT '{}',
  -- Who holds it (a transmitter of shared signals): there, and good for nothing until they let go.
  held_by text,
  PRIMARY KEY (user_id, tenant_id)
);
CREATE INDEX user_tenants_tenant ON user_tenants (tenant_id);
CREATE TABLE sessions (
  id text PRIMARY KEY,
  secret_digest text NOT NULL UNIQUE,
  user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
  auth_time timestamptz NOT NULL,
  amr text[] NOT NULL,
  acr text NOT NULL,
  -- By which ways of signing in, in the words of flows.
  ways text[] NOT NULL DEFAULT '{}',
  purpose text NOT NULL DEFAULT 'user' CHECK (purpose IN ('user', 'admin')),
  -- Of an administrator: what the session may do. '*' alone is everything.
  scopes text[] NOT NULL DEFAULT '{}',
  -- Of one that a console link opened: who had a hand in making the link.
  made_by text[] NOT NULL DEFAULT '{}',
  ip text,
  user_agent text,
  created_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  ended_at timestamptz
);
CREATE INDEX sessions_user ON sessions (user_id);
-- Failed guesses per key (account, address); counted by one upsert, whatever the spelling or the node.
CREATE TABLE attempts (
  key text PRIMARY KEY,
  failures integer NOT NULL,
  window_start timestamptz NOT NULL,
  locked_until timestamptz
);
CREATE TABLE email_codes (
  id text PRIMARY KEY,
  email_key text NOT NULL,
  user_id text,
  journey_id text NOT NULL,
  code_digest text NOT NULL,
  tries integer NOT NULL DEFAULT 0,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX email_codes_email ON email_codes (email_key);
CREATE INDEX email_codes_journey ON email_codes (journey_id);
CREATE TABLE invites (
  id text PRIMARY KEY,
  secret_digest text NOT NULL UNIQUE,
  email text NOT NULL,
  user_id text,
  tenant_id text,
  roles text[] NOT NULL DEFAULT '{}',
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL
);
-- One-time links by purpose (console, password reset): a link of one purpose is nothing to the redeemer of another.
CREATE TABLE one_time_links (
  secret_digest text NOT NULL,
  purpose text NOT NULL,
  -- Whose link it is: when one is used, or what it was for has changed, the others of the same purpose and subject die.
  subject text NOT NULL,
  data jsonb NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  PRIMARY KEY (purpose, secret_digest)
);
CREATE INDEX one_time_links_subject ON one_time_links (subject);
-- Second factors. A secret is sealed for its owner. A code counts once: last_step only grows (RFC 6238 §5.2).
CREATE TABLE totp_factors (
  user_id text PRIMARY KEY REFERENCES users ON DELETE CASCADE,
  secret bytea NOT NULL,
  last_step bigint NOT NULL,
  created_at timestamptz NOT NULL,
  used_at timestamptz
);
-- A secret shown to one journey or session and not yet confirmed there.
CREATE TABLE totp_offers (
  context text PRIMARY KEY,
  user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
  secret bytea NOT NULL,
  expires_at timestamptz NOT NULL
);
-- The codes follow from the batch by a key outside the database; kept is which are used, and to whom they may be shown.
CREATE TABLE recovery_batches (
  user_id text PRIMARY KEY REFERENCES users ON DELETE CASCADE,
  batch text NOT NULL,
  used integer[] NOT NULL DEFAULT '{}',
  shown_to text NOT NULL,
  shown_until timestamptz NOT NULL,
  created_at timestamptz NOT NULL
);
-- `id`: the credential's, as the browser names it. `last_challenge`: what its last signature was for, so that none counts twice.
CREATE TABLE passkeys (
  id text PRIMARY KEY,
  user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
  public_key bytea NOT NULL,
  counter bigint NOT NULL,
  transports text[] NOT NULL,
  name text NOT NULL,
  last_challenge text NOT NULL,
  created_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX passkeys_user ON passkeys (user_id);
-- Browsers in which a person signed in: guesses from elsewhere do not lock them out there. Until `second_until` they need not show the
-- second factor there at an ordinary sign-in.
CREATE TABLE known_browsers (
  secret_digest text NOT NULL,
  user_id text NOT NULL REFERENCES users ON DELETE CASCADE,
  id text NOT NULL UNIQUE,
  user_agent text,
  created_at timestamptz NOT NULL,
  seen_at timestamptz NOT NULL,
  second_until timestamptz,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, secret_digest)
);

-- ── resources ────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE resources (
  id text PRIMARY KEY,
  type text NOT NULL CHECK (type IN ('mcp', 'api', 'external')),
  uri text NOT NULL UNIQUE,
  aliases text[] NOT NULL DEFAULT '{}',
  name text NOT NULL,
  scopes jsonb NOT NULL,
  tools jsonb NOT NULL DEFAULT '[]',
  detail_types jsonb NOT NULL DEFAULT '[]',
  tags text[] NOT NULL DEFAULT '{}',
  registration jsonb NOT NULL DEFAULT '{}',
  settings jsonb NOT NULL DEFAULT '{}',
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- ── issuers ──────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE issuers (
  id text PRIMARY KEY,
  trust jsonb NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now()
);
-- Who a subject of an issuer is here. By the id of the trust, not by the name of the issuer: two trusts may have one name and other keys.
CREATE TABLE issuer_users (
  issuer_id text NOT NULL REFERENCES issuers ON DELETE CASCADE,
  subject text NOT NULL,
  user_id text NOT NULL REFERENCES users,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (issuer_id, subject)
);
CREATE INDEX issuer_users_user ON issuer_users (user_id);
-- An id that is good once, on whichever node: of an assertion (RFC 7523), a DPoP proof (RFC 9449 §11.1), a signed request (RFC 9101).
CREATE TABLE assertion_ids (issuer text NOT NULL, jti text NOT NULL, expires_at timestamptz NOT NULL, PRIMARY KEY (issuer, jti));
CREATE INDEX assertion_ids_expiry ON assertion_ids (expires_at);

-- ── clients ──────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE clients (
  id text PRIMARY KEY,
  name text NOT NULL,
  registration_type text NOT NULL CHECK (registration_type IN ('manual', 'dcr', 'cimd', 'workload')),
  status text NOT NULL DEFAULT 'unverified' CHECK (status IN ('verified', 'unverified')),
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'frozen', 'revoked')),
  state_reason text,
  kind text NOT NULL DEFAULT 'app',
  public boolean NOT NULL,
  grants text[] NOT NULL,
  redirect_uris text[] NOT NULL DEFAULT '{}',
  auth_method text NOT NULL,
  jwks jsonb,
  jwks_uri text,
  -- Trust rules: issuer, subject and claim patterns.
  workload jsonb,
  tags text[] NOT NULL DEFAULT '{}',
  owner text,
  tenants text[] NOT NULL DEFAULT '{}',
  scopes text[],
  first_party boolean NOT NULL DEFAULT false,
  metadata jsonb NOT NULL DEFAULT '{}',
  settings jsonb NOT NULL DEFAULT '{}',
  fingerprint text,
  -- What its last review said of it, and what an administrator has said otherwise since.
  reviewed jsonb NOT NULL DEFAULT '{}',
  registration_token_digest text,
  registered_from text,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  consented_at timestamptz
);
CREATE INDEX clients_fingerprint ON clients (fingerprint, id) WHERE fingerprint IS NOT NULL;
CREATE INDEX clients_name ON clients (name);
CREATE INDEX clients_sweep ON clients (created_at) WHERE registration_type IN ('dcr', 'cimd') AND consented_at IS NULL;
CREATE INDEX clients_registered_from ON clients (registered_from, created_at) WHERE registration_type = 'dcr';
CREATE TABLE client_secrets (
  id text PRIMARY KEY,
  client_id text NOT NULL REFERENCES clients ON DELETE CASCADE,
  name text NOT NULL,
  digest text NOT NULL,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'revoked')),
  origin text NOT NULL DEFAULT 'issued' CHECK (origin IN ('config', 'issued')),
  expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX client_secrets_client ON client_secrets (client_id);
CREATE TABLE cimd_documents (
  url text PRIMARY KEY,
  document jsonb,
  digest text,
  source text NOT NULL CHECK (source IN ('live', 'pinned')),
  fetched_at timestamptz NOT NULL,
  fresh_until timestamptz NOT NULL,
  failure text,
  failed_until timestamptz
);
-- Who came and is not known here: one row for each host, name or id that they came with. Strangers choose these, so the rows are bounded (knocks.store.ts).
CREATE TABLE knocks (
  id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('document', 'registration', 'client', 'many')),
  name text NOT NULL,
  client_id text,
  reason text NOT NULL,
  doors text[] NOT NULL DEFAULT '{}',
  asked text[] NOT NULL DEFAULT '{}',
  redirect_uris text[] NOT NULL DEFAULT '{}',
  addresses text[] NOT NULL DEFAULT '{}',
  count bigint NOT NULL,
  first_seen_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  dismissed_at timestamptz,
  dismissed_by jsonb,
  UNIQUE (kind, name)
);
-- What a client or resource says of itself by now, other than when it was last looked at. One open row for each thing that can change: it holds the first
-- `before` and the newest `after`. `froze`: the client was stopped for it.
CREATE TABLE drifts (
  id text PRIMARY KEY,
  client_id text REFERENCES clients ON DELETE CASCADE,
  resource_id text REFERENCES resources ON DELETE CASCADE,
  what text NOT NULL CHECK (what IN ('name', 'redirect_hosts', 'keys', 'tools')),
  before jsonb NOT NULL,
  after jsonb NOT NULL,
  sentence text NOT NULL,
  froze boolean NOT NULL DEFAULT false,
  times integer NOT NULL DEFAULT 1,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'accepted', 'returned')),
  first_at timestamptz NOT NULL,
  at timestamptz NOT NULL,
  settled_at timestamptz,
  settled_by jsonb,
  note text,
  CHECK ((client_id IS NULL) <> (resource_id IS NULL))
);
CREATE UNIQUE INDEX drifts_open_client ON drifts (client_id, what) WHERE state = 'open' AND client_id IS NOT NULL;
CREATE UNIQUE INDEX drifts_open_resource ON drifts (resource_id, what) WHERE state = 'open' AND resource_id IS NOT NULL;
CREATE INDEX drifts_client ON drifts (client_id) WHERE client_id IS NOT NULL;
CREATE INDEX drifts_resource ON drifts (resource_id) WHERE resource_id IS NOT NULL;

-- ── agents ───────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE agents (
  id text PRIMARY KEY,
  client_id text NOT NULL,
  principal_kind text NOT NULL CHECK (principal_kind IN ('user', 'tenant', 'client')),
  principal_id text NOT NULL,
  tenant_id text,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'frozen', 'revoked')),
  state_reason text,
  -- The person it acts for has paused it: that alone holds it, or it does so beneath an administrator's freeze.
  pause text CHECK (pause IN ('alone', 'beneath')),
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  -- The client was removed: one that is later made under the same id has agents of its own, and nothing of these.
  retired_at timestamptz,
  -- Who answers for it: by default the user that it acts for, or the owner of its client. No reference: configs name owners before they exist.
  owner_id text,
  -- Of what follows, the list of a million is served. Kept by the triggers below, in the transaction of whatever changes it.
  verified boolean NOT NULL DEFAULT false,
  -- The highest risk of what it is granted: 1 low, 2 elevated, 3 high; null: nothing.
  risk smallint
);
CREATE UNIQUE INDEX agents_live ON agents (client_id, principal_kind, principal_id) WHERE retired_at IS NULL;
CREATE INDEX agents_retired ON agents (client_id, principal_kind, principal_id) WHERE retired_at IS NOT NULL;
CREATE INDEX agents_client ON agents (client_id, id);
CREATE INDEX agents_principal ON agents (principal_kind, principal_id, id);
CREATE INDEX agents_tenant ON agents (tenant_id, id);
CREATE INDEX agents_owner ON agents (owner_id, id);
CREATE INDEX agents_stopped ON agents (state, id) WHERE state <> 'active';
CREATE INDEX agents_stopped_for ON agents (state_reason, id) WHERE state <> 'active';
CREATE INDEX agents_verified ON agents (verified, id);
CREATE INDEX agents_risk ON agents (risk, id) WHERE risk IS NOT NULL;
-- What each agent did, counted from the entries by a job (rooms/agents/count.store.ts) and never on the way of a token. Calls: tokens and credentials it got,
-- calls of the proxy; denials: those that were refused. `idle_since`: its last use, or when it was made.
CREATE TABLE agent_use (
  agent_id text PRIMARY KEY,
  calls bigint NOT NULL DEFAULT 0,
  denials bigint NOT NULL DEFAULT 0,
  first_used_at timestamptz,
  last_used_at timestamptz,
  idle_since timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX agent_use_calls ON agent_use (calls, agent_id);
CREATE INDEX agent_use_denials ON agent_use (denials, agent_id);
CREATE INDEX agent_use_last ON agent_use (coalesce(last_used_at, '1970-01-01T00:00:00Z'::timestamptz), agent_id);
CREATE INDEX agent_use_idle ON agent_use (idle_since, agent_id);
-- `resource_id`: a resource, or `urn:writ:connection:<id>`; of what has no scopes (an API key) the scope is ''.
CREATE TABLE agent_scope_use (
  agent_id text NOT NULL,
  resource_id text NOT NULL,
  scope text NOT NULL,
  count bigint NOT NULL,
  last_used_at timestamptz NOT NULL,
  PRIMARY KEY (agent_id, resource_id, scope)
) WITH (fillfactor = 80);
-- Resources whose scopes changed: the risk of agents that hold some is looked at anew, by a job, from this one on.
CREATE TABLE agent_risk_due (resource_id text PRIMARY KEY, after text NOT NULL DEFAULT '');
-- Who may have come or gone, and with them the agents that they answer for (rooms/signals/quarantine.store.ts). No tenant: the user as such.
-- `back`: a membership that was on hold is let go.
CREATE TABLE owner_moves (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id text NOT NULL, tenant_id text, back boolean NOT NULL DEFAULT false);

-- Words that a person would search by: letters and digits, whatever stands between them.
CREATE FUNCTION words_of(said text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$
  SELECT to_tsvector('pg_catalog.simple', translate(lower(said), '@.:/_-+?=&#%,;()<>"''[]{}|!*~^$\’‘“”–—·', repeat(' ', 40)))
$$;
CREATE INDEX clients_words ON clients USING gin (words_of(name || ' ' || id));
CREATE INDEX users_words ON users USING gin (words_of(coalesce(name, '') || ' ' || email));

CREATE FUNCTION agent_use_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO agent_use (agent_id, idle_since) SELECT id, created_at FROM made ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER agents_use_begins AFTER INSERT ON agents REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION agent_use_begins();

-- What a client is said to be, its agents are; they go with it to another owner, unless they have one of their own.
CREATE FUNCTION agents_follow_client() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE agents SET verified = (NEW.status = 'verified') WHERE client_id = NEW.id AND verified <> (NEW.status = 'verified');
  IF NEW.owner IS DISTINCT FROM OLD.owner THEN
    UPDATE agents SET owner_id = NEW.owner WHERE client_id = NEW.id AND principal_kind <> 'user' AND owner_id IS NOT DISTINCT FROM OLD.owner AND retired_at IS NULL;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER clients_lead_agents AFTER UPDATE OF status, owner ON clients FOR EACH ROW
  WHEN (NEW.status <> OLD.status OR NEW.owner IS DISTINCT FROM OLD.owner) EXECUTE FUNCTION agents_follow_client();
-- Whoever answers for an agent from now on is not the one because of whom it stopped: only a deed on the agent lets it go, not what becomes of them.
CREATE FUNCTION agent_changes_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.state_reason := 'owner_changed';
  RETURN NEW;
END $$;
CREATE TRIGGER agents_change_owner BEFORE UPDATE OF owner_id ON agents FOR EACH ROW
  WHEN (OLD.state = 'frozen' AND NEW.state = 'frozen' AND OLD.state_reason = 'owner_left' AND NEW.owner_id IS DISTINCT FROM OLD.owner_id) EXECUTE FUNCTION agent_changes_owner();


-- ── policies ─────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE policies (
  id text PRIMARY KEY,
  rule jsonb NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
-- Each policy as it ever was; no rule: it was removed. One that is put again under its id goes on counting, so a version means one rule for ever.
CREATE TABLE policy_versions (
  policy_id text NOT NULL,
  version bigint NOT NULL,
  rule jsonb,
  changed_by jsonb NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (policy_id, version)
);
-- What the policies are expected to decide, asked again whenever one of them is saved.
CREATE TABLE policy_tests (
  id text PRIMARY KEY,
  test jsonb NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
-- What is used of the budgets of `require` rules, by agent: one row is the gate for every node. `uses`: how many by slot of a sixtieth of the span.
CREATE TABLE policy_budgets (
  rule text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('calls', 'exchanges')),
  agent_id text NOT NULL,
  -- Seconds.
  span integer NOT NULL,
  slot bigint NOT NULL,
  uses jsonb NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (rule, kind, agent_id, span)
) WITH (fillfactor = 50);
CREATE INDEX policy_budgets_expiry ON policy_budgets (expires_at);
CREATE INDEX policy_budgets_agent ON policy_budgets (agent_id);

-- ── connections ──────────────────────────────────────────────────────────────────────────────────
-- `config`: the form of the config file, without its secret; `sealed`: our own secret at the service, under the data key `key_id`.
CREATE TABLE connections (
  id text PRIMARY KEY,
  type text NOT NULL CHECK (type IN ('oauth', 'api_key', 'basic', 'certificate', 'mcp', 'reference')),
  name text NOT NULL,
  config jsonb NOT NULL,
  key_id text REFERENCES data_keys,
  sealed bytea,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'frozen', 'revoked')),
  state_reason text,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((key_id IS NULL) = (sealed IS NULL))
);
CREATE INDEX connections_key ON connections (key_id);
-- One secret: connection × owner × label. Owner: a user in a tenant, a user, an agent or a tenant. `refresh_*`: the books of whoever refreshes it;
-- `refresh_pending`: what the service answered, kept before anything else is done with it.
CREATE TABLE credentials (
  id text PRIMARY KEY,
  connection_id text NOT NULL REFERENCES connections,
  owner_user text REFERENCES users,
  owner_tenant text REFERENCES tenants,
  owner_agent text REFERENCES agents,
  label text NOT NULL DEFAULT '',
  kind text NOT NULL CHECK (kind IN ('oauth', 'api_key', 'basic', 'certificate', 'reference')),
  origin text NOT NULL CHECK (origin IN ('admin', 'connect', 'import', 'flow', 'service')),
  granted text[] NOT NULL DEFAULT '{}',
  asked text[] NOT NULL DEFAULT '{}',
  refreshable boolean NOT NULL,
  expires_at timestamptz,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'failed', 'locked', 'revoked')),
  failure text,
  key_id text NOT NULL REFERENCES data_keys,
  sealed bytea NOT NULL,
  refresh_state text NOT NULL DEFAULT 'idle' CHECK (refresh_state IN ('idle', 'asking', 'answered')),
  refresh_lease text,
  refresh_lease_until timestamptz,
  refresh_at timestamptz,
  refresh_failures integer NOT NULL DEFAULT 0,
  refresh_pending bytea,
  refresh_pending_key text REFERENCES data_keys,
  refreshed_at timestamptz,
  version bigint NOT NULL DEFAULT 1,
  connected_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  CHECK (CASE WHEN owner_agent IS NULL THEN owner_user IS NOT NULL OR owner_tenant IS NOT NULL ELSE owner_user IS NULL AND owner_tenant IS NULL END)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX credentials_slot ON credentials
  (connection_id, coalesce(owner_user, ''), coalesce(owner_tenant, ''), coalesce(owner_agent, ''), label);
CREATE INDEX credentials_user ON credentials (owner_user) WHERE owner_user IS NOT NULL;
CREATE INDEX credentials_tenant ON credentials (owner_tenant) WHERE owner_tenant IS NOT NULL;
CREATE INDEX credentials_agent ON credentials (owner_agent) WHERE owner_agent IS NOT NULL;
CREATE INDEX credentials_key ON credentials (key_id);
CREATE INDEX credentials_pending_key ON credentials (refresh_pending_key) WHERE refresh_pending_key IS NOT NULL;
CREATE INDEX credentials_refresh ON credentials (refresh_at) WHERE refresh_at IS NOT NULL AND state = 'active';
-- Connect links that somebody went on from (a link itself is sealed, not stored). `used_at`: it led to a credential, and never will again. The
-- attempt at the provider that is under way: its state, the browser that began it and who sat there, and its sealed verifier.
CREATE TABLE connect_sessions (
  id text PRIMARY KEY,
  connection_id text NOT NULL REFERENCES connections ON DELETE CASCADE,
  begun_by text NOT NULL,
  state_digest text UNIQUE,
  browser_digest text,
  attempt bytea,
  attempt_until timestamptz,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX connect_sessions_expiry ON connect_sessions (expires_at);
-- Authorization servers that MCP connections were led to, and what we are called there. `sealed`: the secret that registration gave us, if any.
CREATE TABLE connection_servers (
  connection_id text NOT NULL REFERENCES connections ON DELETE CASCADE,
  issuer text NOT NULL,
  metadata jsonb NOT NULL,
  client_id text NOT NULL,
  sealed bytea,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (connection_id, issuer)
);
-- What a provider was not yet told of: tokens of accounts that were disconnected, until it took them back or we gave up.
CREATE TABLE upstream_revocations (
  id text PRIMARY KEY,
  connection_id text NOT NULL REFERENCES connections ON DELETE CASCADE,
  sealed bytea NOT NULL,
  tries integer NOT NULL DEFAULT 0,
  next_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX upstream_revocations_next ON upstream_revocations (next_at);

-- ── consent ──────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE grants (
  id text PRIMARY KEY,
  client_id text NOT NULL,
  agent_id text NOT NULL REFERENCES agents,
  user_id text REFERENCES users,
  tenant_id text,
  resource_id text NOT NULL,
  scopes text[] NOT NULL,
  authorization_details jsonb,
  redirect_uri text NOT NULL,
  persistent boolean NOT NULL DEFAULT false,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'frozen', 'revoked')),
  state_reason text,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  -- When the person last said yes on the page (or an administrator for them): what `reconsent` counts from.
  consented_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  -- A user's grant that an administrator's yes for the whole tenant made (itself a grant without a user): it ends with that one.
  under text REFERENCES grants
);
-- Consent is keyed by who, which client, where the code goes and for what: one live grant each.
CREATE UNIQUE INDEX grants_live ON grants (client_id, user_id, coalesce(tenant_id, ''), resource_id, redirect_uri) WHERE state <> 'revoked';
-- For everybody in a tenant: no user.
CREATE UNIQUE INDEX grants_tenant_live ON grants (client_id, tenant_id, resource_id, redirect_uri) WHERE user_id IS NULL AND state <> 'revoked';
CREATE INDEX grants_under ON grants (under) WHERE under IS NOT NULL;
CREATE INDEX grants_user ON grants (user_id);
CREATE INDEX grants_agent ON grants (agent_id);
CREATE INDEX grants_resource ON grants (resource_id, id);
CREATE INDEX grants_ending ON grants (expires_at) WHERE expires_at IS NOT NULL AND state <> 'revoked';
-- Scopes that somebody took from a grant. Given back only while `consented_at` is still the grant's: what was asked of the person since then stands.
CREATE TABLE grant_narrowings (
  id text PRIMARY KEY,
  grant_id text NOT NULL REFERENCES grants ON DELETE CASCADE,
  removed text[] NOT NULL,
  narrowed_by jsonb NOT NULL,
  -- The person of the grant took it at their own page; an administrator did who may be the same person.
  own boolean NOT NULL,
  reason text NOT NULL,
  consented_at timestamptz NOT NULL,
  at timestamptz NOT NULL,
  undone_at timestamptz
);
CREATE INDEX grant_narrowings_grant ON grant_narrowings (grant_id, at);
-- The highest risk of what an agent is granted: by people and administrators, and by rules what it obtained in the last 90 days where no person stands behind it.
CREATE FUNCTION agent_risk(agent text, person boolean) RETURNS smallint LANGUAGE sql STABLE AS $$
  SELECT max(CASE scope ->> 'risk' WHEN 'high' THEN 3 WHEN 'elevated' THEN 2 ELSE 1 END)::smallint
  FROM (SELECT resource_id, unnest(scopes) AS name FROM grants WHERE agent_id = agent AND state <> 'revoked' AND (expires_at IS NULL OR expires_at > now())
    UNION SELECT resource_id, scope FROM agent_scope_use WHERE agent_id = agent AND NOT person AND last_used_at > now() - interval '90 days'
      AND resource_id NOT LIKE 'urn:writ:connection:%') AS held
  LEFT JOIN resources r ON r.id = held.resource_id
  LEFT JOIN LATERAL (SELECT s AS scope FROM jsonb_array_elements(r.scopes) AS s WHERE s ->> 'name' = held.name) AS defined ON true
$$;
-- Locked in the order of ids, as everything that writes to many agents does.
CREATE FUNCTION agents_weigh(ids text[]) RETURNS void LANGUAGE sql AS $$
  WITH locked AS (SELECT id, agent_risk(id, principal_kind = 'user') AS weighed FROM agents WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE)
  UPDATE agents a SET risk = l.weighed FROM locked l WHERE a.id = l.id AND a.risk IS DISTINCT FROM l.weighed
$$;
CREATE FUNCTION agents_weigh_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM agents_weigh(array_agg(DISTINCT agent_id)) FROM changed HAVING count(*) > 0;
  RETURN NULL;
END $$;
CREATE TRIGGER grants_weigh_made AFTER INSERT ON grants REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION agents_weigh_changed();
CREATE TRIGGER grants_weigh_moved AFTER UPDATE ON grants REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION agents_weigh_changed();
CREATE FUNCTION agents_weigh_obtained() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM agents_weigh(array_agg(DISTINCT a.id)) FROM changed JOIN agents a ON a.id = changed.agent_id WHERE a.principal_kind <> 'user' HAVING count(*) > 0;
  RETURN NULL;
END $$;
CREATE TRIGGER agent_scope_use_weigh AFTER INSERT ON agent_scope_use REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION agents_weigh_obtained();
-- There may be a million agents that hold a scope: a job looks at them (rooms/agents/weigh.store.ts).
CREATE FUNCTION agents_weigh_later() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO agent_risk_due (resource_id) VALUES (OLD.id) ON CONFLICT (resource_id) DO UPDATE SET after = '';
  RETURN NULL;
END $$;
CREATE TRIGGER resources_weigh_agents AFTER UPDATE OF scopes ON resources FOR EACH ROW WHEN (NEW.scopes IS DISTINCT FROM OLD.scopes) EXECUTE FUNCTION agents_weigh_later();

-- Whoever is stopped, comes back, leaves a tenant or is held in it is noted in the same transaction, so that no agent of theirs is forgotten.
CREATE FUNCTION owners_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'users' THEN
    INSERT INTO owner_moves (user_id) VALUES (NEW.id);
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO owner_moves (user_id, tenant_id, back) VALUES (NEW.user_id, NEW.tenant_id, NEW.held_by IS NULL);
  ELSE
    INSERT INTO owner_moves (user_id, tenant_id) VALUES (OLD.user_id, OLD.tenant_id);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER users_move AFTER UPDATE OF state ON users FOR EACH ROW WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION owners_move();
CREATE TRIGGER user_tenants_move AFTER DELETE ON user_tenants FOR EACH ROW EXECUTE FUNCTION owners_move();
CREATE TRIGGER user_tenants_hold AFTER UPDATE OF held_by ON user_tenants FOR EACH ROW WHEN ((NEW.held_by IS NULL) <> (OLD.held_by IS NULL)) EXECUTE FUNCTION owners_move();

-- ── tokens ───────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE par_requests (
  digest text PRIMARY KEY,
  client_id text NOT NULL,
  params jsonb NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE TABLE codes (
  digest text PRIMARY KEY,
  client_id text NOT NULL,
  grant_id text NOT NULL,
  facts jsonb NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  family_id text,
  access_jti text,
  access_expires_at timestamptz
);
CREATE INDEX codes_expiry ON codes (expires_at);
-- One row per refresh family, updated in place: no indexed column changes on rotation, so updates stay HOT and the table does not grow.
CREATE TABLE families (
  id text PRIMARY KEY,
  client_id text NOT NULL,
  agent_id text NOT NULL,
  grant_id text NOT NULL,
  user_id text,
  tenant_id text,
  facts jsonb NOT NULL,
  hash text NOT NULL,
  previous_hash text,
  generation integer NOT NULL DEFAULT 0,
  -- Access tokens of this family that may still be alive, as `jti=seconds` words: what a revocation of the family must also take back.
  live text NOT NULL DEFAULT '',
  rotated_at timestamptz NOT NULL,
  idle_expires_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  revoked_reason text,
  created_at timestamptz NOT NULL,
  -- Moves whenever something is taken from the grant behind it: a rotation that was decided before is decided anew.
  fence integer NOT NULL DEFAULT 0
) WITH (fillfactor = 70);
CREATE INDEX families_grant ON families (grant_id);
CREATE INDEX families_agent ON families (agent_id);
CREATE INDEX families_user ON families (user_id);
CREATE TABLE revoked_tokens (jti text PRIMARY KEY, expires_at timestamptz NOT NULL, reason text NOT NULL);
CREATE INDEX revoked_tokens_expiry ON revoked_tokens (expires_at);

-- ── approvals ────────────────────────────────────────────────────────────────────────────────────
-- What a client asked for elsewhere and its user answers in a browser: device grant and CIBA. Secrets are digests; the user code, which is
-- short, is a keyed one. `notice`: where and with what to ring, sealed; gone once delivered.
CREATE TABLE pending_authorizations (
  id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('device_code', 'ciba')),
  secret_digest text NOT NULL,
  user_code_digest text UNIQUE,
  client_id text NOT NULL,
  user_id text,
  request jsonb NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'allowed', 'denied', 'expired', 'used')),
  facts jsonb,
  poll_seconds integer NOT NULL,
  polled_at timestamptz,
  notice bytea,
  notice_tries integer NOT NULL DEFAULT 0,
  notice_at timestamptz,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  decided_at timestamptz,
  used_at timestamptz,
  -- The access token that it became, where no refresh family remembers it.
  access_jti text,
  access_expires_at timestamptz,
  UNIQUE (kind, secret_digest)
);
CREATE INDEX pending_authorizations_user ON pending_authorizations (user_id) WHERE state = 'pending';
CREATE INDEX pending_authorizations_expiry ON pending_authorizations (expires_at);

-- A request for which policy, or a flow, wants the decision of people. One row per request (`request_digest` is over all that it says) is `current`.
CREATE TABLE approvals (
  id text PRIMARY KEY,
  request_digest text NOT NULL,
  current boolean NOT NULL DEFAULT true,
  client_id text NOT NULL,
  -- Null where a flow asks before there is an agent, or for no resource (a registration).
  agent_id text,
  user_id text,
  tenant_id text,
  resource_id text,
  request jsonb NOT NULL,
  needs jsonb NOT NULL,
  scopes text[] NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'given', 'refused', 'expired', 'used')),
  reason text,
  txn text NOT NULL,
  origin jsonb NOT NULL,
  poll_seconds integer NOT NULL DEFAULT 5,
  polled_at timestamptz,
  mailed_at timestamptz,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  decided_at timestamptz,
  used_at timestamptz
);
CREATE UNIQUE INDEX approvals_current ON approvals (request_digest) WHERE current;
CREATE INDEX approvals_open ON approvals (expires_at) WHERE state IN ('pending', 'given');
-- One person, one vote. `rules`: for which rules it counted when it was cast.
CREATE TABLE approval_votes (
  approval_id text NOT NULL REFERENCES approvals ON DELETE CASCADE,
  user_id text NOT NULL,
  verdict text NOT NULL CHECK (verdict IN ('give', 'refuse')),
  rules text[] NOT NULL,
  reason text,
  at timestamptz NOT NULL,
  PRIMARY KEY (approval_id, user_id)
);

-- ── sso ──────────────────────────────────────────────────────────────────────────────────────────
-- `sealed`: our secret there, or the key of an external page's answers.
CREATE TABLE identity_providers (
  id text PRIMARY KEY,
  provider jsonb NOT NULL,
  sealed bytea,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now()
);
-- Whom a subject of a provider is here. Nothing else that a provider says of somebody leads to a user.
CREATE TABLE provider_users (
  provider_id text NOT NULL REFERENCES identity_providers ON DELETE CASCADE,
  subject text NOT NULL,
  user_id text NOT NULL REFERENCES users,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (provider_id, subject)
);
CREATE INDEX provider_users_user ON provider_users (user_id);
-- On the way to a provider and back. A state is used once, by the browser that set out, at the provider that it set out for.
CREATE TABLE sso_attempts (
  state_digest text PRIMARY KEY,
  provider_id text NOT NULL REFERENCES identity_providers ON DELETE CASCADE,
  journey_id text NOT NULL,
  browser_digest text NOT NULL,
  sealed bytea NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX sso_attempts_expiry ON sso_attempts (expires_at);

-- ── flows ────────────────────────────────────────────────────────────────────────────────────────
-- `draft`: the flow as it is worked on, in its stable text; `layout`: where its nodes stand on the canvas; `published`: the version in force.
CREATE TABLE flows (
  id text PRIMARY KEY,
  draft text NOT NULL,
  layout jsonb NOT NULL DEFAULT '{}',
  published bigint,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
-- What runs, or ever did, subflows copied in, by its digest; never changed, for a journey keeps the one it began with. Of the built-in flows too, so that
-- a hub that brings others goes on with journeys of the one before.
CREATE TABLE flow_bodies (digest text PRIMARY KEY, body text NOT NULL);
-- Each flow as it ever was in force. `source`: as it was drawn. A rollback is a new version with the digest of an older one. One that was removed goes on counting.
CREATE TABLE flow_versions (
  flow_id text NOT NULL,
  version bigint NOT NULL,
  digest text NOT NULL REFERENCES flow_bodies,
  source text NOT NULL,
  changed_by jsonb NOT NULL,
  note text,
  rolled_back_to bigint,
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (flow_id, version)
);
CREATE INDEX flow_versions_digest ON flow_versions (digest);
-- Which flow runs where, one for each place; `target` is empty for `everywhere`. A built-in flow has no row above, and may be named here.
CREATE TABLE flow_assignments (
  purpose text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('client', 'resource', 'tenant', 'everywhere')),
  target text NOT NULL,
  flow_id text NOT NULL,
  PRIMARY KEY (purpose, kind, target)
);
CREATE INDEX flow_assignments_flow ON flow_assignments (flow_id);

-- ── journeys (doors/journey keeps its state through rooms/journeys) ─────────────────────────────────
CREATE TABLE journeys (
  id text PRIMARY KEY,
  browser_digest text NOT NULL,
  client_id text NOT NULL,
  request jsonb NOT NULL,
  -- Which version of which flow it keeps, and what calls brought for later nodes, sealed.
  flow text NOT NULL,
  state jsonb NOT NULL,
  secrets text,
  version integer NOT NULL DEFAULT 1,
  -- Somebody else's system is being called for the step that is next; nobody else calls it until then.
  busy_until timestamptz,
  session_id text,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  finished_at timestamptz
);
CREATE INDEX journeys_expiry ON journeys (expires_at);
-- Few wait for a second factor; what they have shown dies with the password.
CREATE INDEX journeys_first ON journeys ((state #>> '{first,userId}')) WHERE state ? 'first';
-- What a flow did for a journey, by `<node>#<turn>`: asked again, it is not done again. `ref`: the approval that was asked; `outcome`: what it came to.
CREATE TABLE journey_deeds (
  journey_id text NOT NULL,
  key text NOT NULL,
  deed text NOT NULL,
  ref text,
  outcome text,
  at timestamptz NOT NULL,
  PRIMARY KEY (journey_id, key)
);
CREATE INDEX journey_deeds_at ON journey_deeds (at);
-- Clients whose registration waits for people: where its flow stands, and by which version. They are frozen meanwhile.
CREATE TABLE client_reviews (
  client_id text PRIMARY KEY REFERENCES clients ON DELETE CASCADE,
  journey_id text NOT NULL UNIQUE,
  flow_digest text NOT NULL,
  state jsonb NOT NULL,
  request jsonb NOT NULL,
  origin jsonb NOT NULL,
  version integer NOT NULL DEFAULT 1,
  -- A node goes on with it, until then: what its flow calls must not be called by two.
  held_until timestamptz,
  created_at timestamptz NOT NULL
);
-- What calls of flows send, by name; `hosts`: where it may go.
CREATE TABLE flow_secrets (
  id text PRIMARY KEY,
  hosts text[] NOT NULL,
  sealed bytea NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- ── signals ──────────────────────────────────────────────────────────────────────────────────────
-- seq is taken from the head row under its lock, held to the end of the transaction: order of seq = order of commit, no gaps.
CREATE TABLE signal_head (one boolean PRIMARY KEY DEFAULT true CHECK (one), seq bigint NOT NULL);
INSERT INTO signal_head (seq) VALUES (0);
CREATE TABLE signals (
  seq bigint PRIMARY KEY,
  id text NOT NULL UNIQUE,
  at timestamptz NOT NULL,
  kind text NOT NULL CHECK (kind IN ('agent', 'client', 'user', 'tenant', 'grant', 'token', 'hub')),
  subject text NOT NULL,
  state text NOT NULL CHECK (state IN ('frozen', 'revoked', 'restored')),
  reason text NOT NULL,
  tenant_id text
);
CREATE INDEX signals_subject ON signals (kind, subject, seq);
CREATE INDEX signals_at ON signals (at);
-- Each process that listens. `began`: the newest number when it first did; `seq`: how far it says that it has come.
CREATE TABLE signal_listeners (
  receiver text NOT NULL,
  instance text NOT NULL,
  began bigint NOT NULL,
  seq bigint NOT NULL DEFAULT 0,
  opened_at timestamptz,
  closed_at timestamptz,
  seen_at timestamptz NOT NULL,
  PRIMARY KEY (receiver, instance)
) WITH (fillfactor = 70);
-- An acknowledgement covers what lies beyond `after`, up to `seq`.
CREATE TABLE signal_acks (
  receiver text NOT NULL,
  instance text NOT NULL,
  seq bigint NOT NULL,
  after bigint NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (receiver, instance, seq)
);
CREATE INDEX signal_acks_at ON signal_acks (at);
-- What is stopped now, by whom and why. The state itself lies with its room, but for the hub, whose row here is its state. `second_person`: frozen while
-- letting it go took two people. `outlives`: also when it is gone, for whatever is made in its place.
CREATE TABLE containments (
  kind text NOT NULL CHECK (kind IN ('agent', 'client', 'user', 'tenant', 'grant', 'connection', 'hub')),
  subject text NOT NULL,
  state text NOT NULL CHECK (state IN ('frozen', 'revoked')),
  reason text NOT NULL,
  stopped_by jsonb NOT NULL,
  since timestamptz NOT NULL,
  until timestamptz,
  second_person boolean NOT NULL DEFAULT false,
  outlives boolean NOT NULL DEFAULT false,
  PRIMARY KEY (kind, subject)
);
CREATE INDEX containments_since ON containments (since, kind, subject);
CREATE INDEX containments_outliving ON containments (kind, subject) WHERE outlives;
-- Clients that people were asked about stand in the same list.
CREATE INDEX clients_in_review ON clients (created_at) WHERE state = 'frozen' AND state_reason IN ('registration_review', 'registration_refused');
CREATE INDEX containments_until ON containments (until) WHERE until IS NOT NULL;
-- One person asked that something may go on, another confirms it. `parties`: who may have had a hand in asking.
CREATE TABLE unfreezes (
  id text PRIMARY KEY,
  kind text NOT NULL,
  subject text NOT NULL,
  tenant_id text,
  reason text NOT NULL,
  asked_by jsonb NOT NULL,
  parties text[] NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'confirmed', 'refused', 'expired', 'withdrawn')),
  asked_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  decided_at timestamptz,
  decided_by jsonb,
  decided_for text
);
CREATE UNIQUE INDEX unfreezes_waiting ON unfreezes (kind, subject) WHERE state = 'waiting';
-- What was frozen so that it takes two people to let go is not let go by one who revokes or removes it and makes it anew: what comes in its place begins frozen, by
-- the same row. Of everything else that is removed nothing stays, or the next of its name would be listed as stopped.
CREATE FUNCTION stop_outlives_removal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  held text;
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM containments WHERE kind = TG_ARGV[0] AND subject = OLD.id AND NOT outlives;
    UPDATE unfreezes SET state = 'withdrawn', decided_at = now() WHERE kind = TG_ARGV[0] AND subject = OLD.id AND state = 'waiting';
    RETURN OLD;
  ELSIF TG_WHEN = 'AFTER' THEN
    UPDATE containments SET state = 'frozen' WHERE kind = TG_ARGV[0] AND subject = NEW.id AND outlives;
    RETURN NEW;
  END IF;
  SELECT reason INTO held FROM containments WHERE kind = TG_ARGV[0] AND subject = NEW.id AND outlives FOR UPDATE;
  IF FOUND AND NEW.state = 'active' THEN
    NEW.state := 'frozen';
    NEW.state_reason := held;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER clients_begin_stopped BEFORE INSERT ON clients FOR EACH ROW EXECUTE FUNCTION stop_outlives_removal('client');
CREATE TRIGGER clients_stay_stopped AFTER INSERT ON clients FOR EACH ROW EXECUTE FUNCTION stop_outlives_removal('client');
CREATE TRIGGER clients_end_stopped AFTER DELETE ON clients FOR EACH ROW EXECUTE FUNCTION stop_outlives_removal('client');
CREATE TRIGGER connections_begin_stopped BEFORE INSERT ON connections FOR EACH ROW EXECUTE FUNCTION stop_outlives_removal('connection');
CREATE TRIGGER connections_stay_stopped AFTER INSERT ON connections FOR EACH ROW EXECUTE FUNCTION stop_outlives_removal('connection');
CREATE TRIGGER connections_end_stopped AFTER DELETE ON connections FOR EACH ROW EXECUTE FUNCTION stop_outlives_removal('connection');
-- An agent's place is client and principal, a grant's what consent is keyed by; whoever comes there next has an id of its own. Moved before the row is made: of two
-- that make it at once the second waits here, and finds nothing to move. One that is just being taken from the place is waited for: a grant here, by its row; an agent
-- by the unique index, which is after this, so that it is asked once more when the row is there.
CREATE FUNCTION stop_keeps_its_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  held text;
BEGIN
  IF TG_TABLE_NAME = 'agents' THEN
    UPDATE containments c SET subject = NEW.id, state = 'frozen' FROM agents a WHERE c.kind = 'agent' AND c.subject = a.id AND c.outlives
      AND a.client_id = NEW.client_id AND a.principal_kind = NEW.principal_kind AND a.principal_id = NEW.principal_id AND a.retired_at IS NOT NULL
      RETURNING c.reason INTO held;
  ELSE
    IF NEW.user_id IS NULL THEN
      PERFORM 1 FROM grants WHERE client_id = NEW.client_id AND user_id IS NULL AND tenant_id = NEW.tenant_id
        AND resource_id = NEW.resource_id AND redirect_uri = NEW.redirect_uri AND state <> 'revoked' FOR NO KEY UPDATE;
    ELSE
      PERFORM 1 FROM grants WHERE client_id = NEW.client_id AND user_id = NEW.user_id AND coalesce(tenant_id, '') = coalesce(NEW.tenant_id, '')
        AND resource_id = NEW.resource_id AND redirect_uri = NEW.redirect_uri AND state <> 'revoked' FOR NO KEY UPDATE;
    END IF;
    UPDATE containments c SET subject = NEW.id, state = 'frozen' FROM grants g WHERE c.kind = 'grant' AND c.subject = g.id AND c.outlives AND g.state = 'revoked'
      AND g.client_id = NEW.client_id AND g.user_id IS NOT DISTINCT FROM NEW.user_id AND g.tenant_id IS NOT DISTINCT FROM NEW.tenant_id
      AND g.resource_id = NEW.resource_id AND g.redirect_uri = NEW.redirect_uri RETURNING c.reason INTO held;
  END IF;
  IF FOUND THEN
    NEW.state := 'frozen';
    -- Nobody's coming back lets it go: only a deed on it does.
    NEW.state_reason := CASE held WHEN 'owner_left' THEN 'owner_changed' ELSE held END;
    IF TG_WHEN = 'AFTER' THEN UPDATE agents SET state = NEW.state, state_reason = NEW.state_reason WHERE id = NEW.id; END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER agents_begin_stopped BEFORE INSERT ON agents FOR EACH ROW EXECUTE FUNCTION stop_keeps_its_place();
CREATE TRIGGER agents_stay_stopped AFTER INSERT ON agents FOR EACH ROW EXECUTE FUNCTION stop_keeps_its_place();
CREATE TRIGGER grants_begin_stopped BEFORE INSERT ON grants FOR EACH ROW EXECUTE FUNCTION stop_keeps_its_place();
-- An id of a user is never used again.
CREATE FUNCTION stop_ends_with_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM containments WHERE kind = 'user' AND subject = NEW.id;
  UPDATE unfreezes SET state = 'withdrawn', decided_at = now() WHERE kind = 'user' AND subject = NEW.id AND state = 'waiting';
  RETURN NULL;
END $$;
CREATE TRIGGER users_end_stopped AFTER UPDATE OF removed_at ON users FOR EACH ROW
  WHEN (OLD.removed_at IS NULL AND NEW.removed_at IS NOT NULL) EXECUTE FUNCTION stop_ends_with_user();

-- ── sinks ────────────────────────────────────────────────────────────────────────────────────────
-- The second half of a row is the books of whoever delivers. `fence` moves whenever somebody else may have taken over or the author changed
-- something: what was read under another fence is not written down.
CREATE TABLE sinks (
  id text PRIMARY KEY,
  type text NOT NULL CHECK (type IN ('webhook', 'syslog', 'otlp', 'splunk', 's3', 'file')),
  name text NOT NULL,
  config jsonb NOT NULL,
  sealed bytea,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused')),
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  runner text,
  runner_until timestamptz,
  fence bigint NOT NULL DEFAULT 0,
  failures integer NOT NULL DEFAULT 0,
  failure text,
  failing_since timestamptz,
  retry_at timestamptz,
  suspect text,
  suspicions integer NOT NULL DEFAULT 0,
  delivered bigint NOT NULL DEFAULT 0,
  delivered_at timestamptz
) WITH (fillfactor = 50);
-- Per chain, because that is what has an order: in a chain an entry commits after the one before it, across chains nothing is promised.
CREATE TABLE sink_cursors (
  sink_id text NOT NULL REFERENCES sinks ON DELETE CASCADE,
  tenant text NOT NULL,
  seq bigint NOT NULL,
  PRIMARY KEY (sink_id, tenant)
) WITH (fillfactor = 50);
-- Where an entry is, not what it says: that stands in audit_events.
CREATE TABLE sink_dead_letters (
  sink_id text NOT NULL REFERENCES sinks ON DELETE CASCADE,
  event_id text NOT NULL,
  tenant text NOT NULL,
  seq bigint NOT NULL,
  type text NOT NULL,
  reason text NOT NULL,
  tries integer NOT NULL,
  parked_at timestamptz NOT NULL,
  again boolean NOT NULL DEFAULT false,
  PRIMARY KEY (sink_id, event_id)
);
CREATE INDEX sink_dead_letters_again ON sink_dead_letters (sink_id) WHERE again;

-- ── streams ──────────────────────────────────────────────────────────────────────────────────────
-- Where SETs go (SSF): by a client, in one tenant or in the whole hub (null). The second half is the books of whoever delivers, as of sinks.
CREATE TABLE streams (
  id text PRIMARY KEY,
  client_id text NOT NULL REFERENCES clients ON DELETE CASCADE,
  tenant text,
  config jsonb NOT NULL,
  sealed bytea,
  status text NOT NULL DEFAULT 'enabled' CHECK (status IN ('enabled', 'paused', 'disabled')),
  status_reason text,
  held_by text CHECK (held_by IN ('client', 'admin')),
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  runner text,
  runner_until timestamptz,
  fence bigint NOT NULL DEFAULT 0,
  failures integer NOT NULL DEFAULT 0,
  failure text,
  failing_since timestamptz,
  retry_at timestamptz,
  delivered bigint NOT NULL DEFAULT 0,
  delivered_at timestamptz,
  verified_at timestamptz,
  -- When a receiver that fetches for itself last asked, to ten seconds.
  asked_at timestamptz
) WITH (fillfactor = 50);
CREATE INDEX streams_client ON streams (client_id);
-- Up to which entry of each chain a stream was told.
CREATE TABLE stream_cursors (
  stream_id text NOT NULL REFERENCES streams ON DELETE CASCADE,
  tenant text NOT NULL,
  seq bigint NOT NULL,
  PRIMARY KEY (stream_id, tenant)
) WITH (fillfactor = 50);
-- What a receiver does not have yet, in the order of `n`, and what it refused.
CREATE TABLE stream_sets (
  stream_id text NOT NULL REFERENCES streams ON DELETE CASCADE,
  jti text NOT NULL,
  n bigint GENERATED ALWAYS AS IDENTITY,
  claims jsonb NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'dead')),
  tries integer NOT NULL DEFAULT 0,
  reason text,
  made_at timestamptz NOT NULL,
  parked_at timestamptz,
  PRIMARY KEY (stream_id, jti)
);
CREATE INDEX stream_sets_pending ON stream_sets (stream_id, n) WHERE state = 'pending';
-- Subjects that a receiver does not want to hear of.
CREATE TABLE stream_subjects (
  stream_id text NOT NULL REFERENCES streams ON DELETE CASCADE,
  key text NOT NULL,
  subject jsonb NOT NULL,
  PRIMARY KEY (stream_id, key)
);
-- Whose SETs are heeded here. `next_at`, `polling_until`: of those that are asked.
CREATE TABLE transmitters (
  id text PRIMARY KEY,
  config jsonb NOT NULL,
  sealed bytea,
  version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  next_at timestamptz,
  polling_until timestamptz,
  heard bigint NOT NULL DEFAULT 0,
  heard_at timestamptz,
  failures integer NOT NULL DEFAULT 0,
  failure text,
  failing_since timestamptz
) WITH (fillfactor = 50);
-- A SET is heeded once. `done`: what it asks for was done, and its entry written.
CREATE TABLE transmitter_sets (
  transmitter_id text NOT NULL REFERENCES transmitters ON DELETE CASCADE,
  jti text NOT NULL,
  done boolean NOT NULL DEFAULT false,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (transmitter_id, jti)
);
CREATE INDEX transmitter_sets_received ON transmitter_sets (received_at);
-- Whom a transmitter stopped ('' as a user of the whole hub): only that is what it may let go again. Outlives the transmitter.
CREATE TABLE transmitter_holds (
  transmitter_id text NOT NULL,
  user_id text NOT NULL,
  tenant text NOT NULL,
  at timestamptz NOT NULL,
  -- When the transmitter last said so, by its own clock: what it said before lets nobody go, however late it comes.
  said_at timestamptz NOT NULL,
  PRIMARY KEY (transmitter_id, user_id, tenant)
);

-- ── admin door ───────────────────────────────────────────────────────────────────────────────────
CREATE TABLE idempotency_keys (
  principal text NOT NULL,
  key text NOT NULL,
  request_digest text NOT NULL,
  status integer,
  body text,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (principal, key)
);
