import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';
import { labelOf, type Way } from './read.ts';

/** The ways as a tree: who, what is reached, and below it how, by what and under which conditions. */
export function treeOf(to: Pick<Terminal, 'paint'>, ways: readonly Way[], names: ReadonlyMap<string, string>): string[] {
  const starts = Map.groupBy(
    ways.filter(({ kind }) => kind === 'reaches'),
    ({ from }) => from,
  );
  return [...starts].flatMap(([from, theirs]) => {
    const targets = [...Map.groupBy(theirs, (way) => way.to)];
    const below = targets.flatMap(([target, found], at) => {
      const isLast = at === targets.length - 1;
      const head = `${isLast ? '└─' : '├─'} ${to.paint('cyan', visible(labelOf(target, names)))}`;
      return [head, ...found.flatMap((way) => linesOf(to, way, names)).map((line) => `${isLast ? ' ' : '│'}    ${line}`)];
    });
    return [to.paint('bold', visible(labelOf(from, names))), ...below];
  });
}

function linesOf(to: Pick<Terminal, 'paint'>, way: Way, names: ReadonlyMap<string, string>): string[] {
  const scopes = way.scopes.length === 0 ? 'the whole of it' : way.scopes.join(' ');
  const through = way.through.length === 0 ? '' : `, through ${way.through.join(' and then ')}`;
  const whom = way.from.startsWith('client:') && way.for !== undefined ? ` for ${labelOf(way.for, names)}` : '';
  const how = visible(`by ${way.way ?? '?'}${whom}${through}`);
  const head = `${visible(scopes)}  ${to.paint('dim', how)}`;
  return [
    way.refused === undefined ? head : `${to.paint('red', 'stopped')} ${visible(`${scopes}: ${way.refused}`)}`,
    ...way.by.map(({ sentence }) => to.paint('dim', `because  ${visible(sentence)}`)),
    ...way.conditions.map((sentence) => to.paint('yellow', `if       ${visible(sentence)}`)),
  ];
}
