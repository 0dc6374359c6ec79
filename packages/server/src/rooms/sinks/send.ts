import type { AuditEvent } from '../audit/event.ts';
import type { Sent } from './judge.ts';
import type { Sink, SinkSettings } from './sink.ts';

/** What a delivery has to know of a sink. */
export type Sending = Pick<Sink, 'id' | 'type' | 'name'> & SinkSettings;

/** One event as it leaves: masked and in the sink's format. `chain` and `seq` order it; `id` is what a receiver knows a repetition by. */
export type Outgoing = {
  chain: string;
  seq: number;
  id: string;
  time: number;
  event: AuditEvent;
  /** JSON, one line; for CEF the record. */
  text: string;
  /** What `text` says, as data; for CEF the event itself. */
  value: unknown;
};

/**
 * Delivers in order, at least what it says it delivered. Never throws for what a sink can cause, and ends within its bounds whatever the sink
 * does. `items` is not empty.
 */
export type Send = (sink: Sending, secret: string | undefined, items: readonly Outgoing[]) => Promise<Sent>;

/** All of them, none of them. */
export function allOf(items: readonly unknown[]): Set<number> {
  return new Set(items.keys());
}

export const NONE: ReadonlySet<number> = new Set();

/** Indexes of the items by chain, in the order given. */
export function lanes(items: readonly Outgoing[]): number[][] {
  const found = new Map<string, number[]>();
  items.forEach(({ chain }, index) => {
    const lane = found.get(chain);
    if (lane === undefined) found.set(chain, [index]);
    else lane.push(index);
  });
  return [...found.values()];
}

/** Pieces of at most `size`. */
export function portions<T>(list: readonly T[], size: number): T[][] {
  const found: T[][] = [];
  for (let at = 0; at < list.length; at += size) found.push(list.slice(at, at + size));
  return found;
}
