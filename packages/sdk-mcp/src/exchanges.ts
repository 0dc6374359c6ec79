import type { Caller, Resource } from '@writ/sdk';
import { challengeResponse } from '@writ/sdk';

type Open = { readonly caller: Caller; readonly end: () => void };

export type Exchanges = {
  /** A signal that aborts when the client leaves or the caller dies, and a wrapper that ends the answer with it. */
  begin(caller: Caller, client: AbortSignal): { readonly signal: AbortSignal; finish(response: Response): Response };
  close(): void;
};

/** Ends a streamed answer as soon as the signal aborts, and calls `done` once it is over in any way. */
function endWith(body: ReadableStream<Uint8Array>, signal: AbortSignal, done: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream({
    start: (controller) => {
      signal.addEventListener('abort', () => {
        void reader.cancel().catch(() => undefined);
        controller.close();
      });
    },
    pull: async (controller) => {
      const { done: ended, value } = await reader.read();
      if (signal.aborted) return;
      if (!ended) return controller.enqueue(value);
      done();
      controller.close();
    },
    cancel: async (reason) => {
      done();
      await reader.cancel(reason);
    },
  });
}

/** The answers under way. A stream may outlive the check of its token by hours, so the death of its caller has to end it. */
export function createExchanges(resource: Resource): Exchanges {
  const open = new Set<Open>();
  const off = resource.signals.on((event) => {
    if (event.type !== 'signal') return;
    for (const exchange of open) {
      if (resource.isRevoked(exchange.caller)) exchange.end();
    }
  });

  const begin: Exchanges['begin'] = (caller, client) => {
    const killed = new AbortController();
    const done = (): void => void open.delete(exchange);
    const exchange: Open = {
      caller,
      end: () => {
        done();
        killed.abort();
      },
    };
    open.add(exchange);
    const finish = (response: Response): Response => {
      const { body, headers } = response;
      if (killed.signal.aborted) return challengeResponse(resource.refuse({ ok: false, error: 'invalid_token', reason: 'revoked' }));
      if (body !== null && (headers.get('content-type') ?? '').startsWith('text/event-stream')) {
        return new Response(endWith(body, killed.signal, done), response);
      }
      done();
      return response;
    };
    return { signal: AbortSignal.any([client, killed.signal]), finish };
  };

  return { begin, close: () => void off() };
}
