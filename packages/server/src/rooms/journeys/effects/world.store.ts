import type { Database } from '../../../base/db.ts';
import type { World } from '../world.ts';
import { requestApproval, type ApprovalEffectDeps } from './approval.store.ts';
import { findConnection, storeCredential, type CredentialEffectsDeps } from './credential.store.ts';
import { recordEvent, updateUser } from './record.store.ts';
import { judgeTenantConsent, type TenantConsentDeps } from './tenant-consent.store.ts';

export type EffectDeps = CredentialEffectsDeps & ApprovalEffectDeps & TenantConsentDeps & { database: Pick<Database, 'db'> };

/** What the hub does for a flow besides pages and calls: each deed once for a visit of its node, by and for the person whose journey it is. */
export function createEffects(deps: EffectDeps): Omit<World, 'callHttp'> {
  return {
    findConnection: (of, at) => findConnection(deps, of, at),
    storeCredential: (of, at) => storeCredential(deps, of, at),
    requestApproval: (of, at) => requestApproval(deps, of, at),
    updateUser: (of, at) => updateUser(deps, of, at),
    recordEvent: (of, at) => recordEvent(deps, of, at),
    judgeTenantConsent: (of, at) => judgeTenantConsent(deps, of, at),
  };
}
