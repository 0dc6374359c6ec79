import { z } from 'zod';
import { credentialConfig, slotName, type CredentialConfig } from './credential-config.ts';

export const MOST_ROWS = 1_000;
/** Each of them is a request to a provider while the caller waits. */
export const MOST_VERIFIED = 100;

export const importBody = z
  .strictObject({
    credentials: z
      .array(z.looseObject({}))
      .min(1)
      .max(MOST_ROWS)
      .describe('Each in the form of CredentialConfig, with its secret as {value: …}'),
    dryRun: z.boolean().default(false).describe('Judge everything, keep nothing, ask no provider'),
    verifyRefresh: z
      .boolean()
      .default(false)
      .describe(
        `Refresh each OAuth credential at its provider first, and store nothing when one is refused; at most ${MOST_VERIFIED} rows`,
      ),
    replace: z.boolean().default(false).describe('Put over credentials that are there already; otherwise they are faults'),
  })
  .meta({ id: 'CredentialImport' });

/** What is wrong with one row, counted from 0. */
export type RowFault = { row: number; field: string; message: string };

/** A row that is well-formed, with its place in the upload. */
export type ImportRow = { row: number; config: CredentialConfig };

/** Reads every row, whatever is wrong with the others: who moves a thousand tokens wants one list of faults and not a thousand answers. Pure. */
export function readRows(given: readonly unknown[]): { rows: ImportRow[]; faults: RowFault[] } {
  const rows: ImportRow[] = [];
  const faults: RowFault[] = [];
  const first = new Map<string, number>();
  given.forEach((value, row) => {
    const read = credentialConfig.safeParse(value);
    if (!read.success) {
      for (const { path, message } of read.error.issues) faults.push({ row, field: path.map(String).join('.'), message });
      return;
    }
    const slot = slotName(read.data);
    const before = first.get(slot);
    if (before !== undefined) faults.push({ row, field: 'owner', message: `the same connection, owner and label as row ${before}` });
    first.set(slot, before ?? row);
    rows.push({ row, config: read.data });
  });
  return { rows, faults };
}
