import { createAcknowledger } from './acknowledge.ts';
import type { Settings } from './config.ts';
import { keepListening } from './listen.ts';
import { createRevocations } from './revocations.ts';
import type { Traced } from './revocations.ts';
import type { Signal } from './signal.ts';
import { readSignal } from './signal.ts';
import type { ServerSentEvent } from './sse.ts';
import { authorizationOf } from './stream.ts';

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
  kills(caller: Traced, now: number): boolean;
  isStale(now: number): boolean;
  close(): void;
};

/** Seconds by which clocks of hub nodes may differ: covers a token issued just before a freeze by a node that runs ahead. */
const SKEW = 5;

type News = {
  state: SignalsState;
  lastSeq: number | undefined;
  lastEventId: string | undefined;
  error: string | undefined;
  notOpenSince: number;
};

/** What an event of the stream does to what is known. */
function createReceiver(news: News, take: (signal: Signal) => void, onCaughtUp: () => void): (event: ServerSentEvent) => void {
  return ({ event, data, lastEventId }) => {
    if (lastEventId !== '') news.lastEventId = lastEventId;
    if (event === 'open') return onCaughtUp();
    const signal = event === 'signal' ? readSignal(data) : undefined;
    if (signal === undefined) return;
    if (lastEventId === '') news.lastEventId = String(signal.seq);
    news.lastSeq = Math.max(news.lastSeq ?? 0, signal.seq);
    take(signal);
  };
}

type Listening = Pick<
  Settings,
  'issuer' | 'credentials' | 'instance' | 'clock' | 'fetch' | 'failClosedAfter' | 'maxRevocations' | 'maxTokenLifetime'
>;

/** Listens to the hub's signals for as long as the resource lives. Starts at once when there are credentials. */
export function createSignals(settings: Listening): SignalsControl {
  const { credentials, clock, failClosedAfter, maxRevocations, maxTokenLifetime } = settings;
  const closing = new AbortController();
  const listeners = new Set<(event: SignalsEvent) => void>();
  const revocations = createRevocations({ maxEntries: maxRevocations, maxTokenLifetime, skew: SKEW });
  const news: News = {
    state: credentials === undefined ? 'off' : 'connecting',
    lastSeq: undefined,
    lastEventId: undefined,
    error: undefined,
    notOpenSince: clock(),
  };
  const isOpen = (): boolean => news.state === 'open';
  const tell = (event: SignalsEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const onCaughtUp = (): void => {
    if (news.state !== 'connecting') return;
    news.state = 'open';
    news.error = undefined;
    tell({ type: 'open', lastSeq: news.lastSeq });
  };

  const start = (authorization: string): void => {
    const base = `${settings.issuer.replace(/\/$/, '')}/signals/v1`;
    const shared = { authorization, instance: settings.instance, fetch: settings.fetch, closed: closing.signal };
    const acknowledge = createAcknowledger({ ...shared, url: `${base}/ack` });
    const onEvent = createReceiver(
      news,
      (signal) => {
        revocations.apply(signal, clock());
        tell({ type: 'signal', signal });
        acknowledge(signal.seq);
      },
      onCaughtUp,
    );
    void keepListening(
      { ...shared, url: `${base}/stream` },
      {
        lastEventId: () => news.lastEventId,
        onConnecting: () => void (news.state = 'connecting'),
        onEvent,
        onCaughtUp,
        isOpen,
        onDown: (why) => {
          if (isOpen()) news.notOpenSince = clock();
          news.state = 'down';
          news.error = why;
          tell({ type: 'down', error: why });
        },
      },
    );
  };
  if (credentials !== undefined) start(authorizationOf(credentials));

  return {
    get state() {
      return news.state;
    },
    get lastSeq() {
      return news.lastSeq;
    },
    get error() {
      return news.error;
    },
    get dead() {
      return revocations.count(clock());
    },
    on: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    kills: revocations.kills,
    isStale: (now) => failClosedAfter !== undefined && !isOpen() && now - news.notOpenSince > failClosedAfter,
    close: () => {
      news.state = 'closed';
      closing.abort();
    },
  };
}
