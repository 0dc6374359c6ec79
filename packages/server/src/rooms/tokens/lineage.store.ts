import { createSetting, type Setting, type SettingDeps } from '../audit/setting.store.ts';
import { DEFAULT_DELEGATION, type DelegationSetting } from './lineage.ts';

/** How deep delegation may go, in memory on every node. */
export type DelegationSettings = Setting<DelegationSetting>;

export function createDelegationSettings(deps: SettingDeps): DelegationSettings {
  return createSetting(deps, { name: 'tokens.delegation', initial: DEFAULT_DELEGATION, target: { kind: 'setting', id: 'delegation' } });
}
