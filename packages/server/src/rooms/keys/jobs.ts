import type { Job } from '../../base/jobs.ts';
import { hubAuthor } from '../audit/author.ts';
import type { KeyRing } from './ring.store.ts';

/** Once a day: rotates keys that are 90 days old and forgets those that signed nothing which anyone could still show. */
export function keyJobs(ring: Pick<KeyRing, 'rotate' | 'purge'>): Job[] {
  return [
    {
      name: 'keys-rotate',
      cron: '23 3 * * *',
      async run() {
        const by = hubAuthor('keys-rotate');
        // A next key that is too young (its forerunner was revoked today) is left to season: tomorrow is early enough.
        await ring.rotate(by, { onlyDue: true });
        await ring.purge(by);
      },
    },
  ];
}
