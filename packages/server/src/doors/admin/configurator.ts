import type { Db, Tx } from '../../base/db.ts';
import { badInput, type FieldFault } from '../../base/http/admin.ts';
import type { Problem } from '../../base/http/message.ts';
import { holdName } from '../../base/lock.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author, PutOutcome } from '../../rooms/audit/author.ts';
import { commitDeed, type Done } from '../../rooms/audit/deed.store.ts';
import type { EventData } from '../../rooms/audit/event.ts';
import type { Audit } from '../../rooms/audit/store.ts';
import { flowWarnings } from '../../rooms/flows/warnings.store.ts';
import { tested } from '../../rooms/policies/gate.store.ts';
import { findPolicies, readPolicy } from '../../rooms/policies/store.ts';
import type { Resource } from '../../rooms/resources/resource.ts';
import { stepsOf, type Step, type StepDeps } from './config-steps.ts';
import { readDocument, resolveDocument, type ConfigDocument } from './config-document.ts';
import type { SecretSource } from './secrets.ts';

/** What a plan says of one object. `fields`: the members that differ, only where it changes. */
export type ConfigChange = {
  kind: string;
  id: string;
  change: 'create' | 'change' | 'none';
  fields: readonly { field: string; from: unknown; to: unknown }[];
};

/** `warnings`: what does less than it may seem to, and what stays in the hub and no longer fits, such as a policy that names a scope which its resource lost. */
export type Plan = { changes: readonly ConfigChange[]; warnings: readonly { kind: string; id: string; message: string }[] };

/**
 * Config as code. `plan` rehearses exactly what `apply` does and undoes it; `apply` is one transaction, all or nothing, and writes nothing
 * when nothing differs. Objects that the config does not name are left alone.
 */
export type Configurator = {
  plan(document: ConfigDocument, by: Author, options?: ApplyOptions): Promise<Result<Plan, Problem>>;
  apply(document: ConfigDocument, by: Author, options?: ApplyOptions): Promise<Result<Plan, Problem>>;
  /** For a document that came from outside a route: references are resolved and the schema asked first. */
  applyFrom(input: unknown, by: Author): Promise<Result<Plan, Problem>>;
};

/** `force`: also what breaks saved policy tests. */
export type ApplyOptions = { force?: boolean };

export type ConfiguratorDeps = StepDeps & {
  audit: Audit;
  builtIn: readonly Resource[];
  secrets: SecretSource;
  /** Resolves when this node's caches have taken the changes in. */
  settled(): Promise<unknown>;
};

type Run = Done & { plan: Plan };

export function createConfigurator(deps: ConfiguratorDeps): Configurator {
  const run = async (document: ConfigDocument, of: Applying): Promise<Result<Plan, Problem>> => {
    // Hashing passwords takes long and needs no transaction, so the steps are made ready before it begins.
    const steps = await stepsOf(deps, document, of.by);
    if (!steps.ok) return fail(unfit(steps.error));
    const outcome = await commitDeed<Run, Problem>(deps.audit, (tx) => runTested(tx, steps.value, of, deps.builtIn), of.keep);
    if (!outcome.ok) return outcome;
    if (of.keep) await deps.settled();
    return ok(outcome.value.plan);
  };
  const apply: Configurator['apply'] = (document, by, options) => run(document, { by, keep: true, force: options?.force === true });
  return {
    plan: (document, by, options) => run(document, { by, keep: false, force: options?.force === true }),
    apply,
    async applyFrom(input, by) {
      const resolved = resolveDocument(input, deps.secrets);
      const document = resolved.ok ? readDocument(resolved.value) : resolved;
      return document.ok ? apply(document.value, by) : fail(unfit(document.error));
    },
  };
}

type Applying = { by: Author; keep: boolean; force: boolean };

function unfit(faults: readonly FieldFault[]): Problem {
  return badInput(faults, 'The config cannot be applied; nothing was changed');
}

/** As a whole between two runs of the saved policy tests: a config may change a rule and the test of it in any order. */
async function runTested(
  tx: Tx,
  steps: readonly Step[],
  { by, force }: Applying,
  builtIn: readonly Resource[],
): Promise<Result<Run, Problem>> {
  // Two configs at once would take each other's locks in different orders; the second waits here instead.
  await holdName(tx, 'config');
  return tested(tx, { by, force, builtIn }, { type: 'config', id: '*' }, () => runSteps(tx, steps, builtIn));
}

async function runSteps(tx: Tx, steps: readonly Step[], builtIn: readonly Resource[]): Promise<Result<Run, Problem>> {
  const done: { step: Step; outcome: PutOutcome<unknown> }[] = [];
  const faults: FieldFault[] = [];
  for (const step of steps) {
    const outcome = await step.put(tx);
    if (outcome.ok) done.push({ step, outcome: outcome.value });
    else faults.push(...outcome.error.map(({ field, message }) => ({ field: field === '' ? step.at : `${step.at}.${field}`, message })));
  }
  if (faults.length > 0) return fail(unfit(faults));
  const said = done.flatMap(({ step: { kind, id }, outcome }) => (outcome.warnings ?? []).map((message) => ({ kind, id, message })));
  const changes = done.map(({ step, outcome }) => changeOf(step, outcome));
  const plan: Plan = { changes, warnings: [...said, ...(await warningsIn(tx, builtIn))] };
  return ok({ plan, entries: done.flatMap(({ outcome }) => outcome.entries), changed: done.flatMap(({ outcome }) => outcome.changed) });
}

function changeOf({ kind, id }: Step, { outcome, entries }: PutOutcome<unknown>): ConfigChange {
  if (outcome === 'unchanged') return { kind, id, change: 'none', fields: [] };
  if (outcome === 'created') return { kind, id, change: 'create', fields: [] };
  return { kind, id, change: 'change', fields: entries.flatMap((entry) => fieldsIn(entry.data?.['changes'])) };
}

/** The differences that the entry records, with their values read back from their texts where those are whole. */
function fieldsIn(changes: EventData[string]): ConfigChange['fields'] {
  if (!Array.isArray(changes)) return [];
  return changes.flatMap((one: unknown) => {
    if (typeof one !== 'object' || one === null || !('field' in one) || typeof one.field !== 'string') return [];
    return [{ field: one.field, from: valueOf('from' in one ? one.from : null), to: valueOf('to' in one ? one.to : null) }];
  });
}

function valueOf(text: unknown): unknown {
  if (typeof text !== 'string') return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Rules that were right when they were put and now name a resource or scope that is gone: they are harmless, and no longer what was meant. */
async function warningsIn(db: Db, builtIn: readonly Resource[]): Promise<Plan['warnings']> {
  const found: { kind: string; id: string; message: string }[] = [];
  for (const { id, rule } of await findPolicies(db)) {
    const read = await readPolicy(db, rule, builtIn);
    if (!read.ok) found.push(...read.errors.map((fault) => ({ kind: 'policy', id, message: `${fault.path}: ${fault.message}` })));
  }
  return [...found, ...(await flowWarnings(db))];
}
