import type { Clock } from '../../base/clock.ts';
import type { Gate } from '../../base/gate.ts';
import { newId } from '../../base/ids.ts';
import type { Log } from '../../base/log.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import { readRound, type Item, type Round } from './behind.store.ts';
import { advance, failing, park, suspect, type BookDeps } from './books.store.ts';
import type { SinkType } from './config.ts';
import { SINK_CURSORS } from './cursor.store.ts';
import { retryLetters } from './dead-letter.store.ts';
import { backOff, judge, MOST_TRIES, sentenceOf, type Sent, type SendFault } from './judge.ts';
import { holdSink, type Held } from './lease.store.ts';
import type { MaskHash } from './mask.ts';
import { testEvent } from './native.ts';
import { pack } from './pack.ts';
import { progressOf } from './progress.ts';
import { NONE, type Outgoing, type Send } from './send.ts';
import { batchOf, roundOf } from './sink.ts';

export type DeliverDeps = BookDeps & {
  box: SecretBox;
  clock: Clock;
  log: Log;
  senders: Readonly<Record<SinkType, Send>>;
  maskHash: MaskHash;
  version: string;
  /** 0…1, for the jitter. */
  chance(): number;
  /** Reading the record is work for the database: few sinks at once. */
  gate: Gate;
  /** True while the house closes: what is then broken off is not the sink's fault. */
  stopping(): boolean;
};

/** What a node remembers of a sink between rounds; nothing is lost with it. `limit`: events at once, after a refusal; `after`: the chain served last. */
export type Memory = { limit: number; after: string };

/** `more`: there may be more to do at once. `rest`: nothing, or not now, or somebody else has the sink. */
export type Outcome = 'more' | 'rest';

/** One round for one sink: hold it, read what it does not have, deliver, write down how far it came. */
export async function deliver(deps: DeliverDeps, node: string, id: string, memory: Memory): Promise<Outcome> {
  const held = await holdSink(deps.db, deps.box, { id, node, now: deps.clock.now() });
  if (held === undefined) return 'rest';
  const letters = await retryLetters({ ...deps, send: (items) => sendTo(deps, held, items) }, held);
  if (letters.fault !== undefined) return backOffFrom(deps, held, letters.fault);
  const read = await deps.gate.run(() =>
    readRound(deps.db, { ...held.sink, most: roundOf(held.sink), cursors: SINK_CURSORS }, memory.after),
  );
  const round = read.ran ? read.value : undefined;
  if (round === undefined || (round.items.length > 0 && isEarly(held, round, deps.clock.now()))) return letters.more ? 'more' : 'rest';
  memory.after = round.reach.at(-1)?.chain ?? '';
  return deliverRound(deps, held, round, memory);
}

/** Whether more company may still come: fewer than a batch, and the oldest has not waited long. */
function isEarly({ sink }: Held, { items }: Round, now: number): boolean {
  const { events, waitSeconds } = batchOf(sink);
  return waitSeconds > 0 && items.length < events && items.every(({ time }) => time + waitSeconds * 1_000 > now);
}

async function deliverRound(deps: DeliverDeps, held: Held, round: Round, memory: Memory): Promise<Outcome> {
  const now = deps.clock.now();
  const { outgoing, sent } = await packAndSend(deps, held, round.items.slice(0, memory.limit));
  if (deps.stopping() && sent.fault !== undefined) return 'rest';
  const steps = progressOf(round, sent.taken);
  if (steps.length > 0 && !(await advance(deps, held, { steps, delivered: sent.taken.size, now }))) return 'rest';
  if (sent.fault !== undefined)
    return afterFault(deps, sent.taken.size > 0 ? { ...held, failing: false, failures: 0 } : held, { fault: sent.fault, outgoing, memory });
  memory.limit = Math.min(memory.limit * 2, roundOf(held.sink));
  return 'more';
}

/** A bug of ours is a sink that fails and says so, not one that stands still looking healthy. */
async function packAndSend(deps: DeliverDeps, held: Held, items: readonly Item[]): Promise<{ outgoing: readonly Outgoing[]; sent: Sent }> {
  if (items.length === 0) return { outgoing: [], sent: { taken: NONE } };
  try {
    const outgoing = items.map((item) => pack(item, held.sink, deps));
    return { outgoing, sent: await sendTo(deps, held, outgoing) };
  } catch (error) {
    deps.log.error({ err: error, sink: held.sink.id }, 'a delivery could not be made');
    return {
      outgoing: [],
      sent: { taken: NONE, fault: { kind: 'retry', sentence: 'The hub could not make this delivery; its log says why.' } },
    };
  }
}

function sendTo(deps: DeliverDeps, { sink, secret }: Held, items: readonly Outgoing[]): Promise<Sent> {
  return deps.senders[sink.type](sink, secret, items);
}

async function afterFault(
  deps: DeliverDeps,
  held: Held,
  { fault, outgoing, memory }: { fault: SendFault; outgoing: readonly Outgoing[]; memory: Memory },
): Promise<Outcome> {
  const item = fault.at === undefined ? undefined : outgoing[fault.at];
  const only = outgoing.length === 1 ? outgoing[0] : item;
  const suspicions = only !== undefined && held.suspect?.id === only.id ? held.suspect.times : 0;
  const next = judge(fault, { sent: outgoing.length, suspicions });
  switch (next.do) {
    case 'back_off':
      return backOffFrom(deps, held, fault);
    case 'halve':
      memory.limit = next.to;
      return 'more';
    case 'suspect': {
      const times = suspicions + 1;
      if (only !== undefined)
        await suspect(deps.db, held, { event: only.id, times, retryAt: deps.clock.now() + backOff(times - 1, deps.chance()) });
      return 'rest';
    }
    case 'probe':
      return only === undefined ? 'rest' : probe(deps, held, only, next.sentence);
  }
}

/**
 * An event was refused again and again. Whether it is the event or the sink, a test event tells: a sink that refuses that too wants nothing at all, and
 * then everything waits. Otherwise an hour of wrong answers would set an hour of events aside.
 */
async function probe(deps: DeliverDeps, held: Held, item: Outgoing, sentence: string): Promise<Outcome> {
  const now = deps.clock.now();
  const test = testItem(deps, held.sink, { id: newId('evt', now), request: 'job:sinks' });
  const sent = await sendTo(deps, held, [test]);
  if (deps.stopping()) return 'rest';
  if (sent.fault !== undefined)
    return backOffFrom(deps, held, { ...sent.fault, sentence: `${sent.fault.sentence} It refuses a test event too.` });
  const step = { chain: item.chain, to: item.seq };
  const outcome = await park(deps, held, { item, step, sentence, tries: MOST_TRIES, now });
  if (outcome === 'full')
    return backOffFrom(deps, held, {
      kind: 'retry',
      sentence: 'It refuses events, and there is no room for more dead letters: retry or discard them.',
    });
  return outcome === 'parked' ? 'more' : 'rest';
}

export function testItem(
  deps: Pick<DeliverDeps, 'clock' | 'version' | 'maskHash'>,
  sink: Held['sink'],
  of: { id: string; request: string },
): Outgoing {
  const time = deps.clock.now();
  return pack({ chain: '', seq: 0, id: of.id, time, event: testEvent({ ...of, time, sink: sink.id }), hash: '' }, sink, deps);
}

async function backOffFrom(deps: DeliverDeps, held: Held, { sentence, retryAfterMs }: SendFault): Promise<Outcome> {
  if (deps.stopping()) return 'rest';
  const now = deps.clock.now();
  await failing(deps, held, {
    sentence: sentence === '' ? sentenceOf('') : sentence,
    retryAt: now + backOff(held.failures, deps.chance(), retryAfterMs),
    now,
  });
  return 'rest';
}
