import { Readable } from 'node:stream';
import { Agent } from 'undici';
import type { AddressRules } from './address.ts';
import { createConnector } from './connect.ts';
import type { Gather, Gathered, StreamRequest } from './contract.ts';
import { RESERVED } from './exchange.ts';
import { fault, FaultError, toFault, type Fault } from './fault.ts';
import { Reception } from './reception.ts';
import type { Resolve } from './resolve.ts';
import type { Target, TargetRules } from './target.ts';

const MAX_HEADER_BYTES = 32_768;
/** Standing streams hold a connection each, so there are more of them than requests that end by themselves. */
const PER_ORIGIN = 256;

export type StreamDeps = { rules: TargetRules & AddressRules; resolve: Resolve; stop: AbortController };

/**
 * Requests whose bodies pass through: the same judgement of URL and address and the same pinning as every other request (connect.ts), but no
 * clock over the whole, no decoding, and redirects are answers that the caller sees and nobody follows.
 */
export function createStreams({ rules, resolve, stop }: StreamDeps): {
  pass(asked: StreamRequest, target: Target, gather: Gather | undefined): Promise<Gathered | Fault>;
  close(): Promise<void>;
} {
  const agentFor = (tls?: StreamRequest['tls']): Agent =>
    new Agent({
      connect: createConnector(rules, resolve, stop.signal, tls),
      connections: PER_ORIGIN,
      maxHeaderSize: MAX_HEADER_BYTES,
      keepAliveMaxTimeout: 10_000,
    });
  const agent = agentFor();
  return {
    async pass(asked, target, gather) {
      // The length of a body that passes through is the one that its sender announced.
      const reserved = Object.keys(asked.headers).find(
        (name) => RESERVED.has(name.toLowerCase()) && name.toLowerCase() !== 'content-length',
      );
      if (reserved !== undefined) return fault('bad_request', `header ${reserved} is not the caller's to set`);
      // A certificate of its own is a connection of its own: kept, it would speak for the next caller too.
      const own = asked.tls === undefined ? agent : agentFor(asked.tls);
      try {
        const over = (): void => {
          if (own !== agent) void own.close();
        };
        return await send(own, asked, target, { gather, over });
      } catch (error) {
        if (asked.signal.aborted) return fault('aborted', 'the caller went away');
        return toFault(error);
      }
    },
    close: () => agent.destroy(new FaultError('connect', 'closed')),
  };
}

type Receiving = { gather: Gather | undefined; over(): void };

async function send(agent: Agent, asked: StreamRequest, { origin, path }: Target, { gather, over }: Receiving): Promise<Gathered> {
  const { method, body, headers, signal, headersTimeoutMs: headersTimeout, idleTimeoutMs: bodyTimeout } = asked;
  const leave = (): void => reception.leave(new FaultError('aborted', 'the caller went away'));
  const reception = new Reception(gather, () => {
    signal.removeEventListener('abort', leave);
    over();
  });
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  agent.dispatch({ origin, path, method, headers, body: bodyOf(body), headersTimeout, bodyTimeout }, reception);
  return reception.answer;
}

function bodyOf(body: StreamRequest['body']): Readable | Uint8Array | null {
  if (body === undefined || body instanceof Uint8Array) return body ?? null;
  return Readable.from(body, { objectMode: false });
}
