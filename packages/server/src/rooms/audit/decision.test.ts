import { expect, it } from 'vitest';
import { newId } from '../../base/ids.ts';
import { eventIdAt, momentOfId } from './decision.ts';

const AT = Date.parse('2030-01-02T03:04:05.678Z');

it('reads the moment out of an id', () => {
  expect(momentOfId(newId('dec', AT))).toBe(AT);
  expect(momentOfId('dec_' + 'z'.repeat(26))).toBeUndefined();
  expect(momentOfId('nonsense')).toBeUndefined();
});

it('names the place in the order of event ids where a moment begins', () => {
  const event = newId('evt', AT + 5);
  expect(event > eventIdAt(AT)).toBe(true);
  expect(event < eventIdAt(AT + 60_000)).toBe(true);
  expect(eventIdAt(-1)).toBe('evt_0000000000');
});
