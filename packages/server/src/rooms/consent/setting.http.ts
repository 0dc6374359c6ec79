import type { Route } from '../../base/http/route.ts';
import { settingRoutes } from '../audit/setting.http.ts';
import type { GrantSettings } from './setting.store.ts';
import { grantSetting } from './until.ts';

/** Until when what people allow is good, hub-wide. */
export function grantSettingRoutes({ grantSettings }: { grantSettings: GrantSettings }): Route[] {
  return settingRoutes(grantSettings, {
    path: '/admin/v1/settings/grants',
    room: 'grants',
    schema: grantSetting,
    look: 'Until when what people allow is good',
    say: 'Say how many days what people allow is good for, if they choose nothing else and at most',
  });
}
