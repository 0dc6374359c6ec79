// Places where a type or a check is silenced: `any`, `as` (not `as const`), `!`, ts-ignore and lint comments. Each says why on its
// line (`// reason: …`), and their number may only fall: coverage/suppressions.txt holds it. `--write` lowers it, never raises it;
// to raise it, edit that file by hand, where a reviewer sees it.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filesBelow, isTest, read } from './files.mjs';
import { parse, typeEscapes } from './syntax.mjs';

const COUNTS = 'coverage/suppressions.txt';
const CODE = /^(?!.*\.d\.ts$).*\.(ts|tsx|mts|mjs)$/;
const COMMENT = /(?:\/\/|\/\*)\s*(?:(?:ox|es)lint-disable|@ts-(?:ignore|expect-error|nocheck)|oxfmt-ignore)/;
const REASON = /reason:\s*\S.{9,}/;

/** `{ problems, counts }`; counts per kind and for `source` and `tests` apart, because tests may look behind a type more freely. */
export function suppressions(root) {
  const counts = new Map();
  const problems = [];
  for (const path of ['packages', 'examples', 'e2e', 'bench', 'tools'].flatMap((folder) => filesBelow(root, folder, CODE))) {
    const text = read(root, path);
    const lines = text.split('\n');
    const where = isTest(path) ? 'tests' : 'source';
    for (const { kind, line } of [...typeEscapes(parse(path, text)), ...commentsIn(path, lines)]) {
      counts.set(`${where} ${kind}`, (counts.get(`${where} ${kind}`) ?? 0) + 1);
      if (!REASON.test(lines[line - 1])) problems.push(`${path}:${line}: ${kind} without "// reason: …" on its line`);
    }
  }
  return { problems, counts };
}

/** Comments, not strings: a line that only talks about a directive (as this file does) is known by its quotes and its slashes. */
function commentsIn(path, lines) {
  if (path === 'tools/suppressions.mjs') return [];
  return lines.flatMap((text, at) => (COMMENT.test(text) ? [{ kind: 'comment', line: at + 1 }] : []));
}

/** Problems where a count rose above the committed one, and the text that the committed file should have. */
export function ratchet(counts, committed) {
  const known = new Map([...committed.matchAll(/^(\w+ \S+) (\d+)$/gm)].map(([, kind, count]) => [kind, Number(count)]));
  const risen = [...counts].filter(([kind, count]) => count > (known.get(kind) ?? 0));
  const problems = risen.map(([kind, count]) => `${COUNTS}: ${kind} rose from ${known.get(kind) ?? 0} to ${count}, and may only fall`);
  const kinds = [...new Set([...known.keys(), ...counts.keys()])].toSorted();
  const lines = kinds.map((kind) => [kind, Math.min(known.get(kind) ?? 0, counts.get(kind) ?? 0)]).filter(([, count]) => count > 0);
  return { problems, text: lines.map(([kind, count]) => `${kind} ${count}\n`).join('') };
}

function main() {
  const root = join(fileURLToPath(import.meta.url), '..', '..');
  const { problems, counts } = suppressions(root);
  const committed = existsSync(join(root, COUNTS)) ? read(root, COUNTS) : '';
  const { problems: risen, text } = ratchet(counts, committed);
  if (process.argv.includes('--write')) writeFileSync(join(root, COUNTS), text);
  for (const problem of [...problems, ...risen]) console.log(problem);
  console.log([...counts].map(([kind, count]) => `${kind}: ${count}`).join(', ') || 'nothing is suppressed');
  if (risen.length === 0 && text !== committed) console.log('fewer than committed; keep it so: node tools/suppressions.mjs --write');
  process.exitCode = problems.length + risen.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
