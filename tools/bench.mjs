// npm run bench: the benchmarks, on the project's own Node, against a fresh build.
import { launch } from './launch.mjs';

await launch('bench/main.ts', 'the benchmarks');
