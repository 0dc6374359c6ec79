import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { listAt, parseJson } from '../json.ts';
import { Refused } from '../refused.ts';

/** The rows of a file: a list, an object with `credentials`, or one JSON object per line. JSON or YAML; `-` is stdin. */
export async function readUpload(file: string): Promise<readonly unknown[]> {
  const content = file === '-' ? await text(process.stdin) : readFileSync(file, 'utf8');
  const rows = linesOf(content) ?? rowsOf(await parsed(content, file));
  if (rows.length === 0) throw new Refused(`${file} has no credentials: a list, or an object with "credentials".`);
  return rows;
}

/** JSON lines; undefined when it is something else. */
function linesOf(content: string): unknown[] | undefined {
  const lines = content.split('\n').filter((line) => line.trim() !== '');
  if (lines.length < 2 || !lines.every((line) => line.startsWith('{') && line.trimEnd().endsWith('}'))) return undefined;
  const rows = lines.map(parseJson);
  return rows.includes(undefined) ? undefined : rows;
}

async function parsed(content: string, file: string): Promise<unknown> {
  const { parse } = await import('yaml');
  try {
    // YAML contains JSON.
    return parse(content);
  } catch {
    // The parser's words would show a piece of the file, and the file is full of secrets.
    throw new Refused(`${file} is neither JSON nor YAML.`);
  }
}

function rowsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : listAt(value, 'credentials');
}
