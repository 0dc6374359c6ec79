import { isObject, parseObject } from './json.ts';

export type SignalKind = 'agent' | 'client' | 'user' | 'tenant' | 'grant' | 'token' | 'hub';
export type SignalState = 'frozen' | 'revoked' | 'restored';

/** A notice of the hub that something issued earlier is no longer good, or is good again. */
export type Signal = {
  readonly id: string;
  readonly seq: number;
  /** Milliseconds since the epoch: when the hub decided it. */
  readonly at: number;
  readonly kind: SignalKind;
  /** The id of the agent, client, user, tenant or grant; the `jti` of a token; `hub` where every token of the hub is meant. */
  readonly subject: string;
  readonly state: SignalState;
  readonly reason: string | undefined;
};

const KINDS: ReadonlySet<string> = new Set<SignalKind>(['agent', 'client', 'user', 'tenant', 'grant', 'token', 'hub']);
const STATES: ReadonlySet<string> = new Set<SignalState>(['frozen', 'revoked', 'restored']);

const isKind = (value: unknown): value is SignalKind => typeof value === 'string' && KINDS.has(value);
const isState = (value: unknown): value is SignalState => typeof value === 'string' && STATES.has(value);

function readTime(at: unknown): number | undefined {
  const time = typeof at === 'string' ? Date.parse(at) : at;
  return typeof time === 'number' && Number.isFinite(time) ? time : undefined;
}

/** One `data:` of the signal stream, or undefined when it is of a kind this version does not know. `at` is ISO 8601 or milliseconds. */
export function readSignal(data: string): Signal | undefined {
  const value = parseObject(data);
  if (!isObject(value)) return undefined;
  const { id, seq, kind, subject, state, reason } = value;
  const at = readTime(value['at']);
  if (typeof id !== 'string' || typeof seq !== 'number' || !Number.isSafeInteger(seq) || at === undefined) return undefined;
  if (!isKind(kind) || !isState(state) || typeof subject !== 'string') return undefined;
  return { id, seq, at, kind, subject, state, reason: typeof reason === 'string' ? reason : undefined };
}
