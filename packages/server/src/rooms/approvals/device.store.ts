import type { Database } from '../../base/db.ts';
import { digest, keyedDigest } from '../../base/digest.ts';
import { newId, newSecret, randomFill } from '../../base/ids.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { EventOrigin } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import { pendingRequested, rateLimited } from './events.ts';
import type { Allowances } from './limits.store.ts';
import { DEVICE_MS, POLL_SECONDS, type Pending, type PendingRequest } from './pending.ts';
import { findByUserCode, insertPending } from './pending.store.ts';
import { readUserCode, userCodeFrom } from './user-code.ts';

/** RFC 8628 §3.2. Seconds. */
export type DeviceCodes = { deviceCode: string; userCode: string; expiresIn: number; interval: number };

export type Devices = {
  /** Makes a device code and a user code; or this network has had too many. */
  start(of: { request: PendingRequest; origin: EventOrigin & { ip: string }; now: number }): Promise<Result<DeviceCodes, 'too_many'>>;
  /** What a signed-in person typed. `locked`: they, or their network, typed too many. */
  find(of: { typed: string; userId: string; ip: string; now: number }): Promise<Pending | 'unknown' | 'locked'>;
};

export type DevicesDeps = { database: Database; audit: Audit; allowances: Allowances; key: Buffer };

export function createDevices(deps: DevicesDeps): Devices {
  const keyed = (userCode: string): string => keyedDigest(deps.key, `user-code\n${userCode}`);
  return {
    start: (of) => start(deps, keyed, of),
    async find({ typed, userId, ip, now }) {
      if (!(await deps.allowances.mayType({ userId, ip, now }))) return 'locked';
      const userCode = readUserCode(typed);
      const found = userCode === undefined ? undefined : await findByUserCode(deps.database.db, keyed(userCode), now);
      return found ?? 'unknown';
    },
  };
}

async function start(
  deps: DevicesDeps,
  keyed: (userCode: string) => string,
  { request, origin, now }: Parameters<Devices['start']>[0],
): Promise<Result<DeviceCodes, 'too_many'>> {
  if (!(await deps.allowances.mayStartDevice({ ip: origin.ip, now }))) {
    await deps.audit.record(rateLimited({ clientId: request.clientId, kind: 'device_code', origin }));
    return fail('too_many');
  }
  const deviceCode = newSecret();
  const pending: Pending = {
    id: newId('ask', now),
    kind: 'device_code',
    request,
    state: 'pending',
    createdAt: now,
    expiresAt: now + DEVICE_MS,
  };
  const userCode = await deps.audit.commit(async (tx) => {
    for (;;) {
      const made = userCodeFrom(randomFill(32));
      // Two live codes that are the same would be two clients of which one is let in by mistake.
      if (made === undefined || !(await insertPending(tx, { pending, secretDigest: digest(deviceCode), userCodeDigest: keyed(made) })))
        continue;
      return { value: made, entries: [pendingRequested(pending, origin, { known: true })] };
    }
  });
  return ok({ deviceCode, userCode, expiresIn: DEVICE_MS / 1000, interval: POLL_SECONDS });
}
