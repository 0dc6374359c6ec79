import { sql } from 'kysely';
import type { Clock } from '../base/clock.ts';
import type { Job } from '../base/jobs.ts';
import type { Log } from '../base/log.ts';
import { notaryOf, verdictOf } from './evidence.ts';
import type { Rooms } from './rooms.ts';
import { adminJobs } from '../doors/admin/jobs.ts';
import { auditJobs } from '../rooms/audit/jobs.ts';
import { clientJobs } from '../rooms/clients/jobs.ts';
import { flowJobs } from '../rooms/flows/jobs.ts';
import { keyJobs } from '../rooms/keys/jobs.ts';
import { purgeTokens } from '../rooms/tokens/jobs.ts';
import { userJobs } from '../rooms/users/jobs.ts';

/** Everything that happens by the clock. */
export function jobsOf({ rooms, clock, log, issuer }: { rooms: Rooms; clock: Clock; log: Log; issuer: string }): Job[] {
  const { database, audit } = rooms;
  const { db } = database;
  return [
    ...clientJobs({ database, audit, clock }),
    ...userJobs({ db, clock }),
    ...flowJobs({ db, clock }),
    ...keyJobs(rooms.keys),
    ...adminJobs({ db, clock }),
    ...auditJobs({ database, audit, clock, notary: notaryOf(rooms.keys, issuer), onVerified: verdictOf({ db, clock, log }) }),
    { name: 'tokens-purge', cron: '43 3 * * *', run: () => purgeTokens(db, clock.now()) },
    // Every node has read a change within seconds; an hour covers one that was away.
    { name: 'changes-prune', cron: '*/15 * * * *', run: () => sql`DELETE FROM changes WHERE at < now() - interval '1 hour'`.execute(db) },
  ];
}
