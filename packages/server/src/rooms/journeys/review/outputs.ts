import { z } from 'zod';
import type { JourneyDenial, Json } from '@writ/flow';
import { fail, ok, type Result } from '../../../base/result.ts';
import type { Enrichment } from '../../clients/review.ts';

const outputs = z.strictObject({
  tags: z.array(z.string().min(1).max(64)).max(50).optional(),
  owner: z.string().min(1).max(128).optional(),
  scopes: z
    .array(z.string().regex(/^[!#-[\]-~]{1,200}$/))
    .max(500)
    .optional(),
});

/** What `complete` gives for the record of the client. The error names what does not fit: nobody is let in with half of what was meant for them. */
export function enrichmentOf(given: Readonly<Record<string, Json>>): Result<Enrichment, string> {
  const read = outputs.safeParse(given);
  if (!read.success)
    return fail(`outputs: ${read.error.issues.map(({ path, code, message }) => `${path.join('.')} ${code} ${message}`).join('; ')}`);
  const { tags, owner, scopes } = read.data;
  return ok({
    ...(tags === undefined ? {} : { tags }),
    ...(owner === undefined ? {} : { owner }),
    ...(scopes === undefined ? {} : { scopes }),
  });
}

/** What whoever runs the client is told, where the author said nothing. */
export function refusalOf({ error, reason, message }: JourneyDenial): { reason: string; message: string; later: boolean } {
  const later = error === 'temporarily_unavailable' || error === 'server_error';
  const words = later ? 'This registration cannot be reviewed now. Try again later.' : 'This hub does not take this registration.';
  return { reason, message: message ?? words, later };
}
