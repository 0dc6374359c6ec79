import { createAcknowledger } from './acknowledge.ts';
import type { Caller } from './caller.ts';
import type { Settings } from './config.ts';
import { jitter, pause } from './pause.ts';
import { createRevocations } from './revocations.ts';
import type { Signal } from './signal.ts';
import { readSignal } from './signal.ts';
import type { ServerSentEvent } from './sse.ts';
import { authorizationOf, holdStream } from './stream.ts';

/** `off`: no credentials were given. `open`: caught up with the hub and listening. `down`: waiting to connect again. */
export type SignalsState = 'off' | 'connecting' | 'open' | 'down' | 'closed';

export type SignalsEvent =
  | { readonly type: 'open'; readonly lastSeq: number | undefined }
  | { readonly type: 'down'; readonly error: string }
  | { readonly type: 'signal'; readonly signal: Signal };

export type Signals = {
  readonly state: SignalsState;
  /** The number of the last signal applied. */
  readonly lastSeq: number | undefined;
  /** Why the stream is down, in words for an operator. */
  readonly error: string | undefined;
  /** How many agents, clients, users, tenants, grants and tokens are dead here now. */
  readonly dead: number;
  /** Calls back on every change; returns the function that stops it. */
  on(listener: (event: SignalsEvent) => void): () => void;
};

export type SignalsControl = Signals & {
  kills(caller: Caller, now: number): boolean;
  isStale(now: number): boolean;
  close(): void;
};

/** A hub is expected to send a comment every 15 s. */
const QUIET_LIMIT = 45_000;
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 10_000;
/** Seconds by which clocks of hub nodes may differ: covers a token issued just before a freeze by a node that runs ahead. */
const SKEW = 5;

/** Listens to the hub's signals for as long as the resource lives. Starts at once when there are credentials. */
export function createSignals(settings: Settings): SignalsControl {
  const { issuer, credentials, clock, failClosedAfter } = settings;
  const closing = new AbortController();
  const listeners = new Set<(event: SignalsEvent) => void>();
  const revocations = createRevocations({ maxEntries: settings.maxRevocations, maxTokenLifetime: settings.maxTokenLifetime, skew: SKEW });
  let state: SignalsState = credentials === undefined ? 'off' : 'connecting';
  let lastSeq: number | undefined;
  let lastEventId: string | undefined;
  let error: string | undefined;
  let notOpenSince = clock();
  let shortest = FIRST_PAUSE;

  const tell = (event: SignalsEvent): void => {
    for (const listener of listeners) listener(event);
  };

  const take = (signal: Signal, acknowledge: (seq: number) => void): void => {
    revocations.apply(signal, clock());
    lastSeq = Math.max(lastSeq ?? 0, signal.seq);
    tell({ type: 'signal', signal });
    acknowledge(lastSeq);
  };

  const receive = ({ event, data, lastEventId: id }: ServerSentEvent, acknowledge: (seq: number) => void): void => {
    if (id !== '') lastEventId = id;
    if (event === 'open') {
      state = 'open';
      error = undefined;
      return tell({ type: 'open', lastSeq });
    }
    const signal = event === 'signal' ? readSignal(data) : undefined;
    if (signal === undefined) return;
    if (id === '') lastEventId = String(signal.seq);
    take(signal, acknowledge);
  };

  const listen = async (authorization: string): Promise<void> => {
    const base = issuer.replace(/\/$/, '');
    const shared = { authorization, fetch: settings.fetch, closed: closing.signal };
    const acknowledge = createAcknowledger({ ...shared, url: `${base}/signals/v1/ack` });
    const onRetry = (ms: number): void => {
      shortest = Math.min(Math.max(ms, FIRST_PAUSE), LONGEST_PAUSE);
    };
    for (let wait = shortest; !closing.signal.aborted; wait = Math.min(wait * 2, LONGEST_PAUSE)) {
      state = 'connecting';
      const onEvent = (event: ServerSentEvent): void => receive(event, acknowledge);
      const url = `${base}/signals/v1/stream`;
      const why = await holdStream({ ...shared, url, lastEventId, quietLimit: QUIET_LIMIT, onEvent, onRetry });
      if (closing.signal.aborted) return;
      if (isOpen()) {
        notOpenSince = clock();
        wait = shortest;
      }
      state = 'down';
      error = why;
      tell({ type: 'down', error: why });
      await pause(jitter(wait), closing.signal);
    }
  };

  const isOpen = (): boolean => state === 'open';

  if (credentials !== undefined) void listen(authorizationOf(credentials));

  return {
    get state() {
      return state;
    },
    get lastSeq() {
      return lastSeq;
    },
    get error() {
      return error;
    },
    get dead() {
      return revocations.count(clock());
    },
    on: listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    kills: revocations.kills,
    isStale: now => failClosedAfter !== undefined && !isOpen() && now - notOpenSince > failClosedAfter,
    close: () => {
      state = 'closed';
      closing.abort();
    },
  };
}
