// Every package from outside has its line in docs/decisions/dependencies.md (what for, who keeps it, what we would write instead,
// size), and every line there is still a dependency. Only production and peer dependencies need all four; tools need the line.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { read, workspaces } from './files.mjs';

const PAGE = 'docs/decisions/dependencies.md';
const KINDS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
const COLUMNS = 5;

/** Problems between the package.json files below `root` and the page; one row may name several packages of a family. */
export function dependencyProblems(root) {
  const manifests = [{ dir: '.', manifest: JSON.parse(read(root, 'package.json')) }, ...workspaces(root)];
  const own = new Set(workspaces(root).map((one) => one.name));
  const used = new Map();
  for (const { dir, manifest } of manifests) {
    for (const name of KINDS.flatMap((kind) => Object.keys(manifest[kind] ?? {})))
      if (!own.has(name)) used.set(name, `${dir}/package.json`);
  }
  const rows = existsSync(join(root, PAGE)) ? rowsOf(read(root, PAGE)) : [];
  const listed = new Set(rows.flatMap((row) => row.names));
  return [
    ...[...used].filter(([name]) => !listed.has(name)).map(([name, where]) => `${where}: ${name} has no line in ${PAGE}`),
    ...[...listed].filter((name) => !used.has(name)).map((name) => `${PAGE}: ${name} is no dependency any more`),
    ...rows
      .filter((row) => row.cells.length < COLUMNS || row.cells.includes(''))
      .map((row) => `${PAGE}: the row of ${row.names[0]} has an empty cell`),
  ];
}

function rowsOf(text) {
  const lines = text.split('\n').filter((line) => line.startsWith('| `'));
  return lines.map((line) => {
    const cells = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    return { names: [...cells[0].matchAll(/`([^`]+)`/g)].map(([, name]) => name), cells };
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = dependencyProblems(join(fileURLToPath(import.meta.url), '..', '..'));
  for (const problem of problems) console.log(problem);
  console.log(problems.length === 0 ? 'every dependency has its line' : `${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
