import { jitter, pause } from './pause.ts';
import { createQuietTimer } from './quiet.ts';
import type { ServerSentEvent } from './sse.ts';
import { holdStream } from './stream.ts';

/** A hub is expected to send a comment every 5 s. A stream that died without a word is given up after this: how long a signal can be missed at most. */
const QUIET_LIMIT = 15_000;
/** A hub that is there answers a request for its stream at once. */
const ANSWER_LIMIT = 5_000;
/** A hub that does not say `event: open` has told its backlog when it has been quiet this long after accepting. */
const CAUGHT_UP_AFTER = 1_000;
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 10_000;

export type ListenTarget = {
  readonly url: string;
  readonly authorization: string;
  readonly instance: string;
  readonly fetch: typeof fetch;
  readonly closed: AbortSignal;
};

export type ListenHooks = {
  /** Where to resume. */
  lastEventId(): string | undefined;
  onConnecting(): void;
  onEvent(event: ServerSentEvent): void;
  /** The backlog seems to be told: quiet has come. */
  onCaughtUp(): void;
  isOpen(): boolean;
  /** The stream ended, and why. */
  onDown(why: string): void;
};

async function hold(target: ListenTarget, hooks: ListenHooks, onRetry: (ms: number) => void): Promise<string> {
  let backlog: ReturnType<typeof createQuietTimer> | undefined;
  const why = await holdStream({
    ...target,
    lastEventId: hooks.lastEventId(),
    quietLimit: QUIET_LIMIT,
    answerLimit: ANSWER_LIMIT,
    onRetry,
    onAccepted: () => {
      backlog = createQuietTimer(CAUGHT_UP_AFTER, hooks.onCaughtUp);
    },
    onEvent: (event) => {
      hooks.onEvent(event);
      if (!hooks.isOpen()) backlog?.touch();
    },
  });
  backlog?.stop();
  return why;
}

/** Listens until closed: connects, and after every end waits longer and connects again. A stream that had caught up starts the waiting anew. */
export async function keepListening(target: ListenTarget, hooks: ListenHooks): Promise<void> {
  let shortest = FIRST_PAUSE;
  const onRetry = (ms: number): void => {
    shortest = Math.min(Math.max(ms, FIRST_PAUSE), LONGEST_PAUSE);
  };
  for (let wait = shortest; !target.closed.aborted; wait = Math.min(wait * 2, LONGEST_PAUSE)) {
    hooks.onConnecting();
    const why = await hold(target, hooks, onRetry);
    if (target.closed.aborted) return;
    if (hooks.isOpen()) wait = shortest;
    hooks.onDown(why);
    await pause(jitter(wait), target.closed);
  }
}
