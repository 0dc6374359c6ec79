// Commands that pages tell people to type: `npm run x`, `npm test -- x`, `writ verb`.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, read, SOURCE } from './files.mjs';
import { STEP_NAMES } from './steps.mjs';

const SHELL = /^(sh|bash|shell|console|)$/;

/** Problems with the commands on one page. */
export function commandProblems(root, page, text) {
  const scripts = JSON.parse(read(root, 'package.json')).scripts ?? {};
  const verbs = verbsOf(root);
  return commandsOn(text).flatMap(({ command, line }) => {
    const problem = npmProblem(command, scripts) ?? verbProblem(command, verbs);
    return problem === undefined ? [] : [`${page}:${line}: ${problem}`];
  });
}

/** Code spans that start with npm, npx or writ, and such lines of shell blocks: `{ command, line }`. */
function commandsOn(text) {
  const found = [];
  let block;
  text.split('\n').forEach((line, at) => {
    const fence = /^\s*```(\w*)/.exec(line);
    if (fence !== null) block = block === undefined ? fence[1] : undefined;
    else if (block === undefined) for (const [, span] of line.matchAll(/`([^`]+)`/g)) found.push({ command: span, line: at + 1 });
    else if (SHELL.test(block)) found.push({ command: line.replace(/^\s*\$?\s*/, ''), line: at + 1 });
  });
  return found.filter(({ command }) => /^(npm|npx|writ)\s/.test(command));
}

function npmProblem(command, scripts) {
  const [, name] = /^npm (?:run |(?=start|test))([\w:-]+)/.exec(command) ?? [];
  if (name === undefined) return undefined;
  if (scripts[name] === undefined) return `npm script "${name}" does not exist`;
  const [, step] = /^npm test -- (\w+)/.exec(command) ?? [];
  return step !== undefined && !STEP_NAMES.includes(step) ? `"${step}" is no step of npm test` : undefined;
}

function verbProblem(command, verbs) {
  const [, verb] = /^(?:npx |npm exec )?writ ([a-z][a-z-]*)\b/.exec(command) ?? [];
  return verb !== undefined && verbs !== undefined && !verbs.has(verb) ? `writ has no verb "${verb}"` : undefined;
}

/** The verbs of the program, as its sources register them; undefined while there is no program yet. */
function verbsOf(root) {
  const files = filesBelow(root, 'packages/cli/src', SOURCE);
  if (!files.some((path) => path.endsWith('/main.ts'))) return undefined;
  const registered = files.flatMap((path) => [...read(root, path).matchAll(/(?:\.command|new Command)\(\s*['"`]([a-z][a-z-]*)/g)]);
  const verbs = new Set(registered.map(([, verb]) => verb));
  return existsSync(join(root, 'packages/cli/src')) && verbs.size > 0 ? verbs : undefined;
}
