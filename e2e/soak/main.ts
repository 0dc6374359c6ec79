// npm run soak [-- rounds [seed]]: the fault runs for as long as it takes. `npm run soak -- scale [events [agents]]`: how a hub answers that holds so much.
// Prints what happened; exits 1 when a promise was broken.
import process from 'node:process';
import { runFaults } from '../faults/run.ts';
import { runScale } from './scale.ts';

const tell = (sentence: string): void => void process.stdout.write(`${sentence}\n`);
const words = process.argv.slice(2);
process.exitCode = (words[0] === 'scale' ? await scale(words.slice(1).map(Number)) : await faults(words.map(Number))) ? 0 : 1;

async function faults([rounds = 200, seed = Date.now() % 100_000]: readonly number[]): Promise<boolean> {
  tell(`${rounds} rounds with seed ${seed}`);
  const report = await runFaults({ rounds, seed, tell });
  tell(JSON.stringify(report, undefined, 2));
  return report.problems.length === 0;
}

async function scale([events = 10_000_000, agents = 1_000_000]: readonly number[]): Promise<boolean> {
  tell(`${events} entries, ${agents} agents`);
  const problems = await runScale({ events, agents, tell });
  tell(problems.length === 0 ? 'Everything within its bounds.' : problems.join('\n'));
  return problems.length === 0;
}
