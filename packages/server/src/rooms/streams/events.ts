import { hubAuthor, type Author } from '../audit/author.ts';
import { adminChange } from '../audit/change.ts';
import type { EventData, EventDraft, EventType } from '../audit/event.ts';
import type { Stream } from './stream.ts';

type Named = { id: string; tenant?: string | undefined };

/** What a receiver or an administrator did with a stream: members old and new. */
export function streamChange(
  type: 'stream.created' | 'stream.changed' | 'stream.removed',
  of: { id: string; tenant: string | undefined; by: Author; before: Stream | undefined; after: Stream | undefined; header?: string },
): EventDraft {
  const { header, ...rest } = of;
  return adminChange({
    ...rest,
    type,
    kind: 'stream',
    before: of.before && shown(of.before, of.before.hasAuthorization ? 'set' : undefined),
    after: of.after && shown(of.after, header ?? (of.after.hasAuthorization ? 'set' : undefined)),
  });
}

function shown(stream: Stream, authorization: string | undefined): object {
  const { clientId, eventsRequested, delivery, description, status, statusReason } = stream;
  return { clientId, eventsRequested, delivery, description, status, statusReason, authorization };
}

/** What the hub itself says of a stream or of a transmitter that it listens to. */
function ofHub(
  type: EventType,
  kind: 'stream' | 'transmitter',
  of: Named,
  more: Pick<EventDraft, 'outcome' | 'reason'> & { data?: EventData },
): EventDraft {
  return {
    type,
    tenant: of.tenant,
    ...hubAuthor(`${kind}s`),
    target: { type: kind, id: of.id },
    ...more,
  };
}

export function streamFailed(stream: Named, sentence: string): EventDraft {
  return ofHub('stream.failed', 'stream', stream, { outcome: 'failed', reason: sentence });
}

export function streamRecovered(stream: Named): EventDraft {
  return ofHub('stream.recovered', 'stream', stream, { outcome: 'success' });
}

/** A receiver refused this one event; the others go on. */
export function streamParked(stream: Named, of: { jti: string; sentence: string }): EventDraft {
  return ofHub('stream.parked', 'stream', stream, { outcome: 'failed', reason: of.sentence, data: { jti: of.jti } });
}

export function transmitterFailed(transmitter: Named, sentence: string): EventDraft {
  return ofHub('transmitter.failed', 'transmitter', transmitter, { outcome: 'failed', reason: sentence });
}

export function transmitterRecovered(transmitter: Named): EventDraft {
  return ofHub('transmitter.recovered', 'transmitter', transmitter, { outcome: 'success' });
}
