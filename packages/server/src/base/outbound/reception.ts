import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Gather, Gathered } from './contract.ts';
import { FaultError } from './fault.ts';

type Headers = Gathered['headers'];

/**
 * One answer as undici brings it: whole, where that was asked for and it is small and soon, otherwise as a stream that holds the service back when its
 * reader is slow. undici's own request makes a stream of every answer, which costs more than a small answer itself.
 */
export class Reception implements Dispatcher.DispatchHandler {
  readonly answer: Promise<Gathered>;
  readonly #gather: Gather | undefined;
  /** Told when nothing more comes. */
  readonly #over: () => void;
  #resolve: (answer: Gathered) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #left: Error | undefined;
  #head: { status: number; headers: Headers } = { status: 0, headers: {} };
  #pieces: Buffer[] = [];
  #size = 0;
  #patience: NodeJS.Timeout | undefined;
  #stream: Readable | undefined;
  #ended = false;

  constructor(gather: Gather | undefined, over: () => void) {
    this.#gather = gather;
    this.#over = over;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Breaks off what is under way, or what undici has not begun yet. */
  leave(reason: Error): void {
    this.#left = reason;
    if (this.#controller === undefined) this.#fail(reason);
    else this.#controller.abort(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#left !== undefined) controller.abort(this.#left);
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Headers): void {
    // 1xx is not the answer yet.
    if (status < 200) return;
    this.#head = { status, headers };
    const gather = this.#gather;
    if (gather === undefined || !isGathered(headers)) this.#begin();
    else queueMicrotask(() => this.#wait(gather.ms));
  }

  /** Most small answers are there whole by now: they came in the piece that had their head, and a clock for each would cost more than reading it. */
  #wait(ms: number): void {
    if (!this.#ended && this.#stream === undefined) this.#patience = setTimeout(() => this.#begin(), ms);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#stream !== undefined) {
      if (!this.#stream.push(chunk)) controller.pause();
      return;
    }
    this.#pieces.push(chunk);
    this.#size += chunk.length;
    if (this.#size > (this.#gather?.bytes ?? 0)) this.#begin();
  }

  onResponseEnd(): void {
    this.#finish();
    if (this.#stream === undefined) this.#resolve({ ok: true, ...this.#head, body: joined(this.#pieces) });
    else this.#stream.push(null);
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    this.#fail(error);
  }

  #fail(error: Error): void {
    this.#finish();
    if (this.#stream === undefined) this.#reject(error);
    else this.#stream.destroy(error);
  }

  #finish(): void {
    this.#ended = true;
    clearTimeout(this.#patience);
    this.#over();
  }

  /** From here on the answer is a stream, with what there is of it. */
  #begin(): void {
    clearTimeout(this.#patience);
    const stream = new Readable({
      read: () => this.#controller?.resume(),
      destroy: (error, done) => {
        if (!this.#ended) this.#controller?.abort(error ?? new FaultError('aborted', 'nobody reads on'));
        done(error);
      },
    });
    // Breaking off a body that nobody reads is an error event; without a listener it would end the process.
    stream.on('error', () => undefined);
    for (const piece of this.#pieces) stream.push(piece);
    this.#pieces = [];
    this.#stream = stream;
    this.#resolve({ ok: true, ...this.#head, body: stream });
  }
}

/** An event stream never ends; what has a coding is undone as it comes. */
function isGathered({ 'content-type': type, 'content-encoding': coding }: Headers): boolean {
  return coding === undefined && !(typeof type === 'string' && type.toLowerCase().startsWith('text/event-stream'));
}

function joined(pieces: readonly Buffer[]): Buffer {
  const [first] = pieces;
  return pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces);
}
