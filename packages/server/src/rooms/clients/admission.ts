import type { Knocked } from './knock.ts';
import { redirectFault } from './redirect.ts';
import type { RegistrationSetting } from './setting.ts';

/** A request to the admin API, for somebody to look at and send. */
export type Prefilled = { method: 'PUT'; path: string; body: Record<string, unknown> };

/** What would let in who knocked, with what is known of them filled in. Undefined: it is not for this hub to mend, or too little is known. */
export function registerIt(
  knock: Pick<Knocked, 'kind' | 'name' | 'clientId' | 'reason' | 'redirectUris'>,
  setting: RegistrationSetting,
): Prefilled | undefined {
  switch (knock.kind) {
    case 'many':
      return undefined;
    case 'document':
      return trustOf(knock, setting);
    case 'client':
    case 'registration':
      return clientOf(knock);
  }
}

/** The setting of registration as it is, and this host let in. What its own host keeps from being read, no setting mends. */
function trustOf({ name, reason }: Pick<Knocked, 'name' | 'reason'>, { dcr, cimd }: RegistrationSetting): Prefilled | undefined {
  if (reason !== 'cimd_disabled' && reason !== 'cimd_host_not_listed') return undefined;
  const hosts = cimd.hosts.length === 0 && reason === 'cimd_host_not_listed' ? [] : [...new Set([...cimd.hosts, name])];
  return { method: 'PUT', path: '/admin/v1/registration', body: { dcr, cimd: { ...cimd, enabled: true, hosts } } };
}

const AUTHOR_ID = /^(?!dcr_)[A-Za-z0-9][A-Za-z0-9._~@+=-]{0,127}$/;

function clientOf({ kind, name, redirectUris }: Pick<Knocked, 'kind' | 'name' | 'redirectUris'>): Prefilled | undefined {
  const id = kind === 'client' && AUTHOR_ID.test(name) ? name : slugOf(name);
  if (id === '') return undefined;
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
