import type { Outbound } from '../../base/outbound/contract.ts';
import { sentenceOf, statusFault, type SendFault } from './judge.ts';

/** Of everything: waiting, connecting, sending, the answer. A sink that answers drop by drop is a sink that does not answer. */
const TIMEOUT_MS = 10_000;
/** More than this nobody has to say about a delivery. */
const MOST_ANSWER = 256 * 1024;

export type Posting = { method?: 'POST' | 'PUT'; url: string; headers: Readonly<Record<string, string>>; body: string };

/** One request; a success of any kind with its body, or the fault. */
export async function postTo(
  outbound: Pick<Outbound, 'request'>,
  { method = 'POST', url, headers, body }: Posting,
): Promise<{ ok: true; body: Buffer } | { ok: false; fault: SendFault; body?: Buffer }> {
  const answer = await outbound.request({ method, url, headers, body, maxBytes: MOST_ANSWER, timeoutMs: TIMEOUT_MS });
  if (!answer.ok) return { ok: false, fault: { kind: 'retry', sentence: sentenceOf(answer.reason) } };
  if (answer.status >= 200 && answer.status < 300) return { ok: true, body: answer.body };
  return { ok: false, fault: statusFault(answer.status, answer.headers.get('retry-after')), body: answer.body };
}
