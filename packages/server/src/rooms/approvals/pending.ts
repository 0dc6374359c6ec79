import type { Ask } from '@writ/flow';
import type { AuthorizationDetail, AuthorizationFacts } from '../tokens/facts.ts';

/** Who polls for it: a device (RFC 8628), or a client that asked behind the browser's back (CIBA). */
export type PendingKind = 'device_code' | 'ciba';

/** What the client asked, after every check, kept as it was at first sight. */
export type PendingRequest = {
  clientId: string;
  resourceId: string;
  /** Absent: the client named none. */
  scopes?: readonly string[];
  identityScopes: readonly string[];
  authorizationDetails?: readonly AuthorizationDetail[];
  ask: Ask;
  bindingMessage?: string;
  txn: string;
  /** Where the client asked from, for the person to see. */
  from: { ip?: string; userAgent?: string };
};

/** An authorization that a client asked for elsewhere and that its user answers in a browser. Times in milliseconds. */
export type Pending = {
  id: string;
  kind: PendingKind;
  /** CIBA: the only one who may answer. Absent there: the hint named nobody, and nobody ever answers. */
  userId?: string;
  request: PendingRequest;
  state: 'pending' | 'allowed' | 'denied' | 'expired' | 'used';
  /** What was settled, once it is allowed. */
  facts?: AuthorizationFacts;
  createdAt: number;
  expiresAt: number;
};

/** Long enough to find the phone and sign in; RFC 8628 §3.2 has 1800 as its example. Milliseconds. */
export const DEVICE_MS = 15 * 60_000;
/** Seconds between polls (RFC 8628 §3.2, CIBA §7.3: 5 where nothing is said), and by how much one too many lengthens them (RFC 8628 §3.5). */
export const POLL_SECONDS = 5;
/** A poll that is this much early is still on time: clients count from their own clock and the network is uneven. Milliseconds. */
export const POLL_SLACK_MS = 500;

/** What a poll came to. All but `allowed` and `pending` are refusals; `pending` is a client that waits as it should. */
export type Polled = 'allowed' | 'pending' | 'too_fast' | 'denied' | 'expired' | 'used' | 'client_mismatch' | 'unknown';

/** Judges one poll. What was decided counts although the client comes early; what is over is over, whoever decided. */
export function judgePoll(of: Pick<Pending, 'state' | 'expiresAt'>, poll: { tooFast: boolean; now: number }): Polled {
  if (of.state === 'used' || of.state === 'denied' || of.state === 'expired') return of.state;
  if (poll.now >= of.expiresAt) return 'expired';
  if (of.state === 'allowed') return 'allowed';
  return poll.tooFast ? 'too_fast' : 'pending';
}
