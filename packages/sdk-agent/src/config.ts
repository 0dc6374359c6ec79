import type { ClientAuth } from './auth.ts';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import type { KeyPair } from './dpop.ts';
import { isSafeForSecrets } from './hub.ts';

export type AgentOptions = {
  /** The hub's issuer, byte for byte as in its metadata. */
  readonly issuer: string;
  readonly clientId: string;
  readonly auth: ClientAuth;
  /** Bind tokens to a key that only this process has (RFC 9449): `true` makes one. Off by default. */
  readonly dpop?: boolean | KeyPair;
  /**
   * Listen to the hub's signals and drop tokens that are no longer good. Needs a client with a secret that an administrator registered, and
   * keeps the process alive until `close`. Off by default: a dead token is then noticed when a resource refuses it.
   */
  readonly signals?: boolean;
  /** How many tokens to keep. Default 1,000. */
  readonly maxTokens?: number;
  /** Allow an http issuer that is not on loopback (a private network). Off by default. */
  readonly allowHttp?: boolean;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
};

export type Settings = {
  readonly issuer: string;
  readonly clientId: string;
  readonly auth: ClientAuth;
  readonly dpop: boolean | KeyPair;
  readonly signals: boolean;
  readonly maxTokens: number;
  readonly allowHttp: boolean;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
};

/** The program that calls createAgent is wrong: which option, and why. */
export class AgentConfigError extends Error {
  override readonly name = 'AgentConfigError';
  readonly option: string;

  constructor(option: string, reason: string) {
    super(`${option}: ${reason}`);
    this.option = option;
  }
}

/** Checks the options and fills in defaults. @throws AgentConfigError */
export function settle(options: AgentOptions): Settings {
  const { issuer, clientId, auth, dpop = false, signals = false, maxTokens = 1_000, allowHttp = false } = options;
  if (!URL.canParse(issuer) || /[?#]/.test(issuer))
    throw new AgentConfigError('issuer', 'is not an absolute URL without query and fragment');
  if (!allowHttp && !isSafeForSecrets(issuer)) throw new AgentConfigError('issuer', 'must be https outside loopback (or set allowHttp)');
  if (clientId === '') throw new AgentConfigError('clientId', 'is empty');
  if (signals && auth.kind !== 'secret') throw new AgentConfigError('signals', 'need a client with a secret');
  if (!Number.isInteger(maxTokens) || maxTokens < 1) throw new AgentConfigError('maxTokens', 'must be at least 1');
  const { fetch: fetcher = (input, init) => fetch(input, init), clock = systemClock } = options;
  return Object.freeze({ issuer, clientId, auth, dpop, signals, maxTokens, allowHttp, fetch: fetcher, clock });
}
