import { setFlagsFromString } from 'node:v8';

/**
 * V8 collects its young objects with several threads at once. For a server that is one thread of JavaScript they cost more than they bring: they share
 * out a millisecond of work, and where the process has one core they wait for each other on it. Measured in docs/guides/performance.md.
 */
export function collectAlone(): void {
  setFlagsFromString('--no-parallel-scavenge');
}
