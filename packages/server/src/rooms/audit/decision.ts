/**
 * Ids begin with the millisecond of their making (48 bits, in base32hex: ten characters hold two bits more), so an id alone says around when
 * its entry was written, and ids between two moments are a range of the index.
 */
const TIME_CHARS = 10;

/** Milliseconds since the epoch at which an id of this hub was made; undefined when it is none. */
export function momentOfId(id: string): number | undefined {
  const body = /^[a-z]{3,4}_([0-9a-v]{26})$/.exec(id)?.[1];
  return body === undefined ? undefined : Math.floor(Number.parseInt(body.slice(0, TIME_CHARS), 32) / 4);
}

/** The smallest text that an event id of this moment can be. */
export function eventIdAt(ms: number): string {
  return `evt_${(Math.max(0, ms) * 4).toString(32).padStart(TIME_CHARS, '0')}`;
}
