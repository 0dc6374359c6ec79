/** What a number counts, told by the name of its member as the hub's config names them; undefined for plain numbers. */
export function unitOf(name: string): string | undefined {
  if (/(Ttl|Seconds)$/.test(name) || ['maxLifetime', 'maxAge', 'freshLogin', 'askedFor'].includes(name)) return 'seconds';
  if (/bytes$/i.test(name)) return 'bytes';
  for (const unit of ['days', 'months', 'hours', 'minutes'])
    if (name === unit || name.endsWith(unit.replace(/^./, (first) => first.toUpperCase()))) return unit;
  return undefined;
}

const SPANS: readonly (readonly [number, string])[] = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
];

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** The same in units that people read, where it is a round number of them: 5400 seconds as "1 hour 30 minutes". */
export function inWords(value: number, unit: string | undefined): string | undefined {
  if (unit === 'bytes') return value >= 1_048_576 && value % 1_048_576 === 0 ? `${value / 1_048_576} MiB` : undefined;
  if (unit !== 'seconds' || value < 60) return undefined;
  const words: string[] = [];
  let rest = value;
  for (const [size, word] of SPANS) {
    const count = Math.floor(rest / size);
    rest %= size;
    if (count > 0) words.push(plural(count, word));
  }
  return rest > 0 || words.length > 2 ? undefined : words.join(' ');
}
