import type { Tx } from '../../base/db.ts';
import { ok, type Result } from '../../base/result.ts';
import type { Change } from '../../base/changes.ts';
import type { EventDraft } from './event.ts';
import type { Audit } from './store.ts';

/** What a deed did: none of it is kept when there is no entry, because then nothing happened. */
export type Done = { entries: readonly EventDraft[]; changed: readonly Change[] };

/** Leaves a transaction without a commit, carrying what it came to. Caught below and nowhere else. */
class Undone extends Error {
  readonly outcome: unknown;
  constructor(outcome: unknown) {
    super('rolled back on purpose');
    this.outcome = outcome;
  }
}

/**
 * Runs a deed in one transaction with its entries. It is rolled back when the deed refuses, when it changed nothing (no entries), and when
 * `keep` is false: a rehearsal that shows exactly what the deed would do, by the same code.
 */
export async function commitDeed<T extends Done, E>(
  audit: Audit,
  deed: (tx: Tx) => Promise<Result<T, E>>,
  keep = true,
): Promise<Result<T, E>> {
  let outcome: Result<T, E> | undefined;
  try {
    return ok(
      await audit.commit(async (tx) => {
        outcome = await deed(tx);
        if (!outcome.ok || !keep) throw new Undone(outcome);
        const [first, ...rest] = outcome.value.entries;
        if (first === undefined) throw new Undone(outcome);
        return { value: outcome.value, entries: [first, ...rest], changed: outcome.value.changed };
      }),
    );
  } catch (error) {
    if (error instanceof Undone && outcome !== undefined && error.outcome === outcome) return outcome;
    throw error;
  }
}
