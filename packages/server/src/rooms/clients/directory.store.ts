import { createCache } from '../../base/cache.ts';
import type { ChangeFeed } from '../../base/changes.ts';
import type { Clock } from '../../base/clock.ts';
import type { Database } from '../../base/db.ts';
import type { Outbound } from '../../base/outbound/outbound.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Audit } from '../audit/store.ts';
import type { Catalogue } from '../resources/catalogue.store.ts';
import { cimdHostAllowed } from './admit.ts';
import type { Client } from './client.ts';
import { createDocumentClients, type ClientFault, type DocumentClientsDeps } from './cimd.store.ts';
import { clientUrlFault, looksLikeUrl } from './document.ts';
import { hostListed } from './hosts.ts';
import { isVendorUrl } from './pack.ts';
import type { RegistrationSettings } from './setting.store.ts';
import { findClient } from './store.ts';
import { createUrlFault } from './url.store.ts';

export type { ClientFault } from './cimd.store.ts';

/** Clients by id, from memory where possible. `reason` is one word for audit; the caller of the hub hears invalid_client. */
export type ClientDirectory = { find(clientId: string): Promise<Result<Client, ClientFault>> };

export type ClientDirectoryDeps = {
  database: Database;
  audit: Audit;
  feed: ChangeFeed;
  clock: Clock;
  outbound: Pick<Outbound, 'get'>;
  settings: Pick<RegistrationSettings, 'current'>;
  catalogue: Pick<Catalogue, 'all'>;
  issuer: string;
  allowLoopback: boolean;
  onFetch?: DocumentClientsDeps['onFetch'];
  review?: DocumentClientsDeps['review'];
  drift?: DocumentClientsDeps['drift'];
};

const MAX_CLIENTS = 20_000;

/** Registered clients are read through a cache; a URL leads to its metadata document. Changes on any node reach the cache by the feed. */
export function createClientDirectory(deps: ClientDirectoryDeps): ClientDirectory {
  const registered = createCache((id) => findClient(deps.database.db, id), MAX_CLIENTS);
  const rules = {
    channel: 'cimd',
    hubHost: new URL(deps.issuer).hostname,
    urlFault: createUrlFault(deps.allowLoopback),
    redirectHosts: [],
  } as const;
  const isVerified = (url: string): boolean =>
    isVendorUrl(url) || hostListed(deps.settings.current().cimd.verifiedHosts, new URL(url).hostname);
  const documents = createDocumentClients({ ...deps, rules, isVerified });
  deps.feed.on('client', (id) => (looksLikeUrl(id) ? documents.invalidate(id) : registered.invalidate(id)));

  const findRegistered = (id: string): Promise<Result<Client, ClientFault>> | Result<Client, ClientFault> => {
    const found = registered.get(id);
    return found instanceof Promise ? found.then(orUnknown) : orUnknown(found);
  };

  return {
    async find(clientId) {
      // What could never be an id is not asked of the database, which refuses NUL and broken text with an error.
      if (clientId.length > 512 || !/^[!-~]+$/.test(clientId))
        return fail({ reason: 'unknown_client', detail: 'no client has such an id' });
      if (!looksLikeUrl(clientId)) return findRegistered(clientId);
      const problem = clientUrlFault(clientId, deps.allowLoopback) ?? notAdmitted(deps, clientId);
      return problem === undefined ? documents.resolve(clientId) : fail({ reason: problem, detail: 'not fetched' });
    },
  };
}

function orUnknown(client: Client | undefined): Result<Client, ClientFault> {
  return client === undefined ? fail({ reason: 'unknown_client', detail: 'no client has this id' }) : ok(client);
}

/** A document that no resource would let in is not even fetched. Which resource lets it in is asked again for each request (admit.ts). */
function notAdmitted({ settings, catalogue }: ClientDirectoryDeps, url: string): string | undefined {
  const { enabled, hosts } = settings.current().cimd;
  if (!enabled) return 'cimd_disabled';
  if (!cimdHostAllowed(hosts, url)) return 'cimd_host_not_listed';
  const resources = catalogue.all();
  const admitted =
    resources.length === 0 || resources.some(({ registration: { cimd } }) => cimd.enabled && cimdHostAllowed(cimd.hosts, url));
  return admitted ? undefined : 'cimd_no_resource_admits';
}
