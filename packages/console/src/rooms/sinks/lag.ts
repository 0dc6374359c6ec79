/** How far a sink is behind: for how long its oldest entry waits, as people say it. Undefined where nothing waits. Milliseconds. */
export function lagOf({ pending, oldestPendingAt }: { pending: number; oldestPendingAt: number | null }, now: number): string | undefined {
  if (pending === 0 || oldestPendingAt === null) return undefined;
  const seconds = Math.max(0, Math.round((now - oldestPendingAt) / 1_000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}
