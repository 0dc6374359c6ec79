// npm run soak: the endurance runs, on the project's own Node, against a fresh build.
import { launch } from './launch.mjs';

await launch('e2e/soak/main.ts', 'the endurance runs');
