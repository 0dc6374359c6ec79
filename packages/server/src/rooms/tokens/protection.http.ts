import type { Route } from '../../base/http/route.ts';
import { settingRoutes } from '../audit/setting.http.ts';
import { protectionSetting } from './protection.ts';
import type { ProtectionSettings } from './protection.store.ts';

/** How requests must be protected, hub-wide. */
export function protectionRoutes({ protection }: { protection: ProtectionSettings }): Route[] {
  return settingRoutes(protection, {
    path: '/admin/v1/settings/protection',
    room: 'clients',
    schema: protectionSetting,
    look: 'How requests of clients must be protected, hub-wide',
    say: 'Say how requests must be protected: nonces in DPoP proofs, pushed authorization requests, ids of signed requests',
  });
}
