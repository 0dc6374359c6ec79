// npm run soak: the endurance runs, on the project's own Node, against a fresh build. `npm run soak -- scale`: a hub that holds ten million entries.
// `npm run soak -- kill`: how soon fifty resource servers refuse what was stopped.
// `npm run soak -- rotation 1000`: a change of all keys that is killed so often, on each Postgres there is.
import process from 'node:process';
import { launch } from './launch.mjs';
import { run } from './run.mjs';
import { ROOT, setup } from './setup.mjs';

const RUNS = { scale: 'bench/scale.ts', kill: 'e2e/soak/kill.ts' };
const KILL_TEST = 'packages/server/src/rooms/connections/kill.test.ts';

if (process.argv[2] === 'rotation') {
  const { node } = await setup({ build: false });
  const env = { ...process.env, WRIT_SOAK_KILLS: process.argv[3] ?? '1000' };
  process.exit(await run(node, ['node_modules/vitest/vitest.mjs', 'run', KILL_TEST], { cwd: ROOT, env, waiting: 'still killing' }));
}
await launch(RUNS[process.argv[2]] ?? 'e2e/soak/main.ts', 'the endurance runs');
