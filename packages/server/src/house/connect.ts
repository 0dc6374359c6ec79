import type { ChangeFeed } from '../base/changes.ts';
import type { Clock } from '../base/clock.ts';
import type { Database } from '../base/db.ts';
import type { Log } from '../base/log.ts';
import type { Metrics } from '../base/metrics.ts';
import type { Outbound } from '../base/outbound/contract.ts';
import type { SecretBox } from '../base/secretbox.ts';
import type { Audit } from '../rooms/audit/store.ts';
import type { ConnectionBook } from '../rooms/connections/book.store.ts';
import { quirksOf } from '../rooms/connections/catalogue.ts';
import { createConnectLinks } from '../rooms/connections/connect.store.ts';
import { createConnecting } from '../rooms/connections/connecting.store.ts';
import { createDisconnecting } from '../rooms/connections/disconnect.store.ts';
import type { Credential } from '../rooms/connections/credential.ts';
import { brokenMail } from '../rooms/connections/mails.ts';
import { createMcpServers } from '../rooms/connections/mcp-connect.store.ts';
import { createProviders } from '../rooms/connections/provider.store.ts';
import { createRefresher } from '../rooms/connections/refresh.store.ts';
import { createOwnAccounts, createServiceAccounts } from '../rooms/connections/service-account.store.ts';
import { createServers } from '../rooms/connections/servers.store.ts';
import type { Vault } from '../rooms/connections/vault.store.ts';
import type { DataKeys } from '../rooms/keys/data-keys.store.ts';
import type { Post } from '../rooms/users/post.store.ts';
import { findUser } from '../rooms/users/store.ts';
import type { Role } from '../rooms/tenants/tenant.ts';

type ConnectParts = {
  database: Database;
  audit: Audit;
  box: SecretBox;
  feed: ChangeFeed;
  clock: Clock;
  log: Log;
  issuer: string;
  outbound: Outbound;
  metrics: Metrics;
  vault: Vault;
  dataKeys: DataKeys;
  connections: ConnectionBook;
  people: { roles: { current(): readonly Role[] }; post: Post };
};

/** What connects accounts, keeps them fresh and lets go of them. */
export function connectingOf(parts: ConnectParts) {
  const { database, dataKeys, metrics } = parts;
  const { db } = database;
  const observe = (provider: string, result: string): void => metrics.credentialRefresh.inc({ provider, result });
  const providers = createProviders({ ...parts, observe });
  const mcp = createMcpServers({ ...parts, db, keys: dataKeys });
  // Addresses come with the connection (the book fills them in); what is odd about a provider does not.
  const servers = createServers({ db, keys: dataKeys, mcp, provider: (id) => ({ quirks: quirksOf(id) }) });
  const deps = { ...parts, db, providers, servers, roles: () => parts.people.roles.current() };
  const links = createConnectLinks(deps);
  return {
    /** Beside the house's own uses, for whoever moves tokens here. */
    upstream: { servers, providers },
    connectLinks: links,
    connecting: createConnecting({ ...deps, links }),
    obtainServiceAccount: createServiceAccounts(deps),
    ownAccount: createOwnAccounts(deps),
    refresher: createRefresher({ ...deps, onEnded: (credential) => tellOwner(parts, credential) }),
    disconnecting: createDisconnecting(deps),
  };
}

/** An account that ended is one mail to its owner (I17 of rooms/connections), for which nobody waits. */
async function tellOwner(
  { database, log, connections, issuer, people }: ConnectParts,
  { owner, connection, label }: Credential,
): Promise<void> {
  try {
    const user = owner.user === undefined ? undefined : await findUser(database.db, owner.user);
    const name = connections.byId(connection)?.name ?? connection;
    if (user?.state === 'active') people.post.send(user.email, brokenMail(new URL(issuer).host, { connection: name, label, issuer }));
  } catch (error) {
    log.warn({ err: error }, 'the owner of an account could not be told');
  }
}
