import { statusFault, type SendFault } from '../sinks/judge.ts';

/** Errors of RFC 8935 §2.4 that are about one SET. The others are about the stream: who we are, whom it is for, with which key. */
const ABOUT_ONE = new Set(['invalid_request']);
const KNOWN = new Set(['invalid_request', 'invalid_key', 'invalid_issuer', 'invalid_audience', 'authentication_failed', 'access_denied']);

/** The error word of a receiver's answer (RFC 8935 §2.3), if it is one that the RFC knows. Nothing else of what it says is kept. */
export function errorWord(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('err' in body)) return undefined;
  const { err } = body;
  return typeof err === 'string' && KNOWN.has(err) ? err : undefined;
}

/** What an answer that is no success means for this SET and for those after it. */
export function pushFault(status: number, retryAfter: string | null, body: unknown): SendFault {
  if (status !== 400) return statusFault(status, retryAfter);
  const word = errorWord(body);
  if (word === undefined) return statusFault(status, retryAfter);
  return { kind: ABOUT_ONE.has(word) ? 'refused' : 'retry', sentence: `It answered 400: ${word}.` };
}

/** What a receiver that polls says of one SET (RFC 8936 §2.2, `setErrs`). */
export function pollSentence(err: unknown): string {
  return typeof err === 'string' && KNOWN.has(err) ? `Its receiver says: ${err}.` : 'Its receiver refuses it.';
}
