import type { Knocked } from './knock.ts';
import { redirectHosts } from './drift.ts';
import { redirectFault } from './redirect.ts';
import type { RegistrationSetting } from './setting.ts';

/** A request to the admin API, for somebody to look at and send. */
export type Prefilled = { method: 'PUT'; path: string; body: Record<string, unknown> };

/** What is known of whoever knocked. */
type Knocking = Pick<Knocked, 'kind' | 'name' | 'reason' | 'redirectUris' | 'addresses'>;

/**
 * What would let in who knocked, with what is known of them filled in. Undefined: it is not for this hub to mend, or too little is known. `taken`: ids of
 * clients that are there. Strangers choose names: one of them must not be put in the place of a client.
 */
export function registerIt(knock: Knocking, setting: RegistrationSetting, taken: ReadonlySet<string>): Prefilled | undefined {
  if (knock.kind === 'many') return undefined;
  if (knock.kind === 'document') return trustOf(knock, setting);
  const id = idFor(knock);
  return id === undefined || taken.has(id) || areSeveral(knock) ? undefined : clientOf(id, knock);
}

/** Whoever gives a name that another gave too adds where its codes shall go: whose place is whose, nobody can tell. */
function areSeveral({ addresses, redirectUris }: Knocking): boolean {
  return addresses.length > 1 && redirectHosts({ redirectUris }).length > 1;
}

/** The id that it would have as a client; undefined: it is no client that is registered by an id. */
export function idFor({ kind, name }: Pick<Knocking, 'kind' | 'name'>): string | undefined {
  if (kind !== 'client' && kind !== 'registration') return undefined;
  const id = kind === 'client' && AUTHOR_ID.test(name) ? name : slugOf(name);
  return id === '' ? undefined : id;
}

/** The setting of registration as it is, and this host let in. What its own host keeps from being read, no setting mends. */
function trustOf({ name, reason }: Pick<Knocked, 'name' | 'reason'>, { dcr, cimd }: RegistrationSetting): Prefilled | undefined {
  if (reason !== 'cimd_disabled' && reason !== 'cimd_host_not_listed') return undefined;
  const hosts = cimd.hosts.length === 0 && reason === 'cimd_host_not_listed' ? [] : [...new Set([...cimd.hosts, name])];
  return { method: 'PUT', path: '/admin/v1/registration', body: { dcr, cimd: { ...cimd, enabled: true, hosts } } };
}

const AUTHOR_ID = /^(?!dcr_)[A-Za-z0-9][A-Za-z0-9._~@+=-]{0,127}$/;

function clientOf(id: string, { name, redirectUris }: Knocking): Prefilled {
  const good = redirectUris.filter((uri) => redirectFault(uri) === undefined);
  const body = { id, name, redirectUris: good, ...(good.length > 0 ? { public: true } : { kind: 'service' }) };
  return { method: 'PUT', path: `/admin/v1/clients/${id}`, body };
}

function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 64);
}
