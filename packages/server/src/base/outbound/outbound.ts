import { Readable } from 'node:stream';
import { Agent } from 'undici';
import { parseNetworks } from './address.ts';
import { createConnector } from './connect.ts';
import type { Gather, Gathered, Outbound, OutboundOptions, OutboundRequest, OutboundResult, StreamRequest } from './contract.ts';
import { exchange } from './exchange.ts';
import { fault, FaultError, toFault, type Fault } from './fault.ts';
import { createHostGates } from './gates.ts';
import { createSystemResolve } from './resolve.ts';
import { createStreams } from './stream.ts';
import { parseTarget, type Target, type TargetRules } from './target.ts';
import { unless } from './unless.ts';

export type * from './contract.ts';
export type { Fault, Reason } from './fault.ts';

const MAX_HEADER_BYTES = 16_384;
const ONE_HOST = { slots: 16, queue: 64 };

/**
 * The only way out of the server. https to public addresses, no redirects, bounded in time and size; see `address.ts` for what
 * counts as public and `connect.ts` for how a name is pinned. Never throws for what a peer or a URL can cause.
 */
export function createOutbound(options: OutboundOptions): Outbound {
  const rules: TargetRules = {
    allowLoopback: options.allowLoopback,
    allowPrivate: parseNetworks(options.allowPrivate ?? []),
    allowPorts: options.allowPorts ?? [],
  };
  const perHost = options.perHost ?? ONE_HOST;
  const stop = new AbortController();
  const resolve = options.resolve ?? createSystemResolve();
  const streams = createStreams({ rules, resolve, stop });
  const agent = new Agent({
    connect: createConnector(rules, resolve, stop.signal),
    connections: perHost.slots,
    maxHeaderSize: MAX_HEADER_BYTES,
    // The request's own clock ends everything. A kept connection lives shortly, so that a name that moved is followed.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveMaxTimeout: 10_000,
  });
  const gates = createHostGates(perHost);

  const attempt = async (asked: OutboundRequest, target: Target): Promise<OutboundResult> => {
    const clock = new AbortController();
    const late = fault('timeout', `not done after ${asked.timeoutMs} ms`);
    const timer = setTimeout(() => clock.abort(), asked.timeoutMs);
    try {
      const done = await gates.run(target.host, () => unless(clock.signal, exchange(agent, target, asked, clock.signal)), clock.signal);
      if (done.ran) return done.value;
      return done.reason === 'full' ? fault('busy', 'too many requests waiting') : late;
    } catch (error) {
      return clock.signal.aborted ? late : toFault(error);
    } finally {
      clearTimeout(timer);
    }
  };

  const tell = (method: string, parsed: ReturnType<typeof parseTarget>, result: Fault | { ok: true; status: number }): void =>
    options.log?.({
      method,
      host: parsed.ok ? parsed.target.host : '',
      ...(result.ok ? { outcome: result.status } : { outcome: result.reason, detail: result.detail }),
    });

  const request = async (asked: OutboundRequest): Promise<OutboundResult> => {
    const parsed = parseTarget(asked.url, rules);
    const result = parsed.ok ? await attempt(asked, parsed.target) : parsed;
    tell(asked.method, parsed, result);
    return result;
  };

  const pass = async (asked: StreamRequest, gather: Gather | undefined): Promise<Gathered | Fault> => {
    const parsed = parseTarget(asked.url, rules);
    const result = parsed.ok ? await streams.pass(asked, parsed.target, gather) : parsed;
    tell(asked.method, parsed, result);
    return result;
  };

  return {
    request,
    pass,
    async stream(asked) {
      const answer = await pass(asked, undefined);
      // Without being asked to, nothing is gathered.
      return answer.ok ? { ...answer, body: answer.body instanceof Readable ? answer.body : Readable.from([answer.body]) } : answer;
    },
    get: (url, { accept, headers, ...bounds }) =>
      request({ ...bounds, method: 'GET', url, headers: { ...headers, ...(accept === undefined ? {} : { accept }) } }),
    close: async () => {
      stop.abort(new FaultError('connect', 'closed'));
      await Promise.all([agent.destroy(), streams.close()]);
    },
  };
}
