import type { Clock } from '../../base/clock.ts';
import { createAgentSettings } from '../../rooms/agents/setting.store.ts';
import { createApprovalSettings } from '../../rooms/approvals/setting.store.ts';
import { createRetention } from '../../rooms/audit/retention.store.ts';
import type { SettingDeps } from '../../rooms/audit/setting.store.ts';
import { createDriftSettings } from '../../rooms/clients/drift.store.ts';
import { createRegistrationSettings } from '../../rooms/clients/setting.store.ts';
import { createGrantSettings } from '../../rooms/consent/setting.store.ts';
import { createContainmentSettings } from '../../rooms/signals/setting.store.ts';
import { createDelegationSettings } from '../../rooms/tokens/lineage.store.ts';
import { createProtectionSettings } from '../../rooms/tokens/protection.store.ts';
import { createAccountSettings } from '../../rooms/users/setting.store.ts';
import type { HubSettings } from './config-settings.ts';

/** What holds for the whole hub, where a test builds a part of the house only. */
export function hubSettingsIn(deps: SettingDeps & { clock: Clock }): HubSettings {
  return {
    accounts: createAccountSettings(deps),
    agents: createAgentSettings(deps),
    approvals: createApprovalSettings(deps),
    containment: createContainmentSettings(deps),
    delegation: createDelegationSettings(deps),
    drift: createDriftSettings(deps),
    grants: createGrantSettings(deps),
    protection: createProtectionSettings(deps),
    registration: createRegistrationSettings(deps),
    retention: createRetention(deps),
  };
}
