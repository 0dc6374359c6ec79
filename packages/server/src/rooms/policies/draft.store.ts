import { parsePolicy, type Known, type PolicyRule } from '@writ/policy';
import { z } from 'zod';
import type { Db } from '../../base/db.ts';
import type { FieldFault } from '../../base/http/admin.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Resource } from '../resources/resource.ts';
import type { Draft } from './rulebook.ts';
import { knownTargets } from './store.ts';

/** Policies as they would be: put in the place of (or beside) those there are, and taken away by id. The rules are read by the language's own parser. */
export const draftShape = z
  .strictObject({
    put: z.array(z.record(z.string(), z.json())).max(1_000).default([]),
    remove: z.array(z.string().min(1).max(128)).max(1_000).default([]),
  })
  .meta({ id: 'PolicyDraft' });

/** Faults name the rule: `draft.put[2].scopes[0]`. */
export async function readDraft(
  db: Db,
  { put, remove }: z.output<typeof draftShape>,
  builtIn: readonly Resource[],
): Promise<Result<Draft, FieldFault[]>> {
  const known = await knownTargets(db, builtIn);
  const rules: PolicyRule[] = [];
  const faults: FieldFault[] = [];
  const ids = new Set<string>();
  put.forEach((input, at) => {
    const read = parsePolicy(input, knownFor(input, known));
    if (!read.ok) return faults.push(...read.errors.map(({ path, message }) => ({ field: `draft.put[${at}].${path}`, message })));
    if (ids.has(read.rule.id)) return faults.push({ field: `draft.put[${at}].id`, message: `${read.rule.id} stands twice` });
    ids.add(read.rule.id);
    return rules.push(read.rule);
  });
  return faults.length > 0 ? fail(faults) : ok({ put: rules, remove });
}

/** A draft may speak of connections that are still to be made. */
function knownFor({ target }: Record<string, unknown>, known: Known): Known | undefined {
  return typeof target === 'object' && target !== null && 'connections' in target ? undefined : known;
}
