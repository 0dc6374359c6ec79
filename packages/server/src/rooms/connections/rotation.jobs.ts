import type { Job } from '../../base/jobs.ts';
import type { KeyRotation } from './rotate.store.ts';

/** Every minute: goes on with a rotation whose node went away. */
export function rotationJobs(rotation: Pick<KeyRotation, 'run'>): Job[] {
  return [{ name: 'kek-rotate', cron: '* * * * *', run: () => rotation.run() }];
}
