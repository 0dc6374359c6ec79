import { createSetting, type Setting, type SettingDeps } from '../audit/setting.store.ts';
import { DEFAULT_CONTAINMENT, type ContainmentSetting } from './setting.ts';

/** Who may let go of what is frozen, in memory on every node. */
export type ContainmentSettings = Setting<ContainmentSetting>;

export function createContainmentSettings(deps: SettingDeps): ContainmentSettings {
  return createSetting(deps, { name: 'signals.containment', initial: DEFAULT_CONTAINMENT, target: { kind: 'setting', id: 'containment' } });
}
