/** One dispatched event of a `text/event-stream` (WHATWG HTML §9.2). */
export type ServerSentEvent = { readonly event: string; readonly data: string; readonly lastEventId: string };

/** A stream that never ends a line or an event would otherwise fill the memory. */
const MAX_EVENT = 256 * 1024;

export class EventTooLargeError extends Error {
  override readonly name = 'EventTooLargeError';
}

/**
 * Reads a stream piece by piece; pieces may end anywhere.
 * @throws EventTooLargeError from the returned function
 */
export function createEventReader(onEvent: (event: ServerSentEvent) => void, onRetry: (ms: number) => void): (text: string) => void {
  let pending = '';
  let sawReturn = false;
  let event = '';
  let data: string[] = [];
  let size = 0;
  let lastEventId = '';

  const dispatch = (): void => {
    if (data.length > 0) onEvent({ event: event === '' ? 'message' : event, data: data.join('\n'), lastEventId });
    event = '';
    data = [];
    size = 0;
  };

  const field = (name: string, value: string): void => {
    if (name === 'event') event = value;
    else if (name === 'data') data.push(value);
    else if (name === 'id' && !value.includes('\0')) lastEventId = value;
    else if (name === 'retry' && /^\d{1,9}$/.test(value)) onRetry(Number(value));
  };

  const line = (text: string): void => {
    size += text.length;
    if (size > MAX_EVENT) throw new EventTooLargeError(`more than ${MAX_EVENT} characters in one event`);
    if (text === '') return dispatch();
    const colon = text.indexOf(':');
    if (colon === 0) return;
    const name = colon === -1 ? text : text.slice(0, colon);
    field(name, colon === -1 ? '' : text.slice(colon + 1).replace(/^ /, ''));
  };

  return (chunk) => {
    // A piece may end between the two characters of a CRLF; the second must not count as an empty line.
    const text = sawReturn && chunk.startsWith('\n') ? chunk.slice(1) : chunk;
    if (chunk === '') return;
    sawReturn = chunk.endsWith('\r');
    const lines = (pending + text).split(/\r\n|\r|\n/);
    pending = lines.pop() ?? '';
    for (const each of lines) line(each);
    if (pending.length > MAX_EVENT) throw new EventTooLargeError(`more than ${MAX_EVENT} characters in one line`);
  };
}
