import { PgBoss } from 'pg-boss';
import type { Log } from './log.ts';

/** Work that happens by itself. `cron` in UTC, five fields; each run happens on one node only and may happen again after a crash. */
export type Job = { name: string; cron: string; run(): Promise<unknown> };

export type Jobs = { start(jobs: readonly Job[]): Promise<void>; stop(): Promise<void> };

/** Schedules by pg-boss: its rows in our database decide which node runs what. */
export function createJobs(databaseUrl: string, log: Log): Jobs {
  const boss = new PgBoss({ connectionString: databaseUrl, max: 2, application_name: 'writ-jobs' });
  boss.on('error', (error: unknown) => log.warn({ err: error }, 'job queue'));
  return {
    async start(jobs) {
      await boss.start();
      for (const { name, cron, run } of jobs) {
        await boss.createQueue(name);
        await boss.work(name, { pollingIntervalSeconds: 10 }, async () => {
          await run().catch((error: unknown) => {
            log.error({ err: error, job: name }, 'job failed');
            throw error;
          });
        });
        await boss.schedule(name, cron);
      }
    },
    stop: () => boss.stop({ graceful: true, timeout: 5_000 }),
  };
}
