import { authorOf } from '../../base/http/admin.ts';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { delegationSetting } from './lineage.ts';
import type { DelegationSettings } from './lineage.store.ts';

const PATH = '/admin/v1/settings/delegation';

/** How often a token may be handed on, hub-wide. */
export function delegationSettingRoutes({ delegation }: { delegation: DelegationSettings }): Route[] {
  return [
    route({
      method: 'GET',
      path: PATH,
      access: 'admin:policies:read',
      audit: ['admin.read'],
      summary: 'How often a token may be handed on by exchange',
      output: { 200: delegationSetting },
      async handle() {
        await delegation.ready();
        return json(200, delegation.current());
      },
    }),
    route({
      method: 'PUT',
      path: PATH,
      access: 'admin:policies:write',
      audit: ['admin.changed'],
      summary: 'Bound how often a token may be handed on by exchange; policies may allow less',
      input: { body: delegationSetting },
      output: { 200: delegationSetting },
      async handle(call) {
        await delegation.put(call.body, authorOf(call));
        return json(200, call.body);
      },
    }),
  ];
}
