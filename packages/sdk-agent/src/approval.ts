import { HubUnreachableError } from './hub.ts';
import type { Approval, Form, Outcome } from './outcome.ts';

export type Waiting = {
  /** Ends the waiting; the promise rejects with its reason. */
  readonly signal?: AbortSignal;
};

/** So many questions in a row may fail because the hub is away. */
const MAX_FAILURES = 10;

/** Resolves after `ms`; rejects with the reason when the signal aborts. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      if (signal?.aborted === true) reject(signal.reason);
      else resolve();
    }
    signal?.addEventListener('abort', done);
  });
}

type Ask = (form: Form, interval: number, signal: AbortSignal | undefined) => Promise<Outcome>;

/**
 * Asks the hub again, at the interval it named, until a person has decided or the question expired. Refused, expired and used up come back
 * as `refused`. @throws the reason of the signal, and HubUnreachableError when the hub stays away
 */
export async function pollApproval(ask: Ask, approval: Approval, { signal }: Waiting): Promise<Outcome> {
  let waiting = approval;
  for (let failures = 0; ;) {
    await pause(waiting.interval * 1000, signal);
    try {
      const outcome = await ask(waiting.request, waiting.interval, signal);
      if (outcome.kind !== 'approvalRequired') return outcome;
      waiting = outcome.approval;
      failures = 0;
    } catch (error) {
      failures += 1;
      if (!(error instanceof HubUnreachableError) || failures >= MAX_FAILURES) throw error;
    }
  }
}
