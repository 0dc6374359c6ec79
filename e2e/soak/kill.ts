// npm run soak -- kill [servers]: how long a token is still taken after its agent was stopped, at many resource servers. Prints a table; exits 1 when a
// promise was broken.
import process from 'node:process';
import { runKills } from '../kills/run.ts';

const servers = Number(process.argv[3] ?? 50);
const tell = (sentence: string): void => void process.stdout.write(`${sentence}\n`);
tell(`${servers} resource servers, each called every 50 ms`);
const report = await runKills({ servers, every: 50, cuts: ['reset', 'stall'], tell });
tell(JSON.stringify(report, undefined, 2));
const slow = report.kills.filter(({ what, p95 }) => !what.includes('streams') && p95 >= 2_000);
for (const { what, p95 } of slow) tell(`${what}: p95 of ${p95} ms is more than two seconds`);
process.exitCode = report.problems.length === 0 && slow.length === 0 ? 0 : 1;
