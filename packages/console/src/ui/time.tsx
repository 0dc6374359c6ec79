/** What a moment is called: how long ago, as people say it. Milliseconds. */
export function since(at: number, now: number): string {
  const seconds = Math.round((now - at) / 1_000);
  const [size, suffix] = seconds < 0 ? [-seconds, 'in '] : [seconds, ''];
  const steps: readonly (readonly [number, number, string])[] = [
    [60, 1, 's'],
    [3_600, 60, 'min'],
    [86_400, 3_600, 'h'],
    [86_400 * 60, 86_400, 'days'],
    [86_400 * 730, 86_400 * 30, 'months'],
    [Infinity, 86_400 * 365, 'years'],
  ];
  const [, unit, word] = steps.find(([limit]) => size < limit) ?? [0, 1, 's'];
  const count = Math.max(0, Math.round(size / unit));
  const said = `${count} ${count === 1 ? word.replace(/s$/, word === 's' ? 's' : '') : word}`;
  if (suffix !== '') return `in ${said}`;
  return size < 5 ? 'just now' : `${said} ago`;
}

/** A moment of the record: relative to read, exact (UTC) to point at. */
export function Time({ at }: { at: number | string | null | undefined }) {
  if (at === null || at === undefined) return <span className="text-soft">never</span>;
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return <span>{String(at)}</span>;
  const exact = date.toISOString();
  return (
    <time dateTime={exact} title={exact} className="whitespace-nowrap">
      {since(date.getTime(), Date.now())}
    </time>
  );
}

/** The same, exact: for the record itself. */
export function Moment({ at }: { at: string }) {
  return (
    <time dateTime={at} title={at} className="font-mono text-[0.86rem] whitespace-nowrap text-soft">
      {at.slice(5, 10)} {at.slice(11, 19)}
    </time>
  );
}
