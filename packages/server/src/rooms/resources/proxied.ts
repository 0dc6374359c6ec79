import type { Proxied, Resource } from './resource.ts';

/** The one scope of a connection's proxy: what may be called there is said by the connection and by policy, at each call. */
export const PROXY_SCOPE = 'call';

const PREFIX = 'writ-proxy:';
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Where the calls of one connection go through the hub; the audience of the tokens that open it. */
export function proxyUri(issuer: string, connection: string): string {
  return `${issuer}/proxy/${connection}`;
}

/** The connection that a resource indicator names by its proxy's address. A slash at the end is absorbed, as elsewhere. */
export function proxiedByUri(issuer: string, uri: string): string | undefined {
  const root = `${issuer}/proxy/`;
  const name = uri.startsWith(root) ? uri.slice(root.length).replace(/\/$/, '') : '';
  return NAME.test(name) ? name : undefined;
}

/** The same by the id under which grants and codes remember it. */
export function proxiedById(id: string): string | undefined {
  const name = id.startsWith(PREFIX) ? id.slice(PREFIX.length) : '';
  return NAME.test(name) ? name : undefined;
}

/**
 * The proxy of a connection as a resource: nobody registers it, and it is there for every name, so that asking does not find out which connections
 * there are. Whether anything stands behind it for this tenant is judged where policy is ({@link isBehind}).
 */
export function proxyResource(issuer: string, id: string, connection: Proxied['connection']): Resource {
  const name = connection?.name ?? id;
  return {
    id: `${PREFIX}${id}`,
    type: 'api',
    uri: proxyUri(issuer, id),
    aliases: [],
    name,
    scopes: [
      {
        name: PROXY_SCOPE,
        title: `Use ${name}`,
        description: `Call ${name} through this hub, with the account that is connected here.`,
        risk: 'elevated',
        required: false,
        kind: 'connection',
        stepUp: false,
      },
    ],
    tools: [],
    tags: [],
    registration: { cimd: { enabled: true, hosts: [] }, dcr: { enabled: true } },
    settings: { onExcess: 'narrow' },
    proxied: { connection },
    version: 1,
    createdAt: 0,
  };
}

/** Whether there is something behind it: a connection that this tenant has. Always so for what is no proxy. */
export function isBehind({ proxied }: Pick<Resource, 'proxied'>, tenant: string | undefined): boolean {
  if (proxied === undefined) return true;
  const { connection } = proxied;
  if (connection === undefined) return false;
  return connection.tenants.length === 0 || (tenant !== undefined && connection.tenants.includes(tenant));
}
