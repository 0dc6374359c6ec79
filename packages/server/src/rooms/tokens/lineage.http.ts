import type { Route } from '../../base/http/route.ts';
import { settingRoutes } from '../audit/setting.http.ts';
import { delegationSetting } from './lineage.ts';
import type { DelegationSettings } from './lineage.store.ts';

/** How often a token may be handed on, hub-wide. */
export function delegationSettingRoutes({ delegation }: { delegation: DelegationSettings }): Route[] {
  return settingRoutes(delegation, {
    path: '/admin/v1/settings/delegation',
    room: 'policies',
    schema: delegationSetting,
    look: 'How often a token may be handed on by exchange',
    say: 'Bound how often a token may be handed on by exchange; policies may allow less',
  });
}
