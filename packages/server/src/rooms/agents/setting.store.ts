import { createSetting, type Setting, type SettingDeps } from '../audit/setting.store.ts';
import { INITIAL, type AgentSetting } from './setting.ts';

export type AgentSettings = Setting<AgentSetting>;

export function createAgentSettings(deps: SettingDeps): AgentSettings {
  return createSetting(deps, { name: 'agents.directory', initial: INITIAL, target: { kind: 'setting', id: 'agents' } });
}
