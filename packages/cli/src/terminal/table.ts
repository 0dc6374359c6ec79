import { visible } from './visible.ts';
import type { Terminal } from './terminal.ts';

/** A column: its heading, and the words for one row. */
export type Column<Row> = readonly [heading: string, cell: (row: Row) => string | undefined];

const WIDEST = 60;

/** Rows under headings, columns as wide as their content. An empty cell is a dash, so that columns stay readable by `awk`. */
export function table<Row>(to: Pick<Terminal, 'paint'>, rows: readonly Row[], columns: readonly Column<Row>[]): string[] {
  const cells = rows.map((row) => columns.map(([, cell]) => shown(cell(row))));
  const widths = columns.map(([heading], index) => Math.max(heading.length, ...cells.map((row) => lengthOf(row[index] ?? ''))));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) => padded(cell, widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  return [to.paint('dim', line(columns.map(([heading]) => heading))), ...cells.map(line)];
}

/** `name   value` lines for one thing; undefined values are left out. */
export function facts(to: Pick<Terminal, 'paint'>, of: readonly (readonly [string, string | undefined])[]): string[] {
  const known = of.filter(([, value]) => value !== undefined);
  const width = Math.max(0, ...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${to.paint('dim', name.padEnd(width))}  ${visible(value ?? '')}`);
}

/** A moment (milliseconds, or RFC 3339) as people and `sort` read it: `2026-11-21 12:30:05` in UTC. */
export function moment(time: unknown): string | undefined {
  if (typeof time !== 'number' && typeof time !== 'string') return undefined;
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().slice(0, 19).replace('T', ' ');
}

function shown(text: string | undefined): string {
  if (text === undefined || text === '') return '-';
  const clean = visible(text);
  return lengthOf(clean) > WIDEST ? `${[...clean].slice(0, WIDEST - 1).join('')}…` : clean;
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - lengthOf(text)));
}

/** Characters, not UTF-16 units: one emoji is not two columns of padding too many. */
function lengthOf(text: string): number {
  return [...text].length;
}
