import { at, listAt, textAt } from '../json.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { visible } from '../terminal/visible.ts';

/** What a plan says about one object: made, changed (in which fields) or removed. What stays as it is does not appear. */
export type Change = { kind: string; id: string; change: string; fields: readonly Field[] };
type Field = { name: string; from: unknown; to: unknown };

/** The changes in the answer of `plan` and `apply`. */
export function changesIn(answer: unknown): Change[] {
  return listAt(answer, 'changes').flatMap((one) => {
    const change = textAt(one, 'change') ?? 'none';
    if (change === 'none') return [];
    return [{ kind: textAt(one, 'kind') ?? '?', id: textAt(one, 'id') ?? '?', change, fields: listAt(one, 'fields').map(fieldOf) }];
  });
}

function fieldOf(field: unknown): Field {
  if (typeof field === 'string') return { name: field, from: undefined, to: undefined };
  return { name: textAt(field, 'field') ?? textAt(field, 'path') ?? '?', from: at(field, 'from'), to: at(field, 'to') };
}

const SIGNS = { create: ['+', 'green'], change: ['~', 'yellow'], remove: ['-', 'red'] } as const;

/** What applying leaves behind that no longer fits, such as a policy for a scope that is gone. */
function warningLines(to: Pick<Terminal, 'paint'>, answer: unknown): string[] {
  return listAt(answer, 'warnings').map((one) => {
    const where = `${textAt(one, 'kind') ?? '?'} ${textAt(one, 'id') ?? '?'}`;
    return `${to.paint('yellow', '!')} ${visible(`${where}: ${textAt(one, 'message') ?? 'does not fit'}`)}`;
  });
}

/** One line per object with a sign, one per field below it. */
export function changeLines(to: Pick<Terminal, 'paint'>, changes: readonly Change[]): string[] {
  return changes.flatMap(({ kind, id, change, fields }) => {
    const [sign, style] = change === 'create' || change === 'remove' ? SIGNS[change] : SIGNS.change;
    return [to.paint(style, `${sign} ${visible(`${kind} ${id}`)}`), ...fields.map((field) => `    ${fieldLine(field)}`)];
  });
}

function fieldLine({ name, from, to }: Field): string {
  if (from === undefined && to === undefined) return visible(name);
  return visible(`${name}: ${wordsOf(from)} → ${wordsOf(to)}`);
}

function wordsOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  const words = JSON.stringify(value);
  return words.length > 80 ? `${words.slice(0, 79)}…` : words;
}

/** `2 to make, 1 to change`. */
export function countLine(changes: readonly Change[], words: { create: string; change: string; remove: string }): string {
  const counts = Object.entries(words).map(([kind, word]) => [changes.filter(({ change }) => change === kind).length, word] as const);
  return counts
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(', ');
}

/** What `plan` and `apply` answered, for people. `told`: the last line, where there is something to tell. */
export function printChanges(to: Terminal, answer: unknown, told: (changes: readonly Change[]) => string): void {
  const changes = changesIn(answer);
  for (const line of [...changeLines(to, changes), ...warningLines(to, answer)]) to.print(line);
  to.print(changes.length === 0 ? 'Nothing to do: the hub is as the file says.' : told(changes));
}
