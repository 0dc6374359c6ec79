import type { Change } from '../../base/changes.ts';
import type { EventDraft, EventOrigin, Initiator } from './event.ts';

/** Who makes a change, and from where: what every deed of an administrator needs to write its entry. */
export type Author = { initiator: Initiator; actor: EventDraft['actor']; origin: EventOrigin };

/** What putting or removing an object came to. `unchanged` writes no entry: nothing happened. */
export type PutOutcome<T> = {
  outcome: 'created' | 'changed' | 'unchanged' | 'removed';
  value: T;
  entries: readonly EventDraft[];
  changed: readonly Change[];
  /** Sentences for the author: what was put does less than it may seem to. */
  warnings?: readonly string[];
};

/** The hub acting by itself (sweeps, rotation, first start). */
export function hubAuthor(job: string): Author {
  return { initiator: 'hub', actor: {}, origin: { request: `job:${job}` } };
}
