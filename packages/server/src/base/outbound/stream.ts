import { Readable } from 'node:stream';
import { Agent } from 'undici';
import type { AddressRules } from './address.ts';
import { createConnector } from './connect.ts';
import type { Streamed, StreamRequest, StreamResult } from './contract.ts';
import { RESERVED } from './exchange.ts';
import { fault, FaultError, toFault } from './fault.ts';
import type { Resolve } from './resolve.ts';
import { parseTarget, type TargetRules } from './target.ts';
import { unless } from './unless.ts';

const MAX_HEADER_BYTES = 32_768;
/** Standing streams hold a connection each, so there are more of them than requests that end by themselves. */
const PER_ORIGIN = 256;

export type StreamDeps = { rules: TargetRules & AddressRules; resolve: Resolve; stop: AbortController };

/**
 * Requests whose bodies pass through: the same judgement of URL and address and the same pinning as every other request (connect.ts), but no
 * clock over the whole, no decoding, and redirects are answers that the caller sees and nobody follows.
 */
export function createStreams({ rules, resolve, stop }: StreamDeps): {
  stream(asked: StreamRequest): Promise<StreamResult>;
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
  const send = async (asked: StreamRequest, of: { agent: Agent; origin: string; path: string }): Promise<Streamed> => {
    const { method, body, headers, signal, headersTimeoutMs: headersTimeout, idleTimeoutMs: bodyTimeout } = asked;
    const { origin, path } = of;
    const options = {
      origin,
      path,
      method,
      headers: { ...headers },
      body: body === undefined ? null : Readable.from(body, { objectMode: false }),
      signal,
      headersTimeout,
      bodyTimeout,
    };
    const answer = await of.agent.request(options);
    // Breaking off a body that nobody reads is an error event; without a listener it would end the process.
    answer.body.on('error', () => undefined);
    return { ok: true, status: answer.statusCode, headers: answer.headers, body: answer.body };
  };
  return {
    async stream(asked) {
      const parsed = parseTarget(asked.url, rules);
      if (!parsed.ok) return parsed;
      // The length of a body that passes through is the one that its sender announced.
      const reserved = Object.keys(asked.headers).find(
        (name) => RESERVED.has(name.toLowerCase()) && name.toLowerCase() !== 'content-length',
      );
      if (reserved !== undefined) return fault('bad_request', `header ${reserved} is not the caller's to set`);
      // A certificate of its own is a connection of its own: kept, it would speak for the next caller too.
      const own = asked.tls === undefined ? agent : agentFor(asked.tls);
      const leave = (): void => {
        if (own !== agent) void own.destroy();
      };
      try {
        const answer = await unless(asked.signal, send(asked, { agent: own, ...parsed.target }));
        answer.body.once('close', leave);
        return answer;
      } catch (error) {
        leave();
        if (asked.signal.aborted) return fault('aborted', 'the caller went away');
        return toFault(error);
      }
    },
    close: () => agent.destroy(new FaultError('connect', 'closed')),
  };
}
