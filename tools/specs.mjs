// The tables of docs/specs say which test shows a rule of a standard. Here: every test named there exists, word for word, in the file named
// there, and every snippet of a guide stands in a file that is built or run.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filesBelow, read } from './files.mjs';

/** A path in a table is tried as it is, below packages/, and in the server's sources. */
const PREFIXES = ['', 'packages/', 'packages/server/src/'];
/** What vitest.config.ts runs. */
const RUNS = /^((packages|examples)\/[\w-]+\/src\/|tools\/|e2e\/(?!interop\/)).*\.test\.ts$/;
const REFERENCE = /`([\w./-]+\.test\.ts)`((?: "[^"]+")+)/g;
/** A rule that no test shows says so. */
const HONEST = /^(not shown|not met|not offered|in part)\b/;
const COLUMN = 'Shown by';

/** Problems of all tables whose last column is "Shown by". */
export function specProblems(root) {
  return filesBelow(root, 'docs/specs', /\.md$/).flatMap((page) =>
    rowsOf(read(root, page)).flatMap(({ line, cell }) => cellProblems(root, cell).map((problem) => `${page}:${line}: ${problem}`)),
  );
}

/** How many rules stand in the tables, how many of them are shown, and which are not: for the page that sums up. */
export function tallyOf(root) {
  const rows = filesBelow(root, 'docs/specs', /\.md$/).flatMap((page) => rowsOf(read(root, page)));
  return { rules: rows.length, open: rows.filter(({ cell }) => HONEST.test(cell)).length };
}

function rowsOf(text) {
  const found = [];
  let inTable = false;
  text.split('\n').forEach((line, at) => {
    const cells = cellsOf(line);
    if (cells === undefined) inTable = false;
    else if (cells.at(-1) === COLUMN) inTable = true;
    else if (inTable && !/^:?-+:?$/.test(cells[0])) found.push({ line: at + 1, cell: cells.at(-1) });
  });
  return found;
}

function cellsOf(line) {
  if (!/^\|.*\|\s*$/.test(line)) return undefined;
  return line
    .trim()
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

function cellProblems(root, cell) {
  const named = [...cell.matchAll(REFERENCE)];
  const quoted = [...cell.matchAll(/`[\w./-]+\.test\.ts`/g)];
  if (quoted.length !== named.length) return ['a test file without the title of a test'];
  if (named.length === 0) return HONEST.test(cell) ? [] : ['neither a test, nor the word that there is none'];
  return named.flatMap(([, path, titles]) =>
    titlesMissing(
      root,
      path,
      [...titles.matchAll(/"([^"]+)"/g)].map(([, title]) => title),
    ),
  );
}

function titlesMissing(root, path, titles) {
  const file = PREFIXES.map((prefix) => prefix + path).find((one) => existsSync(join(root, one)));
  if (file === undefined) return [`${path} does not exist`];
  if (!RUNS.test(file)) return [`${file} is not among the tests that run`];
  const lines = read(root, file).split('\n');
  return titles.filter((title) => !lines.some((line) => holds(line, title))).map((title) => `${file} has no test "${title}"`);
}

/** As a whole text in quotes, not in a comment, not switched off. */
function holds(line, title) {
  if (/^\s*(\/\/|\/?\*)/.test(line) || /\.(skip|todo)\(/.test(line)) return false;
  return ["'", '"', '`'].some((quote) => line.includes(quote + title.replaceAll(quote, `\\${quote}`) + quote));
}

/** Problems of TypeScript on the pages of docs/guides: the line before a block names the file it is taken from. */
export function snippetProblems(root) {
  return filesBelow(root, 'docs/guides', /\.md$/).flatMap((page) =>
    [...read(root, page).matchAll(/(.*)\n+```ts\n([^]*?)\n```/g)].flatMap(([, before, block]) => {
      const path = /`([\w./-]+\.ts)`/.exec(before)?.[1];
      if (path === undefined || !existsSync(join(root, path)))
        return [`${page}: a snippet whose file is not named: ${block.split('\n')[0]}`];
      const missing = lineMissing(read(root, path), block);
      return missing === undefined ? [] : [`${page}: ${path} does not hold "${missing}"`];
    }),
  );
}

/** The first line of the block that does not follow in the file; `// …` stands for lines left out. */
function lineMissing(source, block) {
  const lines = source.split('\n').map((line) => line.trim());
  let at = 0;
  let loose = true;
  for (const wanted of block.split('\n').map((line) => line.trim())) {
    if (wanted === '') continue;
    if (wanted === '// …') {
      loose = true;
      continue;
    }
    while (lines[at] === '') at += 1;
    const found = loose ? lines.indexOf(wanted, at) : lines[at] === wanted ? at : -1;
    if (found < 0) return wanted;
    at = found + 1;
    loose = false;
  }
  return undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(fileURLToPath(import.meta.url), '..', '..');
  const problems = [...specProblems(root), ...snippetProblems(root)];
  for (const problem of problems) console.log(problem);
  const { rules, open } = tallyOf(root);
  console.log(`${rules} rules, ${rules - open} shown by a test`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
