// The picture of the house in README.md and ARCHITECTURE.md is of the house that stands: all of its rooms in their order, all of its doors.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { read } from './files.mjs';

const RULES = 'tools/floors.json';
/** Where each page speaks of which floor, and whether it says the order. */
const PICTURES = [
  { page: 'README.md', floor: 'doors', place: /│ doors ([\s\S]*?)├/, ordered: false },
  { page: 'README.md', floor: 'rooms', place: /│ rooms ([\s\S]*?)├/, ordered: true },
  { page: 'ARCHITECTURE.md', floor: 'rooms', place: /one folder per domain, in this order: ([^.]*)\./, ordered: true },
  { page: 'ARCHITECTURE.md', floor: 'doors', place: /\| Door \|([\s\S]*?)\n\n/, ordered: false },
];

/** Rooms and doors that a picture leaves out, and rooms that it shows in another order than `tools/floors.json`. */
export function pictureProblems(root) {
  if (!existsSync(join(root, RULES))) return [];
  const rules = JSON.parse(read(root, RULES));
  return PICTURES.flatMap(({ page, floor, place, ordered }) => {
    const folder = join(root, rules.server, floor);
    const there = existsSync(folder) ? readdirSync(folder) : [];
    const wanted = rules[floor].filter((name) => there.includes(name));
    const words = place.exec(existsSync(join(root, page)) ? read(root, page) : '')?.[1]?.match(/[a-z]+/g) ?? [];
    const drawn = words.filter((word) => wanted.includes(word));
    const lacking = wanted.filter((name) => !drawn.includes(name)).map((name) => `${page}: the picture of the ${floor} lacks ${name}`);
    const isAsBuilt = !ordered || lacking.length > 0 || drawn.join(' ') === wanted.join(' ');
    return isAsBuilt ? lacking : [`${page}: the ${floor} stand in the order of ${RULES}: ${wanted.join(' ')}`];
  });
}
