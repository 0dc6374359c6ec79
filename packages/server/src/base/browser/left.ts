/** How long until then, in words: "12 minutes left". Times in milliseconds. */
export function left(then: number, now: number): string {
  const minutes = Math.ceil((then - now) / 60_000);
  if (minutes <= 1) return 'less than a minute left';
  if (minutes < 120) return `${minutes} minutes left`;
  return minutes < 2_880 ? `${Math.floor(minutes / 60)} hours left` : `${Math.floor(minutes / 1_440)} days left`;
}
