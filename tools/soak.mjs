// npm run soak: the endurance runs, on the project's own Node, against a fresh build. `npm run soak -- scale`: a hub that holds ten million entries.
// `npm run soak -- kill`: how soon fifty resource servers refuse what was stopped.
import process from 'node:process';
import { launch } from './launch.mjs';

const RUNS = { scale: 'bench/scale.ts', kill: 'e2e/soak/kill.ts' };

await launch(RUNS[process.argv[2]] ?? 'e2e/soak/main.ts', 'the endurance runs');
