import { z } from 'zod';
import type { FieldFault } from '../../base/http/admin.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { clientConfig } from '../../rooms/clients/config.ts';
import { connectionConfig } from '../../rooms/connections/config.ts';
import { credentialConfig, slotName, type CredentialConfig } from '../../rooms/connections/credential-config.ts';
import { flowConfig } from '../../rooms/flows/config.ts';
import { issuerConfig } from '../../rooms/issuers/config.ts';
import { flowSecretConfig } from '../../rooms/journeys/connector/secret.ts';
import { policyConfig } from '../../rooms/policies/config.ts';
import { policyTestConfig } from '../../rooms/policies/test.ts';
import { resourceConfig } from '../../rooms/resources/config.ts';
import { sinkConfig } from '../../rooms/sinks/config.ts';
import { providerConfig } from '../../rooms/sso/config.ts';
import { transmitterConfig } from '../../rooms/streams/transmitter.ts';
import { roleConfig, tenantConfig } from '../../rooms/tenants/config.ts';
import { userConfig } from '../../rooms/users/config.ts';
import { settingsConfig } from './config-settings.ts';
import { faultsOf } from './faults.ts';
import { schemaOf, type Schema } from './json-schema.ts';
import { resolveSecrets, type SecretSource } from './secrets.ts';

const MOST = 10_000;

/** The whole config: one file, or the files of a folder put together. A collection left out is left alone, and so is a setting. */
export const configDocument = z
  .strictObject({
    tenants: z.array(tenantConfig).max(MOST).default([]),
    roles: z.array(roleConfig).max(MOST).default([]),
    users: z.array(userConfig).max(MOST).default([]),
    resources: z.array(resourceConfig).max(MOST).default([]),
    issuers: z.array(issuerConfig).max(MOST).default([]),
    clients: z.array(clientConfig).max(MOST).default([]),
    connections: z.array(connectionConfig).max(MOST).default([]),
    credentials: z.array(credentialConfig).max(MOST).default([]),
    identityProviders: z.array(providerConfig).max(MOST).default([]),
    flowSecrets: z.array(flowSecretConfig).max(MOST).default([]),
    policies: z.array(policyConfig).max(MOST).default([]),
    policyTests: z.array(policyTestConfig).max(MOST).default([]),
    flows: z.array(flowConfig).max(MOST).default([]),
    sinks: z.array(sinkConfig).max(MOST).default([]),
    transmitters: z.array(transmitterConfig).max(MOST).default([]),
    settings: settingsConfig.default({}),
  })
  .superRefine((document, context) => {
    for (const collection of COLLECTIONS) {
      const seen = new Set<string>();
      document[collection].forEach((one, index) => {
        const id = idOf(one);
        if (seen.has(id))
          context.addIssue({
            code: 'custom',
            path: [collection, index, 'id' in one ? 'id' : 'name' in one ? 'name' : 'owner'],
            message: `${id} stands twice`,
          });
        seen.add(id);
      });
    }
  })
  .meta({ id: 'Config' });
export type ConfigDocument = z.output<typeof configDocument>;

/** In the order in which they can refer to each other. */
export const COLLECTIONS = [
  'tenants',
  'roles',
  'users',
  'resources',
  'issuers',
  'clients',
  'connections',
  'credentials',
  'identityProviders',
  'flowSecrets',
  'policies',
  'policyTests',
  'flows',
  'sinks',
  'transmitters',
] as const;

/** An object without an id of its own: a role has a name, a credential whose and what for it is. */
export function idOf(one: { id: string } | { name: string } | CredentialConfig): string {
  if ('connection' in one) return slotName(one);
  return 'id' in one ? one.id : one.name;
}

/** Replaces the secret references of a whole config, before its schema reads it. Faults name the object: `clients[2].auth.secrets[0]`. */
export function resolveDocument(input: unknown, source: SecretSource): Result<unknown, FieldFault[]> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return ok(input);
  const faults: FieldFault[] = [];
  const resolved: Record<string, unknown> = { ...input };
  for (const [collection, list] of Object.entries(input)) {
    if (collection === 'settings') {
      const outcome = resolveSecrets(collection, list, source);
      if (outcome.ok) resolved[collection] = outcome.value;
      else faults.push(...outcome.error.map(({ field, message }) => ({ field: `${collection}.${field}`, message })));
    }
    if (!Array.isArray(list)) continue;
    resolved[collection] = list.map((one: unknown, index) => {
      const outcome = resolveSecrets(collection, one, source);
      if (outcome.ok) return outcome.value;
      faults.push(...outcome.error.map(({ field, message }) => ({ field: `${collection}[${index}].${field}`, message })));
      return one;
    });
  }
  return faults.length > 0 ? fail(faults) : ok(resolved);
}

/** Reads a config whose secrets are resolved. */
export function readDocument(input: unknown): Result<ConfigDocument, FieldFault[]> {
  const parsed = configDocument.safeParse(input ?? {});
  return parsed.success ? ok(parsed.data) : fail(faultsOf(parsed.error.issues));
}

/** JSON Schema (2020-12) of the config file, for editors. */
export function configSchema(issuer: string): Schema {
  // The document has a name of its own (for OpenAPI), so it comes as one of the parts.
  const { Config, ...parts } = schemaOf(configDocument, 'input', '#/$defs/').parts;
  const schema = typeof Config === 'object' ? { ...Config } : {};
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `${issuer}/admin/v1/config.schema.json`,
    title: 'Writ config',
    ...schema,
    $defs: parts,
  };
}
