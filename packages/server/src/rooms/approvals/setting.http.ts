import type { Route } from '../../base/http/route.ts';
import { settingRoutes } from '../audit/setting.http.ts';
import { approvalSetting } from './setting.ts';
import type { ApprovalSettings } from './setting.store.ts';

/** How people are asked, hub-wide. */
export function approvalSettingRoutes({ asking }: { asking: ApprovalSettings }): Route[] {
  return settingRoutes(asking, {
    path: '/admin/v1/settings/approvals',
    room: 'approvals',
    schema: approvalSetting,
    look: 'How people are asked for consent and approval',
    say: 'Say whether backchannel requests tell who exists, and how fresh the sign-in of an approver must be',
  });
}
