import { EVENT_TYPES, type EventType } from './event.ts';

/** What of an entry no index knows: it is judged entry by entry, in the order that the rest of a search gives. */
export type Sieve = {
  /** Types that are left out. */
  without?: readonly EventType[] | undefined;
  /** What an entry is about. */
  target?: { type: string; id: string } | undefined;
};

function isType(word: string): word is EventType {
  return EVENT_TYPES.some((type) => type === word);
}

/** Types as a query names them, divided by commas; undefined when one is none. */
export function typesIn(text: string): readonly EventType[] | undefined {
  const words = text.split(',').map((word) => word.trim());
  return words.every(isType) ? words : undefined;
}

/** `agent:agt_1` as kind and id; ids may have colons, kinds have none. */
export function targetIn(text: string): { type: string; id: string } | undefined {
  const at = text.indexOf(':');
  return at < 1 || at === text.length - 1 ? undefined : { type: text.slice(0, at), id: text.slice(at + 1) };
}
