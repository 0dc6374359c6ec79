import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** One line of the attack list: tested, or why not yet (`later`), or why it cannot be tried here (`never`). */
export type Line = { section: string; what: string; later?: string; never?: string; advisories?: readonly string[] };
type Test = { number: string; title: string; path: string };

export function readCatalogue(): Record<string, Line> {
  return JSON.parse(readFileSync(new URL('catalogue.json', import.meta.url), 'utf8'));
}

/** `it('017 response_type …`, rows of `it.each`, rows of the tables here (`number: '017', title: '…'`, or a builder with both). */
const TITLES = [
  /(?:\bit\(|\)\(|\bdescribe\(|\[)\s*(['"`])(\d{3}) ((?:(?!\1).)+)\1/g,
  /(?:\bnumber: |\b\w+\(\s*)'(\d{3})',\s*(?:title: )?(['"`])((?:(?!\2).)+)\2/g,
];
/** A table whose rows share one number: their titles are made where the rows stand. */
const SHARED = /\bnumber: (?:'(\d{3})'|host\.startsWith\('\['\) \? '(\d{3})' : '(\d{3})'),\s*title[,:]/g;

/** Every test that names a line of the list, wherever it stands. */
export function findTests(known: ReadonlySet<string>): Test[] {
  const files = ['packages', 'e2e'].flatMap((folder) => testsBelow(folder));
  return files.flatMap((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    const [first = /$^/, second = /$^/] = TITLES;
    const spelled = [...text.matchAll(first)].map(([, , number = '', title = '']) => ({ number, title, path }));
    const rows = [...text.matchAll(second)].map(([, number = '', , title = '']) => ({ number, title, path }));
    const shared = [...text.matchAll(SHARED)].flatMap(([, ...numbers]) =>
      numbers.filter((number) => number !== undefined).map((number) => ({ number, title: '', path })),
    );
    return [...spelled, ...rows, ...shared].filter(({ number }) => known.has(number));
  });
}

function testsBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((one) => {
    if (one.name === 'node_modules' || one.name === 'dist') return [];
    const path = `${folder}/${one.name}`;
    if (one.isDirectory()) return testsBelow(path);
    return one.name.endsWith('.test.ts') ? [path] : [];
  });
}

/** The page of docs/specs: number, attack, status, and where it is tried. */
export function pageOf(catalogue: Record<string, Line>, tests: readonly Test[]): string {
  const lines = Object.entries(catalogue).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const tested = lines.filter(([, { later, never }]) => later === undefined && never === undefined).length;
  const rows = lines.map(
    ([number, line]) => `| ${number} | ${line.section} | ${whatOf(line)} | ${statusOf(line)} | ${placesOf(number, tests)} |`,
  );
  return `# Attacks

Written by \`e2e/attacks/list.test.ts\`; the lines stand in \`e2e/attacks/catalogue.json\`. ${tested} of ${lines.length} lines are tried in \`npm test\`; the others wait for
what they attack. The number stands in the title of every test. Each row of the tables in \`e2e/attacks\` is one test, followed by six checks: nothing was issued or stored; exactly the
expected entries were written; the answer is no failure of ours and is not kept by caches; its words are safe to print; no secret stands in entries or logs; the honest go on working.

| # | Where | Attack | Status | Tests |
|---|---|---|---|---|
${rows.join('\n')}
`;
}

/** Advisories that only a line in waiting would try stand here; the others stand in the tests. */
function whatOf({ what, advisories = [] }: Line): string {
  return advisories.length === 0 ? what : `${what} (${advisories.join(', ')})`;
}

function statusOf({ later, never }: Line): string {
  if (never !== undefined) return `cannot happen: ${never}`;
  return later === undefined ? 'tested' : `comes with ${later}`;
}

function placesOf(number: string, tests: readonly Test[]): string {
  const paths = new Set(tests.filter((test) => test.number === number).map(({ path }) => path));
  return [...paths]
    .toSorted()
    .map((path) => `\`${path}\``)
    .join(', ');
}
