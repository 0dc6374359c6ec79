// What is numbered to be named elsewhere: the invariants of a room or door in its README, and decisions. A number that stands twice, or nowhere, names nothing.
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { filesBelow, read } from './files.mjs';

const SERVER = 'packages/server/src';
const INVARIANT = /^- I(\d+)([a-z]?) /;
/** `rooms/users, I15`, `rooms/users I8`, `I17 of rooms/connections`. */
const NAMED = [
  /\b(?<place>(?:rooms|doors)\/\w+)`?,? (?<label>I\d+[a-z]?)\b/g,
  /\b(?<label>I\d+[a-z]?) of `?(?<place>(?:rooms|doors)\/\w+)/g,
];

/** Problems of one page: its invariants that stand twice or out of order, and those of others that it names and that are not there. */
export function numberProblems(root, page, text) {
  const lines = text.split('\n');
  const named = lines.flatMap((line, at) => lost(root, `${page}:${at + 1}`, line));
  return posix.basename(page) === 'README.md' ? [...unordered(page, lines), ...named] : named;
}

function unordered(page, lines) {
  const found = [];
  let last = { rank: -1, label: '' };
  lines.forEach((line, at) => {
    const [, number, letter] = INVARIANT.exec(line) ?? [];
    if (number === undefined) return;
    const one = { rank: Number(number) + (letter.codePointAt(0) ?? 0) / 1_000, label: `I${number}${letter}` };
    if (one.rank <= last.rank) found.push(`${page}:${at + 1}: ${one.label} stands after ${last.label}`);
    else last = one;
  });
  return found;
}

function lost(root, at, line) {
  return NAMED.flatMap((pattern) => [...line.matchAll(pattern)]).flatMap(({ groups: { place, label } }) =>
    labelsOf(root, place).has(label) ? [] : [`${at}: ${place} has no ${label}`],
  );
}

const known = new Map();

function labelsOf(root, place) {
  const page = `${SERVER}/${place}/README.md`;
  const key = join(root, page);
  if (!known.has(key))
    known.set(key, new Set(existsSync(key) ? [...read(root, page).matchAll(/^- (I\d+[a-z]?) /gm)].map(([, label]) => label) : []));
  return known.get(key);
}

/** Two decisions of one number, and one that calls itself by another. */
export function decisionProblems(root) {
  const pages = filesBelow(root, 'docs/decisions', /^\d{4}-.*\.md$/).toSorted();
  const numberOf = (page) => posix.basename(page).slice(0, 4);
  return pages.flatMap((page, index) => [
    ...(index > 0 && numberOf(pages[index - 1]) === numberOf(page) ? [`${page}: ${pages[index - 1]} has its number`] : []),
    ...(read(root, page).startsWith(`# ${numberOf(page)} `) ? [] : [`${page}: its title does not begin with its number`]),
  ]);
}
