import { createSetting, type Setting, type SettingDeps } from '../audit/setting.store.ts';
import { DEFAULT_GRANT_SETTING, type GrantSetting } from './until.ts';

/** Until when people may allow, in memory on every node. */
export type GrantSettings = Setting<GrantSetting>;

export function createGrantSettings(deps: SettingDeps): GrantSettings {
  return createSetting(deps, { name: 'consent.grants', initial: DEFAULT_GRANT_SETTING, target: { kind: 'setting', id: 'grants' } });
}
