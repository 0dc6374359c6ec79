const WINDOW_MS = 5 * 60_000;

/**
 * How many entries there were a minute over the last five, of the newest there are; `+` when the list may have been cut before the five minutes
 * began.
 */
export function perMinute(newest: readonly { time: string }[], now: number, most = 200): string {
  const recent = newest.filter(({ time }) => now - Date.parse(time) < WINDOW_MS).length;
  const rate = recent / (WINDOW_MS / 60_000);
  const said = rate === 0 || rate >= 10 ? Math.round(rate).toString() : rate.toFixed(1);
  return recent >= most ? `${said}+` : said;
}
