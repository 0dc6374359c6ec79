import type { Route } from '../../base/http/route.ts';
import { settingRoutes } from '../audit/setting.http.ts';
import { accountSetting } from './setting.ts';
import type { AccountSettings } from './setting.store.ts';

/** How people come by an account, hub-wide. */
export function accountSettingRoutes({ accounts }: { accounts: AccountSettings }): Route[] {
  return settingRoutes(accounts, {
    path: '/admin/v1/settings/accounts',
    room: 'users',
    schema: accountSetting,
    look: 'Whether people may open an account by themselves',
    say: 'Say whether people may open an account by themselves (`open`) or only by invitation (`invite`)',
  });
}
