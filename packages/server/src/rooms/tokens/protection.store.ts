import { createSetting, type Setting, type SettingDeps } from '../audit/setting.store.ts';
import { DEFAULT_PROTECTION, type ProtectionSetting } from './protection.ts';

/** The hub-wide rules of how requests are protected, in memory on every node. */
export type ProtectionSettings = Setting<ProtectionSetting>;

export function createProtectionSettings(deps: SettingDeps): ProtectionSettings {
  return createSetting(deps, { name: 'tokens.protection', initial: DEFAULT_PROTECTION, target: { kind: 'setting', id: 'protection' } });
}
