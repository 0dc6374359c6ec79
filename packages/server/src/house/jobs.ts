import { changeJobs } from '../base/changes.ts';
import type { Clock } from '../base/clock.ts';
import type { Job } from '../base/jobs.ts';
import type { Log } from '../base/log.ts';
import { notaryOf, verdictOf } from './evidence.ts';
import type { Rooms } from './rooms.ts';
import { adminJobs } from '../doors/admin/jobs.ts';
import { agentJobs } from '../rooms/agents/jobs.ts';
import { approvalJobs } from '../rooms/approvals/jobs.ts';
import { auditJobs } from '../rooms/audit/jobs.ts';
import { connectJobs } from '../rooms/connections/refresh.jobs.ts';
import { clientJobs } from '../rooms/clients/jobs.ts';
import { vaultJobs } from '../rooms/connections/vault.jobs.ts';
import { journeyJobs } from '../rooms/journeys/jobs.ts';
import { grantJobs } from '../rooms/signals/end-date.jobs.ts';
import { issuerJobs } from '../rooms/issuers/jobs.ts';
import { keyJobs } from '../rooms/keys/jobs.ts';
import { policyJobs } from '../rooms/policies/jobs.ts';
import { streamJobs } from '../rooms/streams/jobs.ts';
import { ssoJobs } from '../rooms/sso/jobs.ts';
import { signalJobs } from '../rooms/signals/jobs.ts';
import { sinkBehind } from '../rooms/sinks/behind.store.ts';
import { tokenJobs } from '../rooms/tokens/jobs.ts';
import { userJobs } from '../rooms/users/jobs.ts';

/** Everything that happens by the clock. */
export function jobsOf({ rooms, clock, log, issuer }: { rooms: Rooms; clock: Clock; log: Log; issuer: string }): Job[] {
  const { database, audit } = rooms;
  const { db } = database;
  return [
    ...clientJobs({ database, audit, clock }),
    ...grantJobs({ audit, clock }),
    ...issuerJobs({ database, clock }),
    ...userJobs({ db, clock }),
    ...journeyJobs({ db, clock, reviews: rooms.reviews }),
    ...keyJobs(rooms.keys),
    ...vaultJobs({ ...rooms, db }),
    ...policyJobs({ db, clock }),
    ...adminJobs({ db, clock }),
    ...auditJobs({
      ...rooms,
      clock,
      notary: notaryOf(rooms.keys, issuer),
      wanted: sinkBehind,
      onVerified: verdictOf({ db, clock, log }),
      onGivenUp: (months) =>
        months.forEach((one) => log.info(one, one.done ? 'gave up a month of the record' : 'kept a month of the record')),
    }),
    ...agentJobs({ db, clock }),
    { name: 'owner-moves', cron: '* * * * *', run: () => rooms.quarantine.run() },
    ...tokenJobs({ db, clock }),
    ...approvalJobs({ ...rooms, clock }),
    ...connectJobs({ ...rooms, clock }),
    ...signalJobs({ db, clock, releases: rooms.releases }),
    ...ssoJobs({ db, clock }),
    ...streamJobs({ db, clock }),
    ...changeJobs(db),
  ];
}
