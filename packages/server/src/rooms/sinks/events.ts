import { hubAuthor, type Author } from '../audit/author.ts';
import type { EventData, EventDraft, EventType } from '../audit/event.ts';

type Named = { id: string; type: string };

/** What the hub itself says of a sink. */
function ofHub(type: EventType, sink: Named, of: Pick<EventDraft, 'outcome' | 'reason'> & { data?: EventData }): EventDraft {
  return {
    type,
    ...hubAuthor('sinks'),
    target: { type: 'sink', id: sink.id },
    ...of,
    data: { type: sink.type, ...of.data },
  };
}

export function failed(sink: Named, sentence: string): EventDraft {
  return ofHub('sink.failed', sink, { outcome: 'failed', reason: sentence });
}

export function recovered(sink: Named): EventDraft {
  return ofHub('sink.recovered', sink, { outcome: 'success' });
}

export function parked(sink: Named, event: { id: string; seq: number; event: { type: string } }, sentence: string): EventDraft {
  return ofHub('sink.parked', sink, {
    outcome: 'failed',
    reason: sentence,
    data: { event: event.id, eventType: event.event.type, seq: event.seq },
  });
}

/** What an administrator did with a sink. */
export function deedOf(
  type: 'sink.tested' | 'sink.replayed' | 'sink.paused' | 'sink.resumed',
  id: string,
  of: { by: Author; outcome?: EventDraft['outcome']; reason?: string; data?: EventData },
): EventDraft {
  const { by, outcome = 'success', ...rest } = of;
  return { type, initiator: by.initiator, actor: by.actor, target: { type: 'sink', id }, origin: by.origin, outcome, ...rest };
}
