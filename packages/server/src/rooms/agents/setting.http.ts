import type { Route } from '../../base/http/route.ts';
import { settingRoutes } from '../audit/setting.http.ts';
import { agentSetting } from './setting.ts';
import type { AgentSettings } from './setting.store.ts';

export function agentSettingRoutes({ agentSettings }: { agentSettings: AgentSettings }): Route[] {
  return settingRoutes(agentSettings, {
    path: '/admin/v1/settings/agents',
    room: 'agents',
    schema: agentSetting,
    look: 'After how many days without use an agent is dormant, and whether agents are frozen when their owner leaves',
    say: 'Set after how many days without use an agent is dormant, and whether agents are frozen when their owner leaves',
  });
}
