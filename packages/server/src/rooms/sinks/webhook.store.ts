import { createHmac } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { digest } from '../../base/digest.ts';
import type { Outbound } from '../../base/outbound/contract.ts';
import type { SendFault } from './judge.ts';
import { postTo } from './post.store.ts';
import { lanes, portions, type Outgoing, type Send } from './send.ts';
import { batchOf } from './sink.ts';
import { secretForm } from './webhook-secret.ts';

/** Tenants whose messages are on their way at once; within a tenant one follows the other. */
const LANES = 8;
/** A round ends after this, so that the lease on the sink does not. */
const ROUND_MS = 12_000;

/**
 * Standard Webhooks 1.0: `webhook-id` (the event's, so a repetition is known by it), `webhook-timestamp` in seconds, `webhook-signature`
 * `v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64. The payload is `{type, timestamp, data}`.
 */
export function webhookSend({ outbound, clock }: { outbound: Pick<Outbound, 'request'>; clock: Clock }): Send {
  return async (sink, secret, items) => {
    const taken = new Set<number>();
    const faults: SendFault[] = [];
    const key = keyOf(secret ?? '');
    const until = clock.now() + ROUND_MS;
    const run = async (lane: readonly number[]): Promise<void> => {
      for (const part of portions(lane, batchOf(sink).events)) {
        if (faults.length > 0 || clock.now() > until) return;
        const message = messageOf(part.flatMap((index) => items[index] ?? []));
        const timestamp = String(Math.floor(clock.now() / 1_000));
        const answer = await postTo(outbound, {
          url: sink.url ?? '',
          headers: {
            ...sink.headers,
            'content-type': 'application/json',
            'user-agent': 'Writ',
            'webhook-id': message.id,
            'webhook-timestamp': timestamp,
            'webhook-signature': `v1,${createHmac('sha256', key).update(`${message.id}.${timestamp}.${message.body}`).digest('base64')}`,
          },
          body: message.body,
        });
        if (answer.ok) for (const index of part) taken.add(index);
        else {
          faults.push({ ...answer.fault, at: part.length === 1 ? part[0] : undefined });
          return;
        }
      }
    };
    const waiting = lanes(items);
    const next = async (): Promise<void> => {
      for (let lane = waiting.shift(); lane !== undefined; lane = waiting.shift()) await run(lane);
    };
    await Promise.all(Array.from({ length: Math.min(LANES, waiting.length) }, next));
    return { taken, fault: faults[0] };
  };
}

/** One event is its own message. Several make a list, whose id follows from theirs: the same list has it again. */
function messageOf(events: readonly Outgoing[]): { id: string; body: string } {
  const [first] = events;
  if (first === undefined) throw new Error('a message without an event');
  if (events.length === 1) return { id: first.id, body: body(first.event.type, first.event.time, first.text) };
  const list = `[${events.map(({ text }) => text).join(',')}]`;
  return { id: `msg_${digest(events.map(({ id }) => id).join(' '))}`, body: body('audit.events', first.event.time, list) };
}

function body(type: string, timestamp: string, data: string): string {
  return `{"type":${JSON.stringify(type)},"timestamp":${JSON.stringify(timestamp)},"data":${data}}`;
}

function keyOf(secret: string): Buffer {
  const { encoding, text } = secretForm(secret);
  return Buffer.from(text, encoding);
}
