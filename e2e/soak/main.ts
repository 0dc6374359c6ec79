// npm run soak [-- rounds [seed]]: the fault runs for as long as it takes. Prints what happened; exits 1 when a promise was broken.
import process from 'node:process';
import { runFaults } from '../faults/run.ts';

const [rounds = 200, seed = Date.now() % 100_000] = process.argv.slice(2).map(Number);
const tell = (sentence: string): void => void process.stdout.write(`${sentence}\n`);
tell(`${rounds} rounds with seed ${seed}`);
const report = await runFaults({ rounds, seed, tell });
tell(JSON.stringify(report, undefined, 2));
process.exitCode = report.problems.length === 0 ? 0 : 1;
