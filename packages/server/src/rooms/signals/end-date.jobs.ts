import type { Clock } from '../../base/clock.ts';
import type { Job } from '../../base/jobs.ts';
import type { Audit } from '../audit/store.ts';
import { expireGrants } from './end-date.store.ts';

/** Grants whose end has come are ended for the record. They are refused from that moment on, whenever this runs. */
export function grantJobs(deps: { audit: Audit; clock: Clock }): Job[] {
  return [{ name: 'expire-grants', cron: '* * * * *', run: () => expireGrants(deps) }];
}
