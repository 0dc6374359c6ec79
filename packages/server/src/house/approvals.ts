import type { ChangeFeed } from '../base/changes.ts';
import type { Clock } from '../base/clock.ts';
import type { Database } from '../base/db.ts';
import type { Log } from '../base/log.ts';
import type { Outbound } from '../base/outbound/contract.ts';
import type { SecretBox } from '../base/secretbox.ts';
import { createAnnouncer } from '../rooms/approvals/announce.store.ts';
import { createBackchannel } from '../rooms/approvals/backchannel.store.ts';
import { createDeciding } from '../rooms/approvals/decide.store.ts';
import { createDevices } from '../rooms/approvals/device.store.ts';
import { createAllowances } from '../rooms/approvals/limits.store.ts';
import { createBell } from '../rooms/approvals/ping.store.ts';
import { createApprovalSettings } from '../rooms/approvals/setting.store.ts';
import { createWant } from '../rooms/approvals/want.store.ts';
import type { Audit } from '../rooms/audit/store.ts';
import type { ClientDirectory } from '../rooms/clients/directory.store.ts';
import type { Post } from '../rooms/users/post.store.ts';

type ApprovalParts = {
  database: Database;
  audit: Audit;
  box: SecretBox;
  feed: ChangeFeed;
  clock: Clock;
  log: Log;
  issuer: string;
  outbound: Outbound;
  clients: ClientDirectory;
  post: Post;
  onError(error: unknown): void;
};

/** The room where people are asked for decisions outside an agent's session. */
export function approvalsOf(parts: ApprovalParts) {
  const key = parts.box.derive('approvals/1');
  const deps = { ...parts, key, allowances: createAllowances({ db: parts.database.db, key }) };
  const announcer = createAnnouncer(deps);
  return {
    announcer,
    want: createWant({ ...deps, announce: announcer.announce }),
    deciding: createDeciding(deps),
    asking: createApprovalSettings(deps),
    devices: createDevices(deps),
    backchannel: createBackchannel(deps),
    bell: createBell(deps),
  };
}
