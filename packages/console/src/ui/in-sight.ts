import { useEffect, useRef, type RefObject } from 'react';

/** Brings what is current to the middle of a row that scrolls sideways, or on a phone it lies beyond the edge. `mark`: how it is known; `at`: which it is. */
export function useInSight<T extends HTMLElement>(mark: string, at: string): RefObject<T | null> {
  const row = useRef<T>(null);
  useEffect(() => {
    const [around, here] = [row.current?.getBoundingClientRect(), row.current?.querySelector(mark)?.getBoundingClientRect()];
    if (row.current === null || around === undefined || here === undefined) return;
    row.current.scrollLeft += here.left + here.width / 2 - (around.left + around.width / 2);
  }, [mark, at]);
  return row;
}
