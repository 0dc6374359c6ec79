// Inside the server: base < config < rooms (in list order) < doors (side by side) < house < main; rooms are pure by default.
import { globalFetch } from './syntax.mjs';

/** The unit a file belongs to: `server/base/db`, `server/rooms/clients`, `server/house`; outside the server, its workspace. */
export function unitOf(path, dir, { server }) {
  if (!path.startsWith(`${server}/`)) return dir.replace(/^packages\//, '');
  const parts = path.slice(server.length + 1).split('/');
  const deep = ['base', 'rooms', 'doors'].includes(parts[0]) ? 2 : 1;
  return `server/${parts.slice(0, deep).join('/').replace(/\.ts$/, '')}`;
}

/** Problems of the files below `rules.server`; tests may reach anywhere in the server. */
export function serverProblems(sources, rules) {
  const found = [];
  for (const source of sources) {
    if (source.test || !source.path.startsWith(`${rules.server}/`)) continue;
    const here = placeOf(source.path, rules);
    const say = (line, sentence) => found.push(`${source.path}:${line}: ${sentence}`);
    if (here.problem !== undefined) say(1, here.problem);
    else {
      for (const one of source.imports) {
        const problem = one.target === undefined ? reserved(one.from, here, rules) : upward(one, here, rules);
        if (problem !== undefined) say(one.line, problem);
      }
      if (!allowedAt(here, rules.only.fetch))
        for (const { line } of globalFetch(source.tree)) say(line, `calls fetch; only ${rules.only.fetch} may`);
    }
  }
  return found;
}

/** Where a file stands: `{ floor, part, name, inside }`, or `{ problem }` when it stands on no floor. */
function placeOf(path, { server, floors, rooms, doors }) {
  const inside = path.slice(server.length + 1);
  const [part, name = ''] = inside.split('/');
  const floor = floors.findIndex((parts) => parts.includes(part));
  if (floor < 0) return { problem: `stands on no floor; ${floors.flat().join(', ')} are the floors` };
  const list = { rooms, doors }[part];
  if (list !== undefined && !list.includes(name)) return { problem: `${part}/${name} is not in the list of ${part} (tools/floors.json)` };
  return { floor, part, name: name.replace(/\.ts$/, ''), order: list?.indexOf(name) ?? -1, inside };
}

const allowedAt = ({ inside }, places) => places.some((place) => inside === `${place}.ts` || inside.startsWith(`${place}/`));

function reserved(from, here, { only, impure }) {
  const places = only[from];
  if (places !== undefined && !allowedAt(here, places)) return `imports ${from}; only ${places} may`;
  if (here.part === 'rooms' && from.startsWith('node:') && isPure(here, impure)) return `imports ${from}, but this file is pure`;
  return undefined;
}

/** `store.ts`, and where one file would grow too long `read.store.ts`; the last word before the ending decides. */
const isPure = ({ part, inside }, impure) => part === 'rooms' && !impure.includes(inside.split('/').at(-1).split('.').at(-2));

function upward({ target, typeOnly }, here, rules) {
  if (!target.startsWith(`${rules.server}/`)) return undefined;
  const there = placeOf(target, rules);
  if (there.problem !== undefined) return `imports ${target}, which ${there.problem}`;
  if (there.floor > here.floor) return `imports upward: ${there.inside}`;
  if (here.part === 'doors' && there.part === 'doors' && there.name !== here.name) return `a door imports another door: ${there.inside}`;
  if (here.part === 'rooms' && there.part === 'rooms' && there.order > here.order) {
    return `room ${here.name} imports room ${there.name}, which stands below it in the list`;
  }
  return isPure(here, rules.impure) ? unclean(there, typeOnly, rules) : undefined;
}

/** What a pure file may know: pure files, any type from base, and the few base modules that do no I/O. */
function unclean(there, typeOnly, { impure, pureMayUse }) {
  if (there.part === 'rooms') return isPure(there, impure) ? undefined : `this file is pure, and ${there.inside} is not`;
  if (there.part === 'base' && (typeOnly || allowedAt(there, pureMayUse))) return undefined;
  return `this file is pure; from below it may use types and ${pureMayUse.join(', ')}, not ${there.inside}`;
}
