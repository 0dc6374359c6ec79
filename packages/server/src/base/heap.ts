import { setFlagsFromString } from 'node:v8';

/**
 * How V8 collects for a server that is one thread of JavaScript. Measured in docs/guides/performance.md.
 *
 * - Young objects: by that thread alone. Several share out a millisecond of work, and where the process has one core they wait for each other on it.
 * - Old objects: marked by one helper, since three take three quarters of a single core from the requests; and only when the heap has grown by twice what
 *   it held. By itself V8 lets it grow by a third, and begins while less is free than the space of the young, so that a hub under load marked everything once
 *   a second, each time for a tenth of one.
 * - Nothing is made among the old from the start. V8 took to doing so for the buffers of flushes, which are dead a moment later; what lies outside of the heap
 *   counts too, and their 20 MB a second, which only a full round frees, brought one about every four seconds. For the same reason small buffers share 8 KiB and
 *   not 64: one that lives keeps all that it shares with.
 * - When to give memory back is known to base/rest.ts alone: V8's own look at it comes between two bursts.
 */
export function collectGently(): void {
  setFlagsFromString('--no-parallel-scavenge');
  setFlagsFromString('--concurrent-marking-max-worker-num=1');
  setFlagsFromString('--heap-growing-percent=200');
  setFlagsFromString('--no-allocation-site-pretenuring');
  setFlagsFromString('--no-memory-reducer');
  Buffer.poolSize = 8 * 1024;
}
