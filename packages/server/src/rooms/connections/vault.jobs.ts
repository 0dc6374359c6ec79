import type { Job } from '../../base/jobs.ts';
import { sweepOrphans } from './orphan.store.ts';
import type { KeyRotation } from './rotate.store.ts';

type VaultJobsDeps = Parameters<typeof sweepOrphans>[0] & { rotation: Pick<KeyRotation, 'run'> };

/** Every minute: goes on with a rotation whose node went away; takes out of the vault what belongs to nobody any more. */
export function vaultJobs({ rotation, ...deps }: VaultJobsDeps): Job[] {
  return [
    { name: 'kek-rotate', cron: '* * * * *', run: () => rotation.run() },
    { name: 'credentials-sweep', cron: '* * * * *', run: () => sweepOrphans(deps) },
  ];
}
