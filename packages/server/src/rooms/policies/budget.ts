/** A window is counted in this many slots, so that a use is forgotten at most one slot late and never early. */
const SLOTS = 60;

/** Uses by slot, as the row keeps them: the number of a slot since the epoch, and how many uses fell into it. */
export type Uses = Readonly<Record<string, number>>;

/** Milliseconds; `window` in seconds. */
export function slotMs(window: number): number {
  return Math.max(1, Math.ceil((window * 1000) / SLOTS));
}

export function slotAt(now: number, window: number): number {
  return Math.floor(now / slotMs(window));
}

/** The earliest slot of which a part may lie in the window that ends now: it counts whole. */
export function firstSlot(slot: number): number {
  return slot - SLOTS;
}

/** How many uses count against the window that ends now. */
export function usedIn(uses: Uses, now: number, window: number): number {
  return counted(uses, now, window).reduce((sum, [, count]) => sum + count, 0);
}

/** Seconds until one more use would be allowed, if nothing else is used meanwhile; 0: now. */
export function retryAfter(uses: Uses, limit: number, now: number, window: number): number {
  const slots = counted(uses, now, window);
  let used = slots.reduce((sum, [, count]) => sum + count, 0);
  let at = now;
  for (const [slot, count] of slots) {
    if (used < limit) break;
    used -= count;
    at = (slot + SLOTS + 1) * slotMs(window);
  }
  return Math.ceil((at - now) / 1000);
}

/** When none of these uses counts any more, if nothing else is used; undefined: none does now. Milliseconds. */
export function clearAt(uses: Uses, now: number, window: number): number | undefined {
  const last = counted(uses, now, window).at(-1);
  return last === undefined ? undefined : (last[0] + SLOTS + 1) * slotMs(window);
}

/** The slots that count, oldest first. */
function counted(uses: Uses, now: number, window: number): [number, number][] {
  const first = firstSlot(slotAt(now, window));
  return Object.entries(uses)
    .map(([slot, count]): [number, number] => [Number(slot), count])
    .filter(([slot]) => slot >= first)
    .toSorted(([a], [b]) => a - b);
}
