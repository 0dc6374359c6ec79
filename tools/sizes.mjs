// Sizes of files and functions (STYLE): median, ninth tenth and a hard stop. What must be longer is listed by name, with a reason,
// in tools/sizes-allowed.txt: `path[#function] lines reason`.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filesBelow, isTest, quantile, read } from './files.mjs';
import { functionsOf, parse } from './syntax.mjs';

const ALLOWED = 'tools/sizes-allowed.txt';
const FOLDERS = ['packages', 'examples', 'e2e', 'bench', 'tools'];
const CODE = /^(?!.*\.d\.ts$).*\.(ts|tsx|mts|mjs)$/;
const GENERATED = /^packages\/admin-api\//;
const LIMITS = { file: { median: 90, p90: 300, stop: 450 }, function: { median: 12, p90: 45, stop: 90 } };

/** `{ problems, summary }` for the tree below `root`. Tests count for the stops only: a table of cases is long and easy to read. */
export function sizes(root) {
  const allowed = allowances(root);
  const [files, functions] = [[], []];
  for (const path of FOLDERS.flatMap((folder) => filesBelow(root, folder, CODE)).filter((path) => !GENERATED.test(path))) {
    const text = read(root, path);
    const test = isTest(path);
    files.push({ at: path, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0), counts: !test });
    for (const { name, named, lines } of functionsOf(parse(path, text))) {
      // A describe block is a chapter, not a function: only functions with a name have a stop in tests.
      if (named || !test) functions.push({ at: `${path}#${name}`, lines, counts: named && !test });
    }
  }
  const problems = [...over(files, LIMITS.file, allowed), ...over(functions, LIMITS.function, allowed), ...allowed.problems];
  for (const [at, { used }] of allowed.entries) if (!used) problems.push(`${ALLOWED}: ${at} needs no exception any more; remove the line`);
  return { problems, summary: [summary('files', files), summary('functions', functions)] };
}

function allowances(root) {
  const entries = new Map();
  const problems = [];
  const text = existsSync(join(root, ALLOWED)) ? read(root, ALLOWED) : '';
  for (const line of text.split('\n').filter((one) => one !== '' && !one.startsWith('#'))) {
    const [, at, lines, reason = ''] = /^(\S+)\s+(\d+)\s*(.*)$/.exec(line) ?? [];
    if (reason.length < 15) problems.push(`${ALLOWED}: a line reads "path[#function] lines reason", and the reason is a sentence: ${line}`);
    else entries.set(at, { lines: Number(lines), used: false });
  }
  return { entries, problems };
}

function over(things, { median, p90, stop }, allowed) {
  const found = [];
  for (const { at, lines } of things.filter((one) => one.lines > stop)) {
    const exception = allowed.entries.get(at);
    if (exception !== undefined) exception.used = true;
    if (lines > (exception?.lines ?? stop)) found.push(`${at}: ${lines} lines, and ${exception?.lines ?? stop} is the stop`);
  }
  const counted = things.filter((one) => one.counts).map((one) => one.lines);
  const kind = things[0]?.at.includes('#') ? 'functions' : 'files';
  if (quantile(counted, 0.5) > median) found.push(`the median of ${kind} is ${quantile(counted, 0.5)} lines, and ${median} is the limit`);
  if (quantile(counted, 0.9) > p90) found.push(`nine tenths of ${kind} reach ${quantile(counted, 0.9)} lines, and ${p90} is the limit`);
  return found;
}

function summary(kind, things) {
  const counted = things.filter((one) => one.counts).map((one) => one.lines);
  return `${kind}: ${counted.length}, median ${quantile(counted, 0.5)}, p90 ${quantile(counted, 0.9)}, longest ${quantile(counted, 1)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { problems, summary: lines } = sizes(join(fileURLToPath(import.meta.url), '..', '..'));
  for (const line of [...problems, ...lines]) console.log(line);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
