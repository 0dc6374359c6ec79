// The floors of the house (ARCHITECTURE): who may import whom, who may touch time, chance and the network.
// `node tools/floors.mjs` checks; `--write` brings the committed list of edges, tools/floors.txt, up to date.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { read } from './files.mjs';
import { knots } from './knots.mjs';
import { packageProblems } from './floors-packages.mjs';
import { serverProblems, unitOf } from './floors-server.mjs';
import { sourcesOf } from './sources.mjs';

const EDGES = 'tools/floors.txt';

/** Reads the tree below `root` and says what breaks the rules of `rules` (floors.json), and which units know which. */
export function inspect(root, rules) {
  const sources = sourcesOf(root);
  const problems = [...packageProblems(root, sources, rules), ...serverProblems(sources, rules), ...knots(sources)];
  return { problems, edges: edgesOf(sources, rules) };
}

/** One line per unit (a package, or a room, door or base module of the server): whom it imports, foreign packages included. */
function edgesOf(sources, rules) {
  const edges = new Map();
  for (const { path, test, imports, dir } of sources) {
    if (test) continue;
    const unit = unitOf(path, dir, rules);
    const known = edges.get(unit) ?? edges.set(unit, new Set()).get(unit);
    for (const { from, target } of imports) {
      const other = target === undefined ? packageOf(from) : unitOf(target, dir, rules);
      if (other !== unit && !other.startsWith('node:')) known.add(other);
    }
  }
  const lines = [...edges].map(([unit, known]) => `${unit}: ${[...known].toSorted().join(' ')}`.trimEnd());
  return `${lines.toSorted().join('\n')}\n`;
}

const packageOf = (from) =>
  from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/');

function main() {
  const root = join(fileURLToPath(import.meta.url), '..', '..');
  const { problems, edges } = inspect(root, JSON.parse(read(root, 'tools/floors.json')));
  const known = existsSync(join(root, EDGES)) ? read(root, EDGES) : '';
  if (process.argv.includes('--write')) writeFileSync(join(root, EDGES), edges);
  else if (known !== edges)
    problems.push(...difference(known, edges), `${EDGES}: run "node tools/floors.mjs --write" and review what it writes`);
  for (const problem of problems) console.log(problem);
  console.log(problems.length === 0 ? `floors hold: ${edges.split('\n').length - 1} units` : `${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

function difference(before, after) {
  const [old, fresh] = [before, after].map((text) => new Set(text.split('\n')));
  const gone = [...old].filter((line) => !fresh.has(line)).map((line) => `- ${line}`);
  return [...gone, ...[...fresh].filter((line) => !old.has(line)).map((line) => `+ ${line}`)];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
