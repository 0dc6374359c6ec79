import { z } from 'zod';
import { authorOf } from '../../base/http/admin.ts';
import { json, problem, type Reply } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { importCredentials, type ImportDeps, type ImportFault } from './import.store.ts';
import { importBody, readRows } from './import.ts';

const answer = z
  .object({
    dryRun: z.boolean(),
    created: z.number(),
    changed: z.number(),
    unchanged: z.number(),
    verified: z.number().describe('How many were refreshed at their provider'),
    rows: z.array(z.object({ row: z.number(), id: z.string().nullable(), outcome: z.enum(['created', 'changed', 'unchanged']) })),
  })
  .meta({ id: 'CredentialImported' });

const MEGABYTE = 1024 * 1024;

/** Existing tokens and keys, moved here in one upload: all of them or none. */
export function importRoutes(deps: ImportDeps): Route[] {
  return [
    route({
      method: 'POST',
      path: '/admin/v1/credentials/import',
      access: 'admin:credentials:write',
      audit: ['credential.stored'],
      summary: 'Move existing credentials here, all or none; rehearse it with dryRun, prove it with verifyRefresh',
      maxBody: 8 * MEGABYTE,
      input: { body: importBody },
      output: { 200: answer, 422: 'Rows with faults; nothing was stored, but for the rows that `kept` names' },
      async handle(call) {
        const { credentials, ...wish } = call.body;
        const { rows, faults } = readRows(credentials);
        if (faults.length > 0) return refused({ faults, kept: [] });
        const outcome = await importCredentials(deps, { ...wish, rows, by: authorOf(call) });
        if (!outcome.ok) return refused(outcome.error);
        const { rows: done, verified } = outcome.value;
        const count = (word: (typeof done)[number]['outcome']): number => done.filter((one) => one.outcome === word).length;
        return json(200, {
          dryRun: wish.dryRun,
          created: count('created'),
          changed: count('changed'),
          unchanged: count('unchanged'),
          verified,
          // A rehearsed row has an id that nobody will see again.
          rows: done.map((one) => ({ ...one, id: wish.dryRun && one.outcome === 'created' ? null : one.id })),
        });
      },
    }),
  ];
}

/** RFC 9457 with one member per row that is wrong. */
function refused({ faults, kept }: ImportFault): Reply {
  const detail =
    kept.length === 0
      ? 'Nothing was stored.'
      : `Their provider replaced the tokens of rows ${kept.join(', ')} while they were verified, so these were stored. Nothing else was.`;
  return problem({ status: 422, type: 'import_refused', title: 'Rows of this import cannot be taken', detail, extra: { faults, kept } });
}
