import { setFlagsFromString } from 'node:v8';

/**
 * How V8 collects for a server that is one thread of JavaScript. Measured in docs/guides/performance.md.
 *
 * - Young objects: by that thread alone. Several share out a millisecond of work, and where the process has one core they wait for each other on it.
 * - Old objects: marked by one helper, since three take three quarters of a single core from the requests; and only when the heap has grown by twice what
 *   it held. By itself V8 lets it grow by a third, and begins while less is free than the space of the young, so that a hub under load marked everything once
 *   a second, each time for a tenth of one.
 */
export function collectGently(): void {
  setFlagsFromString('--no-parallel-scavenge');
  setFlagsFromString('--concurrent-marking-max-worker-num=1');
  setFlagsFromString('--heap-growing-percent=200');
}
