import { putObject } from '../../base/aws/bucket.ts';
import type { Clock } from '../../base/clock.ts';
import type { Outbound } from '../../base/outbound/contract.ts';
import { postTo } from './post.store.ts';
import { lanes, type Outgoing, type Send, type Sending } from './send.ts';

const ROUND_MS = 12_000;

/**
 * One object of NDJSON per chain and delivery: `<prefix><tenant>/<yyyy>/<mm>/<dd>/<first seq>-<last seq>.ndjson`, so that names sort as the chain does
 * and a repetition writes the same object over.
 */
export function s3Send({ outbound, clock }: { outbound: Pick<Outbound, 'request'>; clock: Clock }): Send {
  return async (sink, secret, items) => {
    const taken = new Set<number>();
    const until = clock.now() + ROUND_MS;
    for (const lane of lanes(items)) {
      if (clock.now() > until) break;
      const answer = await postTo(
        outbound,
        signed(sink, secret ?? '', { events: lane.flatMap((index) => items[index] ?? []), now: clock.now() }),
      );
      if (!answer.ok) return { taken, fault: { ...answer.fault, at: lane.length === 1 ? lane[0] : undefined } };
      for (const index of lane) taken.add(index);
    }
    return { taken };
  };
}

function signed(sink: Sending, secret: string, of: { events: readonly Outgoing[]; now: number }) {
  const body = of.events.map(({ text }) => `${text}\n`).join('');
  return putObject(sink, secret, { key: keyOf(sink, of.events), contentType: 'application/x-ndjson', body, now: of.now });
}

const SEQ_DIGITS = 12;

function keyOf(sink: Sending, events: readonly Outgoing[]): string {
  const [first] = events;
  const last = events.at(-1);
  if (first === undefined || last === undefined) throw new Error('an object without an event');
  const day = new Date(first.time).toISOString().slice(0, 10).replaceAll('-', '/');
  const seq = (of: Outgoing): string => String(of.seq).padStart(SEQ_DIGITS, '0');
  // A chain without a tenant is the hub's own; no tenant's id begins with an underscore followed by this.
  return `${sink.prefix ?? ''}${first.chain === '' ? '_hub' : encodeURIComponent(first.chain)}/${day}/${seq(first)}-${seq(last)}.ndjson`;
}
