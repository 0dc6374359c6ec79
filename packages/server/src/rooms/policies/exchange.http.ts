import { importOlder, parsePolicy, toCedar, type OlderNote, type PolicyRule } from '@writ/policy';
import { z } from 'zod';
import { authorOf, badInput, type FieldFault } from '../../base/http/admin.ts';
import { json, problem, text, type Problem, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Tx } from '../../base/db.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import { ADMIN_RESOURCE_ID } from '../resources/built-in.ts';
import { listResources } from '../resources/store.ts';
import { RESERVED } from './config.ts';
import type { PolicyDesk } from './desk.store.ts';
import { tested } from './gate.store.ts';
import { savingOf, TESTED, type PolicyRoutesDeps } from './http.ts';
import type { Policy } from './policy.ts';
import { knownTargets, putPolicy } from './store.ts';

export type ExchangeDeps = PolicyRoutesDeps & { desk: Pick<PolicyDesk, 'book'> };

const exportQuery = z.strictObject({
  format: z.enum(['cedar', 'cedar-json']),
  /** Of which targets: an allow reaches the hub's own API only by naming it, so that is a text of its own. */
  about: z.enum(['everything', ADMIN_RESOURCE_ID]).default('everything'),
});

const importBody = z
  .strictObject({
    /** Rules of the older form: a list, or what an export of it holds. */
    rules: z.json(),
    /** Which state they get; left out: as they say. */
    state: z.enum(['off', 'shadow', 'enforce']).optional(),
    /** False: nothing is kept. */
    apply: z.boolean().default(false),
  })
  .meta({ id: 'PolicyImport' });

const importView = z
  .object({
    applied: z.boolean(),
    rules: z.array(z.looseObject({ id: z.string(), change: z.enum(['create', 'change', 'none']) })),
    /** What was not carried over, or means something else now. */
    notes: z.array(z.object({ at: z.string(), message: z.string() })),
  })
  .meta({ id: 'PolicyImported' });

/** Policies in another language, out and in. */
export function policyExchangeRoutes(deps: ExchangeDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/admin/v1/policies/export',
      access: 'admin:policies:read',
      audit: ['admin.read'],
      summary: 'The enforced policies as Cedar text, which decides as they do',
      input: { query: exportQuery },
      output: {
        200: 'Cedar text; with format=cedar-json an object of text, requirements and patterns',
        409: 'A rule has something that Cedar cannot hold exactly',
      },
      handle: ({ query }) => exported(deps, query),
    }),
    route({
      method: 'POST',
      path: '/admin/v1/policies/import',
      access: 'admin:policies:write',
      audit: ['admin.read', 'policy.changed', 'policy.forced'],
      summary: `Read policies of the older form; kept only with apply: true${TESTED}`,
      maxBody: 4_000_000,
      input: { body: importBody },
      output: { 200: importView, 400: 'A rule names what does not exist', 409: 'It breaks saved policy tests' },
      handle: (call) => imported(deps, call),
    }),
  ];
}

function exported({ desk }: ExchangeDeps, { format, about }: z.output<typeof exportQuery>): Reply {
  const book = desk.book();
  const set = about === 'everything' ? book.everywhere : book.ownApi;
  const cedar = toCedar(set.rules.map(({ source }) => source));
  if (!cedar.ok)
    return problem({
      status: 409,
      type: 'not_exportable',
      title: 'A rule has something that Cedar cannot hold exactly',
      errors: cedar.errors.map(({ path, message }) => ({ field: path, message })),
    });
  const { text: rules, requirements, patterns } = cedar;
  const note = about === 'everything' ? `// Not for ${ADMIN_RESOURCE_ID}, the hub's own API: ask with about=${ADMIN_RESOURCE_ID}.\n` : '';
  if (format === 'cedar-json') return json(200, { text: `${note}${rules}`, requirements, patterns });
  return text(200, `${note}${rules}\n${requirements}`);
}

type Imported = Done & { done: readonly { rule: PolicyRule; outcome: PutOutcome<Policy>['outcome'] }[] };

async function imported(deps: ExchangeDeps, call: Call<z.output<typeof importBody>>): Promise<Reply> {
  const { rules: input, state, apply } = call.body;
  const audiences = new Map(
    (await listResources(deps.db, { limit: 10_000 })).flatMap(({ id, uri, aliases }) => [uri, ...aliases].map((one) => [one, id])),
  );
  const older = importOlder(input, { resourceOf: (audience) => audiences.get(audience) });
  const rules = older.rules.map((rule) => (state === undefined ? rule : { ...rule, state }));
  const by = authorOf(call);
  const outcome = await commitDeed<Imported, Problem>(
    deps.audit,
    (tx) => tested(tx, savingOf(deps, by, call.request), { type: 'policy', id: 'import' }, () => putAll(tx, rules, by, deps)),
    apply,
  );
  if (!outcome.ok) return problem({ ...outcome.error, extra: { ...outcome.error.extra, notes: older.notes } });
  if (apply) await deps.settled?.();
  return json(200, { applied: apply, rules: outcome.value.done.map(presentImported), notes: older.notes satisfies readonly OlderNote[] });
}

const CHANGES = { created: 'create', changed: 'change', unchanged: 'none', removed: 'none' } as const;

function presentImported({ rule, outcome }: Imported['done'][number]): object {
  return { ...rule, change: CHANGES[outcome] };
}

async function putAll(tx: Tx, rules: readonly PolicyRule[], by: Author, { builtIn }: ExchangeDeps): Promise<Result<Imported, Problem>> {
  const known = await knownTargets(tx, builtIn);
  const faults: FieldFault[] = [];
  const put: { rule: PolicyRule; outcome: PutOutcome<Policy> }[] = [];
  for (const rule of rules) {
    const read = parsePolicy(rule, known);
    if (!read.ok) faults.push(...read.errors.map(({ path, message }) => ({ field: `${rule.id}.${path}`, message })));
    else if (RESERVED.has(rule.id)) faults.push({ field: `${rule.id}.id`, message: 'is a word of the admin API' });
    else put.push({ rule: read.rule, outcome: await putPolicy(tx, read.rule, by, { imported: true }) });
  }
  if (faults.length > 0) return fail(badInput(faults, 'A rule names what does not exist'));
  return ok({
    entries: put.flatMap(({ outcome }) => outcome.entries),
    changed: put.flatMap(({ outcome }) => outcome.changed),
    done: put.map(({ rule, outcome }) => ({ rule, outcome: outcome.outcome })),
  });
}
