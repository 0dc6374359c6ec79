import { createSetting, type Setting, type SettingDeps } from '../audit/setting.store.ts';
import { DEFAULT_ACCOUNTS, type AccountSetting } from './setting.ts';

/** The hub-wide rules of accounts, in memory on every node. */
export type AccountSettings = Setting<AccountSetting>;

export function createAccountSettings(deps: SettingDeps): AccountSettings {
  return createSetting(deps, { name: 'users.accounts', initial: DEFAULT_ACCOUNTS, target: { kind: 'setting', id: 'accounts' } });
}
