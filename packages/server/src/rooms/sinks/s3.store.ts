import { createHash } from 'node:crypto';
import { signAws } from '../../base/aws/sign.ts';
import type { Clock } from '../../base/clock.ts';
import type { Outbound } from '../../base/outbound/contract.ts';
import { postTo } from './post.store.ts';
import { lanes, type Outgoing, type Send, type Sending } from './send.ts';

const ROUND_MS = 12_000;

/**
 * One object of NDJSON per chain and delivery: `<prefix><tenant>/<yyyy>/<mm>/<dd>/<first seq>-<last seq>.ndjson`, so that names sort as the chain does
 * and a repetition writes the same object over. With the checksum that buckets with object lock demand.
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
  const url = `${(sink.url ?? '').replace(/\/$/, '')}/${keyOf(sink, of.events)}`;
  const body = of.events.map(({ text }) => `${text}\n`).join('');
  const sum = createHash('sha256').update(body).digest();
  const { host: _host, ...headers } = signAws(
    {
      method: 'PUT',
      url,
      headers: {
        'content-type': 'application/x-ndjson',
        'x-amz-content-sha256': sum.toString('hex'),
        'x-amz-checksum-sha256': sum.toString('base64'),
      },
      body,
    },
    {
      keys: { accessKeyId: sink.accessKeyId ?? '', secretAccessKey: secret },
      region: sink.region ?? 'us-east-1',
      service: 's3',
      now: of.now,
    },
  );
  return { method: 'PUT' as const, url, headers, body };
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
