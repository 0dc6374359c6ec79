import type { Credentials } from './config.ts';
import { createQuietTimer } from './quiet.ts';
import type { ServerSentEvent } from './sse.ts';
import { createEventReader } from './sse.ts';

// RFC 6749 §2.3.1: id and secret are form-encoded before they are joined.
const formEncode = (text: string): string => new URLSearchParams({ v: text }).toString().slice(2);

/** The `Authorization` header with which a resource server proves itself to the hub. */
export function authorizationOf(credentials: Credentials): string {
  if ('adminToken' in credentials) return `Bearer ${credentials.adminToken}`;
  return `Basic ${btoa(`${formEncode(credentials.clientId)}:${formEncode(credentials.clientSecret)}`)}`;
}

export type StreamRequest = {
  readonly url: string;
  readonly authorization: string;
  /** What this process calls itself. */
  readonly instance: string;
  readonly lastEventId: string | undefined;
  readonly fetch: typeof fetch;
  readonly closed: AbortSignal;
  /** Milliseconds without a byte after which the connection counts as dead: a vanished peer sends no error. */
  readonly quietLimit: number;
  /** Milliseconds until the hub answers at all. Shorter: the request may have gone into a connection that is dead as well. */
  readonly answerLimit: number;
  /** The hub has accepted the request; events follow. */
  readonly onAccepted: () => void;
  readonly onEvent: (event: ServerSentEvent) => void;
  readonly onRetry: (ms: number) => void;
};

async function readAll(body: ReadableStream<Uint8Array>, request: StreamRequest, heard: () => void): Promise<void> {
  const decoder = new TextDecoder();
  const read = createEventReader(request.onEvent, request.onRetry);
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    read(decoder.decode(value, { stream: true }));
  }
}

/** Holds one connection until it ends, for whatever reason, and says why in words for the operator. Never throws. */
export async function holdStream(request: StreamRequest): Promise<string> {
  const quiet = new AbortController();
  const giveUp = (): void => quiet.abort();
  let watch = createQuietTimer(request.answerLimit, giveUp);
  try {
    const response = await request.fetch(request.url, {
      headers: {
        accept: 'text/event-stream',
        'cache-control': 'no-store',
        authorization: request.authorization,
        'writ-instance': request.instance,
        ...(request.lastEventId !== undefined && { 'last-event-id': request.lastEventId }),
      },
      redirect: 'error',
      signal: AbortSignal.any([request.closed, quiet.signal]),
    });
    if (
      response.status !== 200 ||
      response.body === null ||
      !(response.headers.get('content-type') ?? '').startsWith('text/event-stream')
    ) {
      await response.body?.cancel();
      return `the hub answered ${response.status}`;
    }
    watch.stop();
    watch = createQuietTimer(request.quietLimit, giveUp);
    request.onAccepted();
    await readAll(response.body, request, watch.touch);
    return 'the hub ended the stream';
  } catch (error) {
    if (quiet.signal.aborted) return 'nothing was heard any more';
    return error instanceof Error ? error.message : 'the connection failed';
  } finally {
    watch.stop();
  }
}
