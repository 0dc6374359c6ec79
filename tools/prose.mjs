// What is written about the code must be true of the code: every path and command named in a document exists, every room has its
// page, the words of the field are the words in use.
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filesBelow, isTest, read, SOURCE } from './files.mjs';
import { commandProblems } from './prose-commands.mjs';
import { decisionProblems, numberProblems } from './prose-numbers.mjs';
import { pictureProblems } from './prose-picture.mjs';

const PAGES = ['README.md', 'ARCHITECTURE.md', 'STYLE.md', 'CONTRIBUTING.md', 'SECURITY.md'];
const FOLDERS = ['docs', 'changes', 'packages', 'examples', 'e2e', 'bench', 'coverage'];
/** A code span is taken for a path when it starts in one of these places, each tried as a prefix. */
const PREFIXES = ['', 'packages/', 'packages/server/src/'];
const MADE = /^(data|dist|node_modules|\.tmp|coverage\/tmp)(\/|$)/;
/** Methods of MCP look like paths below tools/. */
const METHOD = /^(tools|resources|prompts)\/(list|call|read|get|subscribe)$/;
const CODE = /\.(ts|tsx|mjs)$/;
const ENDING = /\.(ts|tsx|mjs|json|jsonc|md|sql|txt|ya?ml)$/;
/** PRODUCT's word list: words that never stand in code or pages (migration guides, which explain other products, excepted). */
const NEVER = /\b(in|out)bound[ -]apps?\b|\bthird[ -]party[ -]apps?\b/i;
const ARCHITECTURE_LINES = 150;

/** Problems of all pages below `root`. */
export function proseProblems(root) {
  const pages = [...PAGES, ...FOLDERS.flatMap((folder) => filesBelow(root, folder, /\.md$/))].filter((page) =>
    existsSync(join(root, page)),
  );
  const found = pages.flatMap((page) => pageProblems(root, page, read(root, page)));
  return [
    ...found,
    ...commentProblems(root),
    ...roomPages(root),
    ...wordProblems(root, pages),
    ...decisionProblems(root),
    ...pictureProblems(root),
  ];
}

function pageProblems(root, page, text) {
  const found = [];
  if (page === 'ARCHITECTURE.md' && text.split('\n').length > ARCHITECTURE_LINES)
    found.push(`${page}: longer than ${ARCHITECTURE_LINES} lines`);
  text.split('\n').forEach((line, at) => {
    for (const path of pathsIn(line, page, root)) found.push(`${page}:${at + 1}: ${path} does not exist`);
  });
  return [...found, ...commandProblems(root, page, text), ...numberProblems(root, page, text)];
}

/** Paths named on one line that lead nowhere: code spans that look like paths of this repository, and relative links. */
function pathsIn(line, page, root) {
  const spans = [...line.matchAll(/`([^`\s]+)`/g)].map(([, span]) => span.replace(/(:\d+)?(#.*)?$/, ''));
  const links = [...line.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link.replace(/#.*$/, ''));
  const named = spans.filter((span) => looksLikePath(span, root) && !isThere(span, page, root));
  const linked = links.filter((link) => link !== '' && !/^[a-z]+:/.test(link) && !existsSync(join(root, posix.dirname(page), link)));
  return [...named, ...linked];
}

function looksLikePath(span, root) {
  if (!/^[\w.@-]+(\/[\w.@*{},-]*)*$/.test(span) || MADE.test(span) || METHOD.test(span)) return false;
  const [first, second] = span.split('/');
  if (second === undefined) return ENDING.test(span) && !span.startsWith('.');
  return PREFIXES.some((prefix) => existsSync(join(root, prefix, first))) && first !== '' && !first.startsWith('@');
}

/** Beside the page, at the root, in packages/ or in the server's sources; a star stands for anything there is, and a module may be named without its ending. */
function isThere(span, page, root) {
  if (!span.includes('/') && fileNames(root).has(span)) return true;
  const exact = span.replace(/\/$/, '');
  const until = exact.search(/[*{]/);
  const path = until < 0 ? exact : posix.dirname(`${exact.slice(0, until)}x`);
  const places = [...PREFIXES, `${posix.dirname(page)}/`, `${posix.dirname(page)}/src/`];
  return places.some((prefix) => existsSync(join(root, prefix, path)) || existsSync(join(root, prefix, `${path}.ts`)));
}

/** Comments that send the reader to a page, a tool or a test. */
function commentProblems(root) {
  const sources = ['packages', 'examples', 'e2e', 'bench', 'tools']
    .flatMap((folder) => filesBelow(root, folder, CODE))
    .filter((path) => !isTest(path));
  return sources.flatMap((path) => {
    const text = read(root, path);
    const nowhere = text.split('\n').flatMap((line, at) => {
      const named =
        /(?:\/\/|^\s*\/?\*).*?\b((?:docs|tools|coverage|e2e|bench|examples|packages)\/[\w./-]+\.(?:md|mjs|ts|txt|json|sql))\b/.exec(
          line,
        )?.[1];
      return named === undefined || existsSync(join(root, named)) ? [] : [`${path}:${at + 1}: ${named} does not exist`];
    });
    return [...nowhere, ...numberProblems(root, path, text)];
  });
}

const namesIn = new Map();

/** The names of all files, for pages that speak of `store.ts` in general. */
function fileNames(root) {
  const known = namesIn.get(root);
  if (known !== undefined) return known;
  const names = new Set([...FOLDERS, 'tools'].flatMap((folder) => filesBelow(root, folder, ENDING)).map((path) => posix.basename(path)));
  namesIn.set(root, names);
  return names;
}

/** A room says what it owns, and what it does not. */
function roomPages(root) {
  const rooms = 'packages/server/src/rooms';
  const named = new Set(filesBelow(root, rooms, SOURCE).map((path) => path.split('/').slice(0, 5).join('/')));
  return [...named].filter((room) => !existsSync(join(root, room, 'README.md'))).map((room) => `${room}: no README.md`);
}

function wordProblems(root, pages) {
  const sources = ['packages', 'examples', 'e2e'].flatMap((folder) => filesBelow(root, folder, SOURCE));
  return [...pages, ...sources].flatMap((path) => {
    if (/migrat/.test(path)) return [];
    const lines = read(root, path).split('\n');
    return lines.flatMap((line, at) =>
      NEVER.test(line) ? [`${path}:${at + 1}: "${NEVER.exec(line)?.[0]}" is not a word of this project`] : [],
    );
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const problems = proseProblems(join(fileURLToPath(import.meta.url), '..', '..'));
  for (const problem of problems) console.log(problem);
  console.log(problems.length === 0 ? 'the pages tell the truth' : `${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
