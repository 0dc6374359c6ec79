import { z } from 'zod';

const days = z.number().int().min(1).max(3_650);

/** How long what people allow is good for, hub-wide. Null: without end. A page offers nothing beyond `maxDays`. */
export const grantSetting = z
  .strictObject({ defaultDays: days.nullable().default(null), maxDays: days.nullable().default(null) })
  .refine(({ defaultDays, maxDays }) => maxDays === null || defaultDays === null || defaultDays <= maxDays, {
    path: ['defaultDays'],
    message: 'at most maxDays',
  });
export type GrantSetting = z.infer<typeof grantSetting>;

export const DEFAULT_GRANT_SETTING: GrantSetting = { defaultDays: null, maxDays: null };

/** What a page offers: so many days, or `open`, until somebody ends it. */
export type UntilOffer = { days: readonly number[]; open: boolean; chosen: number | 'open' };

const USUAL: readonly number[] = [1, 7, 30, 90, 365];

export function untilOffer({ defaultDays, maxDays }: GrantSetting): UntilOffer {
  const most = maxDays ?? Number.POSITIVE_INFINITY;
  const all = [...USUAL, ...(defaultDays === null ? [] : [defaultDays]), ...(maxDays === null ? [] : [maxDays])];
  const offered = [...new Set(all)].filter((one) => one <= most).toSorted((a, b) => a - b);
  return { days: offered, open: maxDays === null, chosen: defaultDays ?? maxDays ?? 'open' };
}

/** What was chosen, by the page that came back; undefined: nothing that was offered. A page without the choice takes what was chosen for it. */
export function chosenUntil(offer: UntilOffer, posted: string | undefined): number | 'open' | undefined {
  if (posted === undefined) return offer.chosen;
  if (posted === 'open') return offer.open ? 'open' : undefined;
  return offer.days.find((one) => String(one) === posted);
}

const DAY_MS = 86_400_000;

/** Milliseconds since the epoch; undefined: without end. */
export function endAfter(days: number | undefined, now: number): number | undefined {
  return days === undefined ? undefined : now + days * DAY_MS;
}
