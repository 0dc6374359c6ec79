import { sql } from 'kysely';
import { rows, touched, type Db } from '../../base/db.ts';
import { parseJson } from '../../base/json.ts';
import type { Outbound } from '../../base/outbound/contract.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import { noteTry, unwell, WELL } from '../audit/health.store.ts';
import { backOff, sentenceOf, statusFault, type SendFault } from '../sinks/judge.ts';
import { transmitterFailed, transmitterRecovered } from './events.ts';
import { emptyReport, hasNews, MOST_SETS, readPollAnswer, type PollAnswer, type Report } from './poll.ts';
import { receive, refusedSet, type ReceiveDeps } from './receive.store.ts';
import { findTransmitter, openTransmitterSecret } from './transmitter.store.ts';
import type { StoredTransmitter } from './transmitter.ts';

export type PollDeps = ReceiveDeps & {
  box: SecretBox;
  outbound: Pick<Outbound, 'request'>;
  chance(): number;
  stopping(): boolean;
  /** Whether one more SET that this transmitter sent, and that is refused, has room in the record. */
  mayRecord(transmitter: string): boolean;
};

/** A node that died in the middle is followed by another after this. */
const LEASE_MS = 60_000;
const TIMEOUT_MS = 10_000;
const MOST_BYTES = 4 * 1024 * 1024;
/** Questions to one transmitter in one turn, and how long the turn is: a slow one must not outlast the lease. */
const MOST_QUESTIONS = 20;
const TURN_MS = 30_000;
const ORIGIN = { request: 'job:transmitters' };

/** Transmitters that wait to be asked, and may be asked now. */
export async function dueTransmitters({ database, clock }: Pick<PollDeps, 'database' | 'clock'>): Promise<string[]> {
  const now = new Date(clock.now());
  const due = await rows(
    database.db,
    sql<{ id: string }>`SELECT id FROM transmitters WHERE config ->> 'delivery' = 'poll' AND config ->> 'state' = 'on'
      AND (next_at IS NULL OR next_at <= ${now}) AND (polling_until IS NULL OR polling_until <= ${now}) ORDER BY next_at NULLS FIRST LIMIT 20`,
  );
  return due.map(({ id }) => id);
}

/** Asks one of them. One conditional update decides which node does. */
export async function pollOne(deps: PollDeps, id: string): Promise<void> {
  const { db } = deps.database;
  const now = deps.clock.now();
  const held = await touched(
    db,
    sql`UPDATE transmitters SET polling_until = ${new Date(now + LEASE_MS)} WHERE id = ${id} AND (next_at IS NULL OR next_at <= ${new Date(now)})
      AND (polling_until IS NULL OR polling_until <= ${new Date(now)})`,
  );
  const transmitter = held === 0 ? undefined : await findTransmitter(db, id);
  if (transmitter === undefined || transmitter.pollUrl === undefined) return;
  const fault = await converse(deps, transmitter, await openTransmitterSecret(db, deps.box, id));
  if (!deps.stopping()) await (fault === undefined ? well(deps, transmitter) : failing(deps, transmitter, fault));
}

/** Question and answer until nothing is left to say: what was heard is acknowledged by the next question (RFC 8936 §2.4). */
async function converse(deps: PollDeps, transmitter: StoredTransmitter, secret: string | undefined): Promise<SendFault | undefined> {
  let report = emptyReport();
  const until = deps.clock.now() + TURN_MS;
  for (let asked = 0; asked < MOST_QUESTIONS && deps.clock.now() < until && !deps.stopping(); asked += 1) {
    const answer = await ask(deps, transmitter, { report, secret });
    if ('kind' in answer) return answer;
    const heard = await hear(deps, transmitter, answer);
    if (heard === undefined) return { kind: 'retry', sentence: 'Its keys cannot be had.' };
    report = heard;
    if (!hasNews(report) && !answer.moreAvailable) return undefined;
  }
  return undefined;
}

async function ask(
  { outbound }: PollDeps,
  { pollUrl = '' }: StoredTransmitter,
  { report, secret }: { report: Report; secret: string | undefined },
): Promise<PollAnswer | SendFault> {
  const answer = await outbound.request({
    method: 'POST',
    url: pollUrl,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      'user-agent': 'Writ',
      ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
    },
    body: JSON.stringify({ maxEvents: MOST_SETS, returnImmediately: true, ...report }),
    maxBytes: MOST_BYTES,
    timeoutMs: TIMEOUT_MS,
  });
  if (!answer.ok) return { kind: 'retry', sentence: sentenceOf(answer.reason) };
  if (answer.status < 200 || answer.status >= 300) return statusFault(answer.status, answer.headers.get('retry-after'));
  const parsed = parseJson(answer.body.toString('utf8'));
  return (
    (parsed.ok ? readPollAnswer(parsed.value) : undefined) ?? { kind: 'retry', sentence: 'Its answer is not what RFC 8936 describes.' }
  );
}

/** Undefined: some could not be judged now; they are neither acknowledged nor refused, and come again. */
async function hear(deps: PollDeps, transmitter: StoredTransmitter, { sets }: PollAnswer): Promise<Report | undefined> {
  const report = emptyReport();
  for (const [jti, token] of Object.entries(sets)) {
    const heard = await receive(deps, transmitter, { token, origin: ORIGIN });
    if (heard.ok) report.ack.push(jti);
    else if (heard.error === 'unavailable') return undefined;
    else {
      if (deps.mayRecord(transmitter.id)) await deps.audit.record(refusedSet(transmitter, heard.error.reason, ORIGIN));
      report.setErrs[jti] = { err: heard.error.err, description: heard.error.description };
    }
  }
  return report;
}

async function well({ clock, audit, database: { db } }: PollDeps, transmitter: StoredTransmitter): Promise<void> {
  const { id, pollSeconds, failingSince } = transmitter;
  const next = new Date(clock.now() + pollSeconds * 1_000);
  const mark = async (on: Db): Promise<boolean> =>
    (await touched(on, sql`UPDATE transmitters SET next_at = ${next}, polling_until = NULL, ${WELL} WHERE id = ${id}`)) > 0;
  await noteTry({ db, audit }, mark, failingSince === undefined ? undefined : transmitterRecovered(transmitter));
}

async function failing(deps: PollDeps, transmitter: StoredTransmitter, fault: SendFault): Promise<void> {
  const { id, failures, failingSince } = transmitter;
  const now = deps.clock.now();
  const next = new Date(now + backOff(failures, deps.chance(), fault.retryAfterMs));
  const mark = async (on: Db): Promise<boolean> =>
    (await touched(
      on,
      sql`UPDATE transmitters SET next_at = ${next}, polling_until = NULL, ${unwell({ ...fault, now })} WHERE id = ${id}`,
    )) > 0;
  const turn = failingSince === undefined ? transmitterFailed(transmitter, fault.sentence) : undefined;
  await noteTry({ db: deps.database.db, audit: deps.audit }, mark, turn);
}
