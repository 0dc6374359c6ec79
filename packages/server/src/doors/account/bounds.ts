const DAY_MS = 86_400_000;

const CHOICES: readonly { days: number; words: string }[] = [
  { days: 1, words: 'in a day' },
  { days: 7, words: 'in a week' },
  { days: 30, words: 'in a month' },
  { days: 90, words: 'in three months' },
];

/** The ends that may be set now: only earlier ones than there is. Milliseconds. */
export function bounds(now: number, expiresAt: number | undefined): readonly { days: number; words: string }[] {
  return CHOICES.filter(({ days }) => expiresAt === undefined || now + days * DAY_MS < expiresAt);
}

/** The time of a choice of that page, if it is one that may be made now. */
export function boundAt(days: string | undefined, now: number, expiresAt: number | undefined): number | undefined {
  const chosen = bounds(now, expiresAt).find((choice) => String(choice.days) === days);
  return chosen === undefined ? undefined : now + chosen.days * DAY_MS;
}
