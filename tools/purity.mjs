// Purity by compiler: the rooms of the server, without store, http and jobs files, compile where there is neither Node nor DOM.
// `process`, `fetch`, `setTimeout`, `Buffer` and node: modules are then type errors. Time and chance are found by tools/floors.mjs.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = 'packages/server/tsconfig.pure.json';
const ROOMS = 'packages/server/src/rooms/';
const ERROR = /^(.*?)\((\d+),\d+\): error (TS\d+: .*)$/;

/**
 * What the compiler says about the pure files themselves. Files that they import from base are not judged here (floors.json lists
 * which ones they may use). When the types of Node or the DOM get in through some import, nothing would be an error any more: that is a
 * problem too. (A type package that merely asks for Node's types gets the empty ones of pure-types.)
 */
export function purityProblems(root, toolchain = root) {
  const compiler = join(toolchain, 'node_modules', '@typescript', 'native', 'bin', 'tsc');
  const args = [compiler, '-p', PROJECT, '--pretty', 'false', '--listFiles'];
  const lines = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 }).stdout.split('\n');
  const leaks = lines.filter((line) => /node_modules\/@types\/node\/|\/lib\.dom\.d\.ts/.test(line)).slice(0, 1);
  return [
    ...leaks.map(
      () => `${PROJECT}: the types of Node or the DOM got in, so nothing is judged; find the import with: tsc -p ${PROJECT} --explainFiles`,
    ),
    ...lines.flatMap(judge),
  ];
}

function judge(line) {
  const [, path, at, message] = ERROR.exec(line) ?? [];
  if (path === undefined) return line.startsWith('error TS') ? [`${PROJECT}: ${line}`] : [];
  return path.startsWith(ROOMS) && !/(^|[/.])(store|http|jobs|suite|test)\.ts$/.test(path) ? [`${path}:${at}: ${message}`] : [];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = purityProblems(join(fileURLToPath(import.meta.url), '..', '..'));
  for (const problem of problems) console.log(problem);
  console.log(problems.length === 0 ? 'the rooms are pure' : `${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
