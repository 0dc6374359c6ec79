/** A point in time, or a time of day in UTC that comes back daily. Both in milliseconds. */
export type Moment = { readonly kind: 'instant' | 'daily'; readonly ms: number };

const DAY = 86_400_000;
const DAILY = /^([01][0-9]|2[0-3]):([0-5][0-9])$/;
const INSTANT =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,3}))?(Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$/;

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function offsetMs(zone: string): number {
  if (zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

/** Reads `HH:MM` (UTC) or an RFC 3339 date-time with its zone; undefined for anything else, also for a day that does not exist. */
export function parseMoment(text: string): Moment | undefined {
  const daily = DAILY.exec(text);
  if (daily) return { kind: 'daily', ms: (Number(daily[1]) * 60 + Number(daily[2])) * 60_000 };
  const parts = INSTANT.exec(text);
  if (!parts) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number);
  if (year === undefined || month === undefined || day === undefined) return undefined;
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  const ms = Number((parts[7] ?? '').padEnd(3, '0'));
  return { kind: 'instant', ms: Date.UTC(year, month - 1, day, hour, minute, second, ms) - offsetMs(parts[8] ?? 'Z') };
}

/** The part of an instant that `moment` is compared with: the instant itself, or its time of day in UTC. */
export function comparable(moment: Moment, now: number): number {
  return moment.kind === 'instant' ? now : ((now % DAY) + DAY) % DAY;
}
