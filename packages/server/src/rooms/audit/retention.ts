import { z } from 'zod';

/** Twenty years. */
export const MOST_MONTHS = 240;

/** How long the record is kept: so many whole months after the one an entry was written in; for ever without it. */
export const retentionSchema = z.strictObject({ months: z.number().int().min(1).max(MOST_MONTHS).optional() });
export type Retention = z.infer<typeof retentionSchema>;

export const KEPT_FOR_EVER: Retention = {};

/** `2026-03`, out of the name of its partition. */
export function monthOf(partition: string): string | undefined {
  const [, year, month] = /^audit_events_(\d{4})_(\d{2})$/.exec(partition) ?? [];
  return year === undefined || month === undefined ? undefined : `${year}-${month}`;
}

/** The months that are old enough to be given up, oldest first. */
export function givenUp(months: readonly string[], { months: kept }: Retention, now: number): string[] {
  if (kept === undefined) return [];
  const at = new Date(now);
  const first = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - kept, 1)).toISOString().slice(0, 7);
  return months.filter((month) => month < first).toSorted();
}

const pruned = z.object({ data: z.object({ seq: z.number().int(), hash: z.string() }) });

/** Where its chain begins, as an entry `audit.pruned` says; undefined when it says nothing of it. */
export function prunedTo(body: string): { seq: number; hash: string } | undefined {
  return pruned.safeParse(JSON.parse(body)).data?.data;
}
