import type { Books } from './books.ts';
import { sinkConfig, type SinkConfig, type SinkType } from './config.ts';

export type SinkSettings = Omit<SinkConfig, 'id' | 'type' | 'name' | 'secret'>;

/** A sink as its author wants it, and whether it is at work. */
export type Sink = SinkSettings & {
  id: string;
  type: SinkType;
  name: string;
  hasSecret: boolean;
  state: 'active' | 'paused';
  version: number;
  createdAt: number;
  books: Books;
};

/** How many events one delivery carries, and how old the oldest of them gets while it waits for company. */
const BATCHES: Readonly<Record<SinkType, { events: number; waitSeconds: number }>> = {
  // One message, one event, as Standard Webhooks means it; `batch.events` above 1 makes lists of them.
  webhook: { events: 1, waitSeconds: 0 },
  syslog: { events: 500, waitSeconds: 0 },
  otlp: { events: 200, waitSeconds: 0 },
  splunk: { events: 200, waitSeconds: 0 },
  s3: { events: 1_000, waitSeconds: 60 },
  file: { events: 500, waitSeconds: 0 },
};

export function batchOf(sink: Pick<Sink, 'type' | 'batch'>): { events: number; waitSeconds: number } {
  const { events, waitSeconds } = BATCHES[sink.type];
  return { events: sink.batch.events ?? events, waitSeconds: sink.batch.waitSeconds ?? waitSeconds };
}

/** Events read for one round: a webhook sends them one by one and still asks the database once. */
export function roundOf(sink: Pick<Sink, 'type' | 'batch'>): number {
  return Math.max(batchOf(sink).events, 100);
}

/** The stored sink in the form of the config file, without its secret. */
export function toSinkConfig(sink: Sink): SinkConfig {
  const { hasSecret: _secret, state: _state, version: _version, createdAt: _at, books: _books, ...config } = sink;
  return sinkConfig.parse(config);
}

/** Ties a sealed secret to its sink. */
export function secretContext(id: string): string {
  return `sink/${id}`;
}
