import { sql } from 'kysely';
import type { Clock } from '../../base/clock.ts';
import { row, touched, type Database, type Db } from '../../base/db.ts';
import { parseJson } from '../../base/json.ts';
import { isFreeFor, leaseTo } from '../../base/lease.ts';
import type { Outbound } from '../../base/outbound/contract.ts';
import { fail, ok } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import { noteTry, unwell, WELL } from '../audit/health.store.ts';
import type { Audit } from '../audit/store.ts';
import type { KeyRing } from '../keys/ring.store.ts';
import { backOff, MOST_TRIES, sentenceOf, type SendFault } from '../sinks/judge.ts';
import { MAY_HEAR } from './derive.store.ts';
import { streamFailed, streamParked, streamRecovered } from './events.ts';
import { countTry, parkSet, waitingSets, type Waiting } from './outbox.store.ts';
import { pushFault } from './push.ts';
import { authorizationContext } from './stream.ts';
import { PUSH, SET_TYP } from './words.ts';

export type PushDeps = {
  database: Database;
  audit: Audit;
  box: SecretBox;
  clock: Clock;
  keys: Pick<KeyRing, 'signer'>;
  outbound: Pick<Outbound, 'request'>;
  chance(): number;
  stopping(): boolean;
};

/** A node that died is followed by another after this. */
const LEASE_MS = 30_000;
const TIMEOUT_MS = 10_000;
const MOST_ANSWER = 16 * 1024;
/** SETs in one round; then the lease is looked at again. */
const ROUND = 50;

type Held = {
  id: string;
  tenant: string | undefined;
  url: string;
  authorization: string | undefined;
  fence: number;
  failures: number;
  failing: boolean;
  enabled: boolean;
};

type HeldRow = Omit<Held, 'tenant' | 'authorization'> & { tenant: string | null; sealed: Buffer | null };

/** One conditional update decides which node delivers. */
async function hold(deps: PushDeps, id: string, node: string): Promise<Held | undefined> {
  const now = deps.clock.now();
  const found = await row(
    deps.database.db,
    sql<HeldRow>`UPDATE streams s SET ${leaseTo({ node, now, leaseMs: LEASE_MS })}
      FROM clients c WHERE s.id = ${id} AND c.id = s.client_id AND ${MAY_HEAR} AND s.config #>> '{delivery,method}' = ${PUSH}
        AND (s.retry_at IS NULL OR s.retry_at <= ${new Date(now)}) AND ${isFreeFor({ node, now })}
        AND EXISTS (SELECT 1 FROM stream_sets w WHERE w.stream_id = s.id AND w.state = 'pending' AND (s.status = 'enabled' OR starts_with(w.jti, 'upd_')))
      RETURNING s.id, s.tenant, s.config #>> '{delivery,endpointUrl}' AS url, s.sealed, s.fence, s.failures, s.failing_since IS NOT NULL AS failing,
        s.status = 'enabled' AS enabled`,
  );
  if (found === undefined) return undefined;
  const { sealed, tenant, ...held } = found;
  return {
    ...held,
    tenant: tenant ?? undefined,
    authorization: sealed === null ? undefined : deps.box.open(sealed, authorizationContext(id)).toString('utf8'),
  };
}

/** Sends what waits for one receiver, one SET after the other and each until it was taken (RFC 8935). True: there may be more at once. */
export async function pushFor(deps: PushDeps, id: string, node: string): Promise<boolean> {
  const held = await hold(deps, id, node);
  if (held === undefined) return false;
  const waiting = await waitingSets(deps.database.db, id, ROUND, !held.enabled);
  let well = !held.failing;
  for (const set of waiting) {
    if (deps.stopping()) return false;
    const fault = await send(deps, held, set);
    if (fault !== undefined) return deps.stopping() ? false : afterFault(deps, { ...held, failing: !well }, set, fault);
    if (!(await taken(deps, { ...held, failing: !well }, set))) return false;
    well = true;
  }
  return waiting.length === ROUND;
}

async function send({ outbound, keys }: PushDeps, held: Held, set: Waiting): Promise<SendFault | undefined> {
  const answer = await outbound.request({
    method: 'POST',
    url: held.url,
    headers: {
      'content-type': 'application/secevent+jwt',
      accept: 'application/json',
      'user-agent': 'Writ',
      ...(held.authorization === undefined ? {} : { authorization: held.authorization }),
    },
    body: keys.signer().sign(SET_TYP, set.claims),
    maxBytes: MOST_ANSWER,
    timeoutMs: TIMEOUT_MS,
  });
  if (!answer.ok) return { kind: 'retry', sentence: sentenceOf(answer.reason) };
  if (answer.status >= 200 && answer.status < 300) return undefined;
  const parsed = parseJson(answer.body.toString('utf8'));
  return pushFault(answer.status, answer.headers.get('retry-after'), parsed.ok ? parsed.value : undefined);
}

/** The receiver has it. False: the stream is in other hands by now, and they send it again. */
async function taken(deps: PushDeps, held: Held, { jti }: Waiting): Promise<boolean> {
  const { database, audit, clock } = deps;
  const mark = (on: Db): Promise<boolean> => strike(on, held, { jti, now: clock.now() });
  return noteTry({ db: database.db, audit }, mark, held.failing ? streamRecovered(held) : undefined);
}

async function strike(db: Db, held: Held, { jti, now }: { jti: string; now: number }): Promise<boolean> {
  const struck = await touched(
    db,
    sql`WITH mine AS (UPDATE streams SET delivered = delivered + 1, delivered_at = ${new Date(now)}, ${WELL}, retry_at = NULL,
          runner_until = ${new Date(now + LEASE_MS)} WHERE id = ${held.id} AND fence = ${held.fence} RETURNING id)
      DELETE FROM stream_sets w USING mine WHERE w.stream_id = mine.id AND w.jti = ${jti}`,
  );
  return struck > 0;
}

/** One that is refused again and again is set aside, so that the others arrive; anything else is about the receiver, and everything waits in its order. */
async function afterFault(deps: PushDeps, held: Held, set: Waiting, fault: SendFault): Promise<boolean> {
  const now = deps.clock.now();
  const { db } = deps.database;
  if (fault.kind === 'refused') {
    if (set.tries + 1 >= MOST_TRIES) return park(deps, held, set, fault);
    await countTry(db, held.id, set.jti);
  }
  const retryAt = now + backOff(held.failures, deps.chance(), fault.retryAfterMs);
  const mark = async (on: Db): Promise<boolean> =>
    (await touched(
      on,
      sql`UPDATE streams SET ${unwell({ ...fault, now })}, retry_at = ${new Date(retryAt)} WHERE id = ${held.id} AND fence = ${held.fence}`,
    )) > 0;
  await noteTry({ db, audit: deps.audit }, mark, held.failing ? undefined : streamFailed(held, fault.sentence));
  return false;
}

async function park(deps: PushDeps, held: Held, set: Waiting, { sentence }: SendFault): Promise<boolean> {
  const outcome = await commitDeed<Done, 'full' | 'gone'>(deps.audit, async (tx) => {
    const parked = await parkSet(tx, { streamId: held.id, jti: set.jti, sentence, now: deps.clock.now() });
    return parked === 'parked' ? ok({ entries: [streamParked(held, { jti: set.jti, sentence })], changed: [] }) : fail(parked);
  });
  if (outcome.ok || outcome.error === 'gone') return true;
  return afterFault(
    deps,
    held,
    { ...set, tries: 0 },
    { kind: 'retry', sentence: 'It refuses events, and there is no room for more dead letters.' },
  );
}
