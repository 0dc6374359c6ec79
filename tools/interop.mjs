// npm run interop: the runs of real clients, on the project's own Node, against a fresh build.
import { launch } from './launch.mjs';

await launch('e2e/interop/main.ts', 'the runs of real clients');
