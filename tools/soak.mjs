// npm run soak: the endurance runs, on the project's own Node, against a fresh build. `npm run soak -- scale`: a hub that holds ten million entries.
import process from 'node:process';
import { launch } from './launch.mjs';

await launch(process.argv[2] === 'scale' ? 'bench/scale.ts' : 'e2e/soak/main.ts', 'the endurance runs');
