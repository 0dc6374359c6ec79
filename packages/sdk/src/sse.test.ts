import { expect, test } from 'vitest';
import type { ServerSentEvent } from './sse.ts';
import { EventTooLargeError, createEventReader } from './sse.ts';

function readPieces(text: string, size: number): { events: ServerSentEvent[]; retries: number[] } {
  const events: ServerSentEvent[] = [];
  const retries: number[] = [];
  const read = createEventReader(
    (event) => events.push(event),
    (ms) => retries.push(ms),
  );
  for (let at = 0; at < text.length; at += size) read(text.slice(at, at + size));
  return { events, retries };
}

const TEXT =
  ': hello\r\n\r\nid: 1\nevent: signal\ndata: {"a":\ndata:1}\n\nretry: 700\rid\rdata\r\rdata: last\r\n\r\ndata: two\r\ndata: lines\r\n\r\nid: 9\ndata: unfinished';

test.each([1, 2, 3, 7, 1000])('a stream cut into pieces of %i characters reads the same', (size) => {
  const { events, retries } = readPieces(TEXT, size);
  expect(events).toEqual([
    { event: 'signal', data: '{"a":\n1}', lastEventId: '1' },
    { event: 'message', data: '', lastEventId: '' },
    { event: 'message', data: 'last', lastEventId: '' },
    { event: 'message', data: 'two\nlines', lastEventId: '' },
  ]);
  expect(retries).toEqual([700]);
});

test('an event or a line without end is refused before it fills the memory', () => {
  expect(() => readPieces('x'.repeat(300_000), 1000)).toThrow(EventTooLargeError);
  expect(() => readPieces('data: x\n'.repeat(100_000), 1000)).toThrow(EventTooLargeError);
});
