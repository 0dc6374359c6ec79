/** The line (from 1) on which each value of a JSON text begins, by path as faults write it (`nodes[2].url`). */
export function linesByPath(text: string): ReadonlyMap<string, number> {
  const reader: Reader = { text, at: 0, line: 1, lines: new Map() };
  try {
    value(reader, '');
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
  }
  return reader.lines;
}

/** The line of a fault: that of the longest path above it that is there. */
export function lineOf(lines: ReadonlyMap<string, number>, path: string): number {
  let at = path;
  for (;;) {
    const line = lines.get(at);
    if (line !== undefined) return line;
    const cut = Math.max(at.lastIndexOf('.'), at.lastIndexOf('['));
    if (cut <= 0) return lines.get('') ?? 1;
    at = at.slice(0, cut);
  }
}

type Reader = { readonly text: string; at: number; line: number; readonly lines: Map<string, number> };

/** The text ends, or is no JSON; what was found so far stands. */
class NotJson extends Error {}

function value(reader: Reader, path: string): void {
  space(reader);
  reader.lines.set(path, reader.line);
  const sign = reader.text[reader.at];
  if (sign === '{') members(reader, '}', () => member(reader, path));
  else if (sign === '[') {
    let index = 0;
    members(reader, ']', () => {
      value(reader, `${path}[${String(index)}]`);
      index += 1;
    });
  } else if (sign === '"') word(reader);
  else plain(reader);
}

function member(reader: Reader, path: string): void {
  const line = reader.line;
  const name = word(reader);
  space(reader);
  expect(reader, ':');
  const inner = path === '' ? name : `${path}.${name}`;
  value(reader, inner);
  reader.lines.set(inner, line);
}

function members(reader: Reader, end: string, one: () => void): void {
  reader.at += 1;
  space(reader);
  if (reader.text[reader.at] === end) {
    reader.at += 1;
    return;
  }
  for (;;) {
    space(reader);
    one();
    space(reader);
    if (reader.text[reader.at] === end) break;
    expect(reader, ',');
  }
  reader.at += 1;
}

function word(reader: Reader): string {
  const found = /"(?:[^"\\]|\\.)*"/suy;
  found.lastIndex = reader.at;
  const [text] = found.exec(reader.text) ?? [];
  if (text === undefined) throw new NotJson();
  reader.at += text.length;
  return text.slice(1, -1);
}

function plain(reader: Reader): void {
  const found = /[\w.+-]+/uy;
  found.lastIndex = reader.at;
  const [text] = found.exec(reader.text) ?? [];
  if (text === undefined) throw new NotJson();
  reader.at += text.length;
}

function expect(reader: Reader, sign: string): void {
  if (reader.text[reader.at] !== sign) throw new NotJson();
  reader.at += 1;
}

function space(reader: Reader): void {
  for (;;) {
    const sign = reader.text[reader.at];
    if (sign === '\n') reader.line += 1;
    if (sign === undefined || !' \t\r\n'.includes(sign)) return;
    reader.at += 1;
  }
}
