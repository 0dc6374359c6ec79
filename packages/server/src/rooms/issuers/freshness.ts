/** How long a fetched document may be used without asking again, in ms. Shorter would let anybody make us fetch; longer would keep what was withdrawn. */
export const SHORTEST = 60_000;
export const LONGEST = 86_400_000;
const DEFAULT = 3_600_000;

/** Until when an answer is fresh by its own headers (RFC 9111 §4.2), kept within our bounds. `no-store` and `private` make it as short as allowed. */
export function freshUntil(
  headers: { cacheControl: string | null; age: string | null; expires: string | null; date: string | null },
  now: number,
): number {
  return now + Math.min(LONGEST, Math.max(SHORTEST, lifetime(headers)));
}

function lifetime({ cacheControl, age, expires, date }: Parameters<typeof freshUntil>[0]): number {
  const directives = new Map(
    (cacheControl ?? '')
      .toLowerCase()
      .split(',')
      .map((part) => directive(part.trim())),
  );
  if (directives.has('no-store') || directives.has('no-cache') || directives.has('private')) return 0;
  const maxAge = seconds(directives.get('s-maxage')) ?? seconds(directives.get('max-age'));
  if (maxAge !== undefined) return (maxAge - (seconds(age ?? undefined) ?? 0)) * 1000;
  const [until, from] = [Date.parse(expires ?? ''), Date.parse(date ?? '')];
  return Number.isNaN(until) || Number.isNaN(from) ? (expires === null ? DEFAULT : 0) : until - from;
}

function directive(part: string): [string, string] {
  const [name = '', value = ''] = part.split('=');
  return [name.trim(), value.trim().replaceAll('"', '')];
}

function seconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
