import type { AuthMethod } from '@writ/protocol';
import { sql, type RawBuilder } from 'kysely';
import type { Client, ClientMetadata, ClientSecret, ClientSettings, RegistrationType } from './client.ts';
import type { PublicJwks } from '../issuers/jwks.ts';
import type { WorkloadRule } from './workload.ts';

/** A row of `clients` with its secrets, as the driver gives it. */
export type ClientRow = {
  id: string;
  name: string;
  registration_type: RegistrationType;
  status: Client['status'];
  state: Client['state'];
  under_review: boolean;
  kind: Client['kind'];
  public: boolean;
  grants: string[];
  redirect_uris: string[];
  auth_method: AuthMethod;
  jwks: PublicJwks | null;
  jwks_uri: string | null;
  workload: WorkloadRule[] | null;
  tags: string[];
  owner: string | null;
  tenants: string[];
  scopes: string[] | null;
  first_party: boolean;
  metadata: ClientMetadata;
  settings: ClientSettings;
  fingerprint: string | null;
  version: number;
  created_at: number;
  consented_at: number | null;
  secrets: SecretRow[] | null;
};

type SecretRow = Omit<ClientSecret, 'expiresAt'> & { expiresAt: number | null };

/** Columns of `clients c`; one statement brings the secrets along. Times inside the JSON are milliseconds like all others. */
export const COLUMNS: RawBuilder<unknown> =
  sql.raw(`c.id, c.name, c.registration_type, c.status, c.state, c.state = 'frozen' AND c.state_reason IS NOT DISTINCT FROM 'registration_review' AS under_review, c.kind, c.public, c.grants, c.redirect_uris, c.auth_method,
  c.jwks, c.jwks_uri, c.workload, c.tags, c.owner, c.tenants, c.scopes, c.first_party, c.metadata, c.settings, c.fingerprint, c.version, c.created_at, c.consented_at,
  (SELECT json_agg(json_build_object('id', s.id, 'name', s.name, 'digest', s.digest, 'state', s.state, 'origin', s.origin,
     'expiresAt', floor(extract(epoch FROM s.expires_at) * 1000), 'createdAt', floor(extract(epoch FROM s.created_at) * 1000)) ORDER BY s.created_at, s.id)
   FROM client_secrets s WHERE s.client_id = c.id) AS secrets`);

export function toClient(found: ClientRow): Client {
  return {
    id: found.id,
    name: found.name,
    registrationType: found.registration_type,
    status: found.status,
    state: found.state,
    ...(found.under_review ? { underReview: true as const } : {}),
    kind: found.kind,
    public: found.public,
    grants: found.grants,
    redirectUris: found.redirect_uris,
    authMethod: found.auth_method,
    ...(found.jwks === null ? {} : { jwks: found.jwks }),
    ...(found.jwks_uri === null ? {} : { jwksUri: found.jwks_uri }),
    ...(found.workload === null ? {} : { workload: found.workload }),
    secrets: (found.secrets ?? []).map(({ expiresAt, ...secret }) => ({ ...secret, ...(expiresAt === null ? {} : { expiresAt }) })),
    tags: found.tags,
    ...(found.owner === null ? {} : { owner: found.owner }),
    tenants: found.tenants,
    ...(found.scopes === null ? {} : { scopes: found.scopes }),
    firstParty: found.first_party,
    metadata: found.metadata,
    settings: found.settings,
    ...(found.fingerprint === null ? {} : { fingerprint: found.fingerprint }),
    version: found.version,
    createdAt: found.created_at,
    ...(found.consented_at === null ? {} : { consentedAt: found.consented_at }),
  };
}
