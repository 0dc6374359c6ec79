import type { Db } from '../../base/db.ts';
import { keyedDigest } from '../../base/digest.ts';
import { networkOf } from '../users/attempt.ts';
import { useAllowance } from '../users/attempt.store.ts';

const MINUTE = 60_000;

/**
 * How often each of these may happen. `ask`: requests of one client that ask one person: five a minute is more than anybody reads, and the
 * sixth is a flood (attack 134, "push bombing"). `device`: device codes for one network. `type`: user codes typed by one person, right or
 * wrong: at 34 bits a code lives fifteen minutes.
 */
const RULES = {
  ask: { most: 5, windowMs: MINUTE },
  device: { most: 120, windowMs: 15 * MINUTE },
  type: { most: 20, windowMs: 10 * MINUTE },
  typeFrom: { most: 60, windowMs: 10 * MINUTE },
} as const;

export type Allowances = {
  /** `whom`: who is asked, by the hint that the client gave, or for whom; the same for names that exist and that do not. `db`: a transaction. */
  mayAsk(of: { clientId: string; whom: string; now: number; db?: Db }): Promise<boolean>;
  mayStartDevice(of: { ip: string; now: number }): Promise<boolean>;
  mayType(of: { userId: string; ip: string; now: number }): Promise<boolean>;
};

/** Seconds after which an allowance is there again at the latest. */
export const RETRY_AFTER = { ask: RULES.ask.windowMs / 1000, device: RULES.device.windowMs / 1000 } as const;

/** Counted in the database, so that many nodes are one. Kept under keyed digests: people are named in the keys. */
export function createAllowances({ db, key }: { db: Db; key: Buffer }): Allowances {
  const use = (rule: keyof typeof RULES, whom: string, now: number, on: Db = db): Promise<boolean> =>
    useAllowance(on, `approvals-${rule}:${keyedDigest(key, `${rule}\n${whom}`)}`, { ...RULES[rule], now });
  return {
    mayAsk: ({ clientId, whom, now, db: on }) => use('ask', `${clientId}\n${whom}`, now, on),
    mayStartDevice: ({ ip, now }) => use('device', networkOf(ip), now),
    async mayType({ userId, ip, now }) {
      return (await use('typeFrom', networkOf(ip), now)) && use('type', userId, now);
    },
  };
}
