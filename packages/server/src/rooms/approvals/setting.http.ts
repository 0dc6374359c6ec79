import { authorOf } from '../../base/http/admin.ts';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { approvalSetting } from './setting.ts';
import type { ApprovalSettings } from './setting.store.ts';

const PATH = '/admin/v1/settings/approvals';

/** How people are asked, hub-wide. */
export function approvalSettingRoutes({ asking }: { asking: ApprovalSettings }): Route[] {
  return [
    route({
      method: 'GET',
      path: PATH,
      access: 'admin:approvals:read',
      audit: ['admin.read'],
      summary: 'How people are asked for consent and approval',
      output: { 200: approvalSetting },
      async handle() {
        await asking.ready();
        return json(200, asking.current());
      },
    }),
    route({
      method: 'PUT',
      path: PATH,
      access: 'admin:approvals:write',
      audit: ['admin.changed'],
      summary: 'Say whether backchannel requests tell who exists, and how fresh the sign-in of an approver must be',
      input: { body: approvalSetting },
      output: { 200: approvalSetting },
      async handle(call) {
        await asking.put(call.body, authorOf(call));
        return json(200, call.body);
      },
    }),
  ];
}
