/** One cell: quoted where it must be (RFC 4180), and never a formula: spreadsheets run what begins like one. */
function cell(value: unknown): string {
  const text = value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Objects as lines, with a column for every member that any of them has. Lists of words are joined; what has parts stands as JSON. */
export function toCsv(items: readonly object[]): string {
  const rows = items.map((item) => new Map<string, unknown>(Object.entries(item)));
  const names = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  const plain = (value: unknown): unknown =>
    Array.isArray(value) && value.every((one) => typeof one === 'string') ? value.join(' ') : value;
  return [names.map(cell), ...rows.map((row) => names.map((name) => cell(plain(row.get(name)))))]
    .map((line) => `${line.join(',')}\r\n`)
    .join('');
}
