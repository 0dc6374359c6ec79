import { authorOf } from '../../base/http/admin.ts';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { accountSetting } from './setting.ts';
import type { AccountSettings } from './setting.store.ts';

const PATH = '/admin/v1/settings/accounts';

/** How people come by an account, hub-wide. */
export function accountSettingRoutes({ accounts }: { accounts: AccountSettings }): Route[] {
  return [
    route({
      method: 'GET',
      path: PATH,
      access: 'admin:users:read',
      audit: ['admin.read'],
      summary: 'Whether people may open an account by themselves',
      output: { 200: accountSetting },
      async handle() {
        await accounts.ready();
        return json(200, accounts.current());
      },
    }),
    route({
      method: 'PUT',
      path: PATH,
      access: 'admin:users:write',
      audit: ['admin.changed'],
      summary: 'Say whether people may open an account by themselves (`open`) or only by invitation (`invite`)',
      input: { body: accountSetting },
      output: { 200: accountSetting },
      async handle(call) {
        await accounts.put(call.body, authorOf(call));
        return json(200, call.body);
      },
    }),
  ];
}
