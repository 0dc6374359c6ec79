import { digest, keyedDigest, sameDigest } from '../../base/digest.ts';
import type { Reply } from '../../base/http/message.ts';

const MAC_LENGTH = 22;

/**
 * Binds a cursor to the list and the filters it came from: one that was made up, altered, or taken from another list or another tenant's
 * filter is refused instead of answering something.
 */
export type CursorSeal = {
  /** The inner cursor; undefined when it does not belong here. */
  open(cursor: string, place: string): string | undefined;
  /** Puts the seal on the `next` of a list. */
  seal(reply: Reply, place: string): Reply;
};

/** The list and its filters, whatever their order; `limit` may change from page to page. */
export function placeOf(path: string, query: Readonly<Record<string, string>>): string {
  const filters = Object.entries(query).filter(([name]) => name !== 'cursor' && name !== 'limit');
  return `${path}\n${digest(JSON.stringify(filters.toSorted(([a], [b]) => (a < b ? -1 : 1))))}`;
}

export function createCursorSeal(key: Buffer): CursorSeal {
  const mac = (inner: string, place: string): string => keyedDigest(key, `${place}\n${inner}`).slice(0, MAC_LENGTH);
  return {
    open(cursor, place) {
      const inner = cursor.slice(MAC_LENGTH);
      return inner !== '' && sameDigest(cursor.slice(0, MAC_LENGTH), mac(inner, place)) ? inner : undefined;
    },
    seal(reply, place) {
      if (reply.status !== 200 || typeof reply.body !== 'string' || !reply.body.includes('"next":"')) return reply;
      const value: unknown = JSON.parse(reply.body);
      if (typeof value !== 'object' || value === null || !('next' in value) || typeof value.next !== 'string') return reply;
      return { ...reply, body: JSON.stringify({ ...value, next: mac(value.next, place) + value.next }) };
    },
  };
}
