import { createSetting, type Setting, type SettingDeps } from '../audit/setting.store.ts';
import { DEFAULT_APPROVALS, type ApprovalSetting } from './setting.ts';

/** The hub-wide rules of approvals, in memory on every node. */
export type ApprovalSettings = Setting<ApprovalSetting>;

export function createApprovalSettings(deps: SettingDeps): ApprovalSettings {
  return createSetting(deps, { name: 'approvals.asking', initial: DEFAULT_APPROVALS, target: { kind: 'setting', id: 'approvals' } });
}
