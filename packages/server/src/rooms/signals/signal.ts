/** What a signal is about. `token`: one access token by its jti. `hub`: every token of this hub, its subject is `hub`. */
export const SIGNAL_KINDS = ['agent', 'client', 'user', 'tenant', 'grant', 'token', 'hub'] as const;
export type SignalKind = (typeof SIGNAL_KINDS)[number];

export type SignalState = 'frozen' | 'revoked' | 'restored';

/** Pushed notice that something issued earlier is no longer good, or good again. `seq` has no gaps and follows the order of commits. */
export type Signal = {
  seq: number;
  id: string;
  at: number;
  kind: SignalKind;
  subject: string;
  state: SignalState;
  reason: string;
  tenantId?: string;
};

/** The form on the wire. `at`: milliseconds since the epoch. */
export function toWire(signal: Signal): Record<string, unknown> {
  const { id, seq, at, kind, subject, state, reason } = signal;
  return { id, seq, at, kind, subject, state, reason };
}

/**
 * What a receiver may hear: a resource server that serves named tenants hears of those and of what belongs to no tenant; one that names
 * none serves all.
 */
export function isFor(signal: Signal, tenants: readonly string[]): boolean {
  return tenants.length === 0 || signal.tenantId === undefined || tenants.includes(signal.tenantId);
}
