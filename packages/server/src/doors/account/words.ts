const STEPS: readonly [number, string][] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
];

/** How long ago, roughly: "just now", "3 hours ago", "yesterday". Times in milliseconds. */
export function ago(then: number, now: number): string {
  const past = Math.max(0, now - then);
  const [size, unit] = STEPS.find(([size]) => past >= size) ?? [0, ''];
  if (size === 0) return 'just now';
  const count = Math.floor(past / size);
  if (unit === 'day' && count === 1) return 'yesterday';
  return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
}

/** A day as people write it: "24 December 2026", UTC. Milliseconds. */
export function day(then: number): string {
  return new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }).format(then);
}

/** For `datetime`: RFC 3339, UTC. Milliseconds. */
export function machineTime(then: number): string {
  return new Date(then).toISOString();
}

const BROWSERS: readonly [RegExp, string][] = [
  [/\bEdg(e|A|iOS)?\//, 'Edge'],
  [/\b(OPR|Opera)\//, 'Opera'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(Headless)?(Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];
const SYSTEMS: readonly [RegExp, string][] = [
  [/iPhone|iPad/, 'iOS'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/Linux|X11/, 'Linux'],
];

/** A browser as its owner would name it. Only for telling logins apart: what a browser says of itself proves nothing. */
export function deviceOf(userAgent: string | undefined): string {
  const named = (list: readonly [RegExp, string][]) => list.find(([pattern]) => pattern.test(userAgent ?? ''))?.[1];
  const [browser, system] = [named(BROWSERS), named(SYSTEMS)];
  if (browser === undefined && system === undefined) return 'A program';
  return [browser ?? 'A browser', system].filter((word) => word !== undefined).join(' on ');
}
