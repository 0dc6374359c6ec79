/**
 * What went wrong with a delivery. `retry`: the sink (or the way there) is not well, everything waits. `refused`: it read what was sent and does
 * not want it, which may be the fault of one event. `at`: index of the item that it happened with, where that is known. The sentence may be
 * shown: no address, path, secret or text of the other side.
 */
export type SendFault = { kind: 'retry' | 'refused'; sentence: string; at?: number | undefined; retryAfterMs?: number | undefined };

/** `taken`: indexes of the items that the sink has. Without a fault: all that were sent. */
export type Sent = { taken: ReadonlySet<number>; fault?: SendFault | undefined };

/** Refusals of one event, in a row, before it is asked whether it is the event or the sink. */
export const MOST_TRIES = 5;
/** Set aside and not yet looked after; more would hide that something is wrong with the sink. */
export const MOST_DEAD_LETTERS = 1_000;

/** What to do about a fault. `suspicions`: refusals of this very event so far, without this one. */
export type Next =
  | { do: 'back_off'; sentence: string; retryAfterMs?: number | undefined }
  /** Half of it at a time, until the event that is refused stands alone. */
  | { do: 'halve'; to: number }
  | { do: 'suspect'; sentence: string; at: number }
  | { do: 'probe'; sentence: string; at: number };

export function judge(fault: SendFault, of: { sent: number; suspicions: number }): Next {
  if (fault.kind === 'retry') return { do: 'back_off', sentence: fault.sentence, retryAfterMs: fault.retryAfterMs };
  const at = fault.at ?? (of.sent === 1 ? 0 : undefined);
  if (at === undefined) return { do: 'halve', to: Math.max(1, Math.floor(of.sent / 2)) };
  return { do: of.suspicions + 1 < MOST_TRIES ? 'suspect' : 'probe', sentence: fault.sentence, at };
}

const FIRST_MS = 1_000;
/** A sink that was away for an hour is noticed within a minute of its return. */
const MOST_MS = 60_000;
const MOST_AFTER_MS = 600_000;

/** When to try again: twice as long each time, somewhere in the upper half of it, so that nodes and sinks do not come all at once. `chance` in 0…1. */
export function backOff(failures: number, chance: number, retryAfterMs = 0): number {
  const most = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(failures, 16));
  return Math.max(Math.round(most / 2 + (most / 2) * chance), Math.min(retryAfterMs, MOST_AFTER_MS));
}

/** Sentences for what base/outbound says of a request that got no answer. */
const SENTENCES: Readonly<Record<string, string>> = {
  blocked_address: 'Its address is none that sinks may reach; an operator can allow private networks by WRIT_SINK_NETWORKS.',
  bad_url: 'Its URL is none that sinks may ask.',
  bad_request: 'The request could not be made.',
  busy: 'Too many requests to this host are waiting.',
  timeout: 'It did not answer in time.',
  too_large: 'It answered with more than an answer can be.',
  redirect: 'It answered with a redirect, and those are not followed.',
  tls: 'Its certificate or its TLS was not accepted.',
  connect: 'It cannot be connected to.',
  dns: 'Its name cannot be found.',
  protocol: 'It did not speak the protocol.',
  aborted: 'The delivery was broken off.',
};

export function sentenceOf(reason: string): string {
  return SENTENCES[reason] ?? 'The delivery failed.';
}

/** An HTTP status that is no success, as a fault. `Retry-After` in seconds is heeded (RFC 9110 §10.2.3). */
export function statusFault(status: number, retryAfter: string | null): SendFault {
  const seconds = retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : undefined;
  const retryAfterMs = seconds === undefined ? undefined : seconds * 1_000;
  if (status === 401 || status === 403)
    return { kind: 'retry', sentence: `It answered ${status}: it does not accept the credential of this sink.`, retryAfterMs };
  if (status === 404 || status === 410)
    return { kind: 'retry', sentence: `It answered ${status}: there is nothing at this URL.`, retryAfterMs };
  if (REFUSALS.has(status)) return { kind: 'refused', sentence: `It answered ${status}: it does not want what was sent.`, retryAfterMs };
  return { kind: 'retry', sentence: `It answered ${status}.`, retryAfterMs };
}

/** About the content, by their definition in RFC 9110 §15.5. All else is about the moment or the sink. */
const REFUSALS = new Set([400, 406, 411, 413, 415, 422, 431]);
