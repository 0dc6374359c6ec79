import type { Db } from '../../base/db.ts';
import { toClientConfig } from '../../rooms/clients/config.ts';
import { CONSOLE_CLIENT_ID } from '../../rooms/clients/reserved.ts';
import { listClients } from '../../rooms/clients/list.store.ts';
import { toConnectionConfig } from '../../rooms/connections/connection.ts';
import { toCredentialConfig } from '../../rooms/connections/credential-config.ts';
import { listCredentials } from '../../rooms/connections/credential.store.ts';
import { listConnections } from '../../rooms/connections/store.ts';
import { toFlowConfig } from '../../rooms/flows/config.ts';
import { findFlows } from '../../rooms/flows/store.ts';
import { toIssuerConfig } from '../../rooms/issuers/config.ts';
import { listIssuers } from '../../rooms/issuers/store.ts';
import { toFlowSecretConfig } from '../../rooms/journeys/connector/secret.ts';
import { listFlowSecrets } from '../../rooms/journeys/connector/secrets.store.ts';
import { findPolicies } from '../../rooms/policies/store.ts';
import { findTests } from '../../rooms/policies/test.store.ts';
import { toResourceConfig } from '../../rooms/resources/config.ts';
import { listResources } from '../../rooms/resources/store.ts';
import { toSinkConfig } from '../../rooms/sinks/sink.ts';
import { listSinks, MOST_SINKS } from '../../rooms/sinks/store.ts';
import { toProviderConfig } from '../../rooms/sso/config.ts';
import { listProviders } from '../../rooms/sso/store.ts';
import { toTransmitterConfig } from '../../rooms/streams/transmitter.ts';
import { listTransmitters, MOST_TRANSMITTERS } from '../../rooms/streams/transmitter.store.ts';
import { toRoleConfig, toTenantConfig } from '../../rooms/tenants/config.ts';
import { findRoles } from '../../rooms/tenants/role.store.ts';
import { listTenants } from '../../rooms/tenants/store.ts';
import { toUserConfig } from '../../rooms/users/config.ts';
import { listUsers } from '../../rooms/users/store.ts';
import { exportSettings, type HubSettings } from './config-settings.ts';

const PAGE = 500;

/**
 * The hub as a config: applied again it changes nothing. Without secrets, which nobody can read back, without what registered by itself
 * (DCR and CIMD clients are found, accounts are connected by people), and without what was revoked, whose ids cannot be used again.
 */
export async function exportConfig(db: Db, hubSettings: HubSettings): Promise<Record<string, unknown>> {
  const tenants = await everything(
    (cursor) => listTenants(db, { limit: PAGE, cursor }),
    (tenant) => tenant.id,
  );
  const users = await everything(
    (cursor) => listUsers(db, {}, { limit: PAGE, cursor }),
    (user) => user.id,
  );
  const resources = await everything(
    (cursor) => listResources(db, { limit: PAGE, cursor }),
    (resource) => resource.id,
  );
  const issuers = await everything(
    (cursor) => listIssuers(db, { limit: PAGE, cursor }),
    (issuer) => issuer.id,
  );
  const clientsOf = (registrationType: 'manual' | 'workload') =>
    everything(
      (cursor) => listClients(db, { registrationType }, { limit: PAGE, cursor }),
      (listed) => listed.client.id,
    );
  const written = [...(await clientsOf('manual')), ...(await clientsOf('workload'))].filter(
    ({ client }) => client.id !== CONSOLE_CLIENT_ID,
  );
  const clients = written.sort((a, b) => (a.client.id < b.client.id ? -1 : 1));
  const connections = await everything(
    (cursor) => listConnections(db, { limit: PAGE, cursor }),
    (connection) => connection.id,
  );
  const credentials = await everything(
    (cursor) => listCredentials(db, { origin: 'admin' }, { limit: PAGE, cursor }),
    (credential) => credential.id,
  );
  const providers = await everything(
    (cursor) => listProviders(db, { limit: PAGE, cursor }),
    (provider) => provider.id,
  );
  const flowSecrets = await everything(
    (cursor) => listFlowSecrets(db, { limit: PAGE, cursor }),
    (secret) => secret.id,
  );
  const settings = await exportSettings(db, hubSettings);
  const lives = (one: { state: string }): boolean => one.state !== 'revoked';
  return {
    tenants: tenants.filter(lives).map(toTenantConfig),
    roles: (await findRoles(db)).map(toRoleConfig),
    users: users.filter(lives).map(toUserConfig),
    resources: resources.map(toResourceConfig),
    issuers: issuers.map(toIssuerConfig),
    clients: clients
      .map((listed) => listed.client)
      .filter(lives)
      .map(toClientConfig),
    connections: connections.map(toConnectionConfig),
    credentials: credentials.filter(lives).map(toCredentialConfig),
    identityProviders: providers.map(toProviderConfig),
    flowSecrets: flowSecrets.map(toFlowSecretConfig),
    policies: (await findPolicies(db)).map((policy) => policy.rule),
    policyTests: (await findTests(db)).map(({ test }) => test),
    flows: (await findFlows(db)).flatMap(toFlowConfig),
    sinks: (await listSinks(db, { limit: MOST_SINKS })).map(toSinkConfig),
    transmitters: (await listTransmitters(db, { limit: MOST_TRANSMITTERS })).map(toTransmitterConfig),
    ...(settings === undefined ? {} : { settings }),
  };
}

async function everything<T>(read: (cursor: string | undefined) => Promise<T[]>, idOf: (one: T) => string): Promise<T[]> {
  const found: T[] = [];
  for (;;) {
    const last = found.at(-1);
    const page = await read(last === undefined ? undefined : idOf(last));
    found.push(...page);
    if (page.length < PAGE) return found;
  }
}
