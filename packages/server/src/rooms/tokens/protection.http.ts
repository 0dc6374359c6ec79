import { authorOf } from '../../base/http/admin.ts';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { protectionSetting } from './protection.ts';
import type { ProtectionSettings } from './protection.store.ts';

const PATH = '/admin/v1/settings/protection';

/** How requests must be protected, hub-wide. */
export function protectionRoutes({ protection }: { protection: ProtectionSettings }): Route[] {
  return [
    route({
      method: 'GET',
      path: PATH,
      access: 'admin:clients:read',
      audit: ['admin.read'],
      summary: 'How requests of clients must be protected, hub-wide',
      output: { 200: protectionSetting },
      async handle() {
        await protection.ready();
        return json(200, protection.current());
      },
    }),
    route({
      method: 'PUT',
      path: PATH,
      access: 'admin:clients:write',
      audit: ['admin.changed'],
      summary: 'Say how requests must be protected: nonces in DPoP proofs, pushed authorization requests, ids of signed requests',
      input: { body: protectionSetting },
      output: { 200: protectionSetting },
      async handle(call) {
        await protection.put(call.body, authorOf(call));
        return json(200, call.body);
      },
    }),
  ];
}
