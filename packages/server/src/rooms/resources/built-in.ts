import type { Resource } from './resource.ts';

/** Words of `admin:<room>:read|write`: every collection of the admin API, `config` for plan, apply and export, and `console` for links into it. */
export const ADMIN_ROOMS = [
  'tenants',
  'users',
  'roles',
  'resources',
  'issuers',
  'identity-providers',
  'clients',
  'agents',
  'grants',
  'policies',
  'decisions',
  'flows',
  'flow-secrets',
  'journeys',
  'connections',
  'credentials',
  'approvals',
  'events',
  'sinks',
  'streams',
  'transmitters',
  'signals',
  'keys',
  'graph',
  'config',
  'console',
] as const;

export const ADMIN_RESOURCE_ID = 'writ-admin';

/**
 * The hub's own admin API as a resource: it exists in code, not as a row, so that nobody can edit or remove it. A policy reaches it only by
 * naming its id; `resources: all` does not mean the hub itself.
 */
export function adminResource(issuer: string): Resource {
  return {
    id: ADMIN_RESOURCE_ID,
    type: 'api',
    uri: `${issuer}/admin/v1`,
    aliases: [],
    name: 'Administration of this hub',
    scopes: ADMIN_ROOMS.flatMap((room) => [adminScope(room, 'read'), adminScope(room, 'write')]),
    tools: [],
    tags: [],
    registration: { cimd: { enabled: false, hosts: [] }, dcr: { enabled: false } },
    settings: { accessTokenTtl: 600, onExcess: 'narrow' },
    version: 1,
    createdAt: 0,
  };
}

export const IDENTITY_RESOURCE_ID = 'writ-identity';

/** Where a token for identity alone is good: at the userinfo endpoint (OpenID Connect Core §5.3). */
export function identityUri(issuer: string): string {
  return `${issuer}/oauth/userinfo`;
}

/**
 * The hub as that which says who somebody is: what a client means that asks for `openid` and names no resource, where there are several. Sign-in
 * is for any client that the hub knows, unless a policy denies it (`target: {resources: [writ-identity]}`).
 */
export function identityResource(issuer: string): Resource {
  return {
    id: IDENTITY_RESOURCE_ID,
    type: 'api',
    uri: identityUri(issuer),
    aliases: [],
    name: 'Your identity',
    scopes: [
      {
        name: 'sign_in',
        title: 'Sign you in',
        description: 'Learn who you are, and nothing else.',
        risk: 'low',
        required: false,
        kind: 'attribute',
        stepUp: false,
      },
    ],
    tools: [],
    tags: [],
    registration: { cimd: { enabled: true, hosts: [] }, dcr: { enabled: true } },
    settings: { onExcess: 'narrow' },
    version: 1,
    createdAt: 0,
  };
}

export const SSF_RESOURCE_ID = 'writ-ssf';

/** Streams of shared signals (doors/ssf) as a resource: receivers get a token for it like for any other, and a policy has to name it. */
export function ssfResource(issuer: string): Resource {
  return {
    id: SSF_RESOURCE_ID,
    type: 'api',
    uri: `${issuer}/ssf`,
    aliases: [],
    name: 'Shared signals of this hub',
    scopes: [ssfScope('ssf.read', 'Hear security events'), ssfScope('ssf.manage', 'Manage streams of security events')],
    tools: [],
    tags: [],
    registration: { cimd: { enabled: false, hosts: [] }, dcr: { enabled: false } },
    settings: { accessTokenTtl: 600, onExcess: 'narrow' },
    version: 1,
    createdAt: 0,
  };
}

function ssfScope(name: string, title: string): Resource['scopes'][number] {
  return { name, title, description: `${title} of this hub.`, risk: 'elevated', required: false, kind: 'permission', stepUp: false };
}

/** What this hub guards of its own. */
export function builtInResources(issuer: string): readonly Resource[] {
  return [adminResource(issuer), identityResource(issuer), ssfResource(issuer)];
}

function adminScope(room: string, verb: 'read' | 'write'): Resource['scopes'][number] {
  const title = verb === 'read' ? `See ${room}` : `Change ${room}`;
  return {
    name: `admin:${room}:${verb}`,
    title,
    description: `${title} of this hub.`,
    risk: verb === 'read' ? 'elevated' : 'high',
    required: false,
    kind: 'permission',
    stepUp: verb === 'write',
  };
}

/**
 * Whether it stays reachable while the whole hub is stopped: by the one somebody has to let it go on, by the other receivers hear that it is stopped.
 */
export function staysOpen({ id }: Pick<Resource, 'id'>): boolean {
  return id === ADMIN_RESOURCE_ID || id === SSF_RESOURCE_ID;
}
