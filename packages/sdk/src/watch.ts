import { traceOf } from './claims.ts';
import type { ResourceOptions } from './config.ts';
import { settle } from './config.ts';
import type { JsonObject } from './json.ts';
import type { Signals } from './signals.ts';
import { createSignals } from './signals.ts';

export type WatchOptions = Pick<ResourceOptions, 'issuer' | 'allowHttp' | 'fetch' | 'clock' | 'maxRevocations'> &
  Required<Pick<ResourceOptions, 'credentials'>>;

export type Watch = Signals & {
  /** Whether a signal named anyone that a token with these claims speaks for or through. The claims are believed: ask it of one's own tokens. */
  kills(claims: JsonObject): boolean;
  close(): void;
};

/**
 * Listens to the hub's signals for whoever holds tokens, not for whoever checks them: an agent that drops a token before it is refused.
 * @throws ResourceConfigError when an option is wrong
 */
export function watchSignals(options: WatchOptions): Watch {
  const settings = settle({ ...options, resource: options.issuer });
  const signals = createSignals(settings);
  const { on, close } = signals;
  return {
    get state() {
      return signals.state;
    },
    get lastSeq() {
      return signals.lastSeq;
    },
    get error() {
      return signals.error;
    },
    get dead() {
      return signals.dead;
    },
    on,
    close,
    kills: (claims) => {
      const trace = traceOf(claims);
      return trace !== undefined && signals.kills(trace, settings.clock());
    },
  };
}
