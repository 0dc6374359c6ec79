import { ADMIN_ROOMS } from '../resources/built-in.ts';
import type { ClientConfig } from './config.ts';
import { CONSOLE_CLIENT_ID } from './reserved.ts';

/**
 * The hub's own console as a client of the hub: people sign in to it as to any other application, and policy says which scopes of the admin
 * API they get there. Nobody else can write it (`reserved.ts`); its only redirect URI is the hub's own.
 */
export function consoleClient(issuer: string): ClientConfig {
  return {
    id: CONSOLE_CLIENT_ID,
    name: 'Console',
    kind: 'app',
    public: true,
    grants: ['authorization_code'],
    auth: { method: 'none' },
    redirectUris: [`${issuer}/console/callback`],
    tags: [],
    tenants: [],
    scopes: ADMIN_ROOMS.flatMap((room) => [`admin:${room}:read`, `admin:${room}:write`]),
    firstParty: true,
    settings: {},
  };
}
