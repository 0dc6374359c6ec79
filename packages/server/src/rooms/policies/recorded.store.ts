import type { Db } from '../../base/db.ts';
import { stepDecided, type Stretch } from '../audit/decided.store.ts';
import type { AuditEvent } from '../audit/event.ts';
import { readRecorded, type RecordedPolicy } from './recorded.ts';
import type { PolicyRequest } from '@writ/policy';

/** A decision read back from its entry. */
export type ReadDecision = { id: string; event: AuditEvent; policy: RecordedPolicy; request: PolicyRequest };

/** How far a walk through the record came. `complete`: nothing in the stretch was left out. Times in milliseconds since the epoch. */
export type Walk = { scanned: number; read: number; oldest: number | null; newest: number | null; complete: boolean };

const STEP = 1_000;
/** Entries of any kind that one question looks at: what lies further back is asked for with `until`. */
const MOST_SCANNED = 2_000_000;

/**
 * Reads recorded decisions, newest first, and hands each to `take`, until there are `limit` or no more. Memory does not grow with their number:
 * a page is let go before the next is read, and between two pages everybody else has their turn.
 */
export async function walkDecisions(
  db: Db,
  of: Stretch & { limit: number; wanted?(request: PolicyRequest): boolean },
  take: (one: ReadDecision) => void,
): Promise<Walk> {
  const walk: Walk = { scanned: 0, read: 0, oldest: null, newest: null, complete: false };
  let before: string | undefined;
  do {
    const page = await stepDecided(db, { ...of, before, step: STEP });
    walk.scanned += page.scanned;
    for (const { body } of page.decided) {
      const one = readOne(body);
      if (one === undefined || of.wanted?.(one.request) === false) continue;
      if (walk.read === of.limit) return walk;
      walk.read += 1;
      walk.oldest = one.request.request.time;
      walk.newest ??= one.request.request.time;
      take(one);
    }
    before = page.next;
  } while (before !== undefined && walk.scanned < MOST_SCANNED);
  walk.complete = before === undefined;
  return walk;
}

function readOne(body: string): ReadDecision | undefined {
  const event: AuditEvent = JSON.parse(body);
  const read = readRecorded(event.data);
  if (event.decision === undefined || read?.request === undefined) return undefined;
  return { id: event.decision, event, policy: read.policy, request: read.request };
}
