import { z } from 'zod';
import { canonical } from '../../base/canonical.ts';
import type { Db, Tx } from '../../base/db.ts';
import { ok, type Result } from '../../base/result.ts';
import type { FieldFault } from '../../base/http/admin.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import { agentSetting } from '../../rooms/agents/setting.ts';
import { approvalSetting } from '../../rooms/approvals/setting.ts';
import { anchorInFile } from '../../rooms/audit/anchor.ts';
import { findAnchor, putAnchor } from '../../rooms/audit/anchor.store.ts';
import type { Author, PutOutcome } from '../../rooms/audit/author.ts';
import { retentionSchema } from '../../rooms/audit/retention.ts';
import type { Setting } from '../../rooms/audit/setting.store.ts';
import { driftSetting } from '../../rooms/clients/drift.ts';
import { registrationSetting } from '../../rooms/clients/setting.ts';
import { grantSetting } from '../../rooms/consent/until.ts';
import { containmentSetting } from '../../rooms/signals/setting.ts';
import { delegationSetting } from '../../rooms/tokens/lineage.ts';
import { protectionSetting } from '../../rooms/tokens/protection.ts';
import { accountSetting } from '../../rooms/users/setting.ts';
import { listed } from './faults.ts';

/**
 * What holds for the whole hub, each by the name and in the form of its route (`/admin/v1/settings/<name>`; `registration` is `/admin/v1/registration`). One
 * left out is left alone.
 */
export const settingsConfig = z
  .strictObject({
    accounts: accountSetting.optional(),
    agents: agentSetting.optional(),
    anchor: anchorInFile.optional(),
    approvals: approvalSetting.optional(),
    containment: containmentSetting.optional(),
    delegation: delegationSetting.optional(),
    drift: driftSetting.optional(),
    grants: grantSetting.optional(),
    protection: protectionSetting.optional(),
    registration: registrationSetting.optional(),
    retention: retentionSchema.optional(),
  })
  .meta({ id: 'SettingsConfig' });
type SettingsConfig = z.output<typeof settingsConfig>;

type Values = Omit<SettingsConfig, 'anchor'>;
export type HubSettings = { readonly [Name in keyof Values]-?: Setting<NonNullable<Values[Name]>> };

type Put = (tx: Tx) => Promise<Result<PutOutcome<unknown>, FieldFault[]>>;

/** A step for each that the file names. */
export function settingPuts(
  { hubSettings: to, box }: { hubSettings: HubSettings; box: SecretBox },
  wanted: SettingsConfig,
  by: Author,
): { id: string; put: Put }[] {
  const one = <T extends object>(id: string, setting: Setting<T>, value: T | undefined): { id: string; put: Put }[] =>
    value === undefined ? [] : [{ id, put: async (tx) => ok(await setting.putIn(tx, value, by)) }];
  const { anchor } = wanted;
  return [
    ...one('accounts', to.accounts, wanted.accounts),
    ...one('agents', to.agents, wanted.agents),
    ...(anchor === undefined ? [] : [{ id: 'anchor', put: async (tx: Tx) => listed(await putAnchor(tx, box, anchor, by)) }]),
    ...one('approvals', to.approvals, wanted.approvals),
    ...one('containment', to.containment, wanted.containment),
    ...one('delegation', to.delegation, wanted.delegation),
    ...one('drift', to.drift, wanted.drift),
    ...one('grants', to.grants, wanted.grants),
    ...one('protection', to.protection, wanted.protection),
    ...one('registration', to.registration, wanted.registration),
    ...one('retention', to.retention, wanted.retention),
  ];
}

/** Those that are not as every hub begins, without the secret of the anchor; undefined: there are none. */
export async function exportSettings(db: Db, settings: HubSettings): Promise<Record<string, unknown> | undefined> {
  const said: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(settings)) {
    await setting.ready();
    if (canonical(setting.current()) !== canonical(setting.initial)) said[name] = setting.current();
  }
  const stored = await findAnchor(db);
  if (stored !== undefined) said['anchor'] = stored.anchor;
  return Object.keys(said).length === 0 ? undefined : said;
}
