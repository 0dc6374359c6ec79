import { GRANTS, parsePolicy, type Fault } from '@writ/policy';
import { z } from 'zod';

const text = z.string().min(1).max(1_024);
const texts = z.array(text).min(1).max(1_000);
const scalar = z.union([z.string(), z.number(), z.boolean()]);

const comparison = z.strictObject({
  key: text,
  operator: z.enum([
    'equals',
    'notEquals',
    'in',
    'notIn',
    'contains',
    'notContains',
    'exists',
    'matches',
    'greaterThan',
    'lessThan',
    'cidr',
    'between',
  ]),
  value: z.union([scalar, z.array(scalar)]),
});
type ConditionShape = z.infer<typeof comparison> | { any: ConditionShape[] } | { all: ConditionShape[] } | { not: ConditionShape };
const condition: z.ZodType<ConditionShape> = z
  .lazy(() =>
    z.union([
      comparison,
      z.strictObject({ any: z.array(condition) }),
      z.strictObject({ all: z.array(condition) }),
      z.strictObject({ not: condition }),
    ]),
  )
  .meta({ id: 'Condition' });

const selection = z.union([z.literal('all'), texts, z.strictObject({ tags: texts }), z.strictObject({ types: texts })]);
const seconds = z.number().int().min(1);

const requirement = z.strictObject({
  stepUp: z.union([z.literal(true), z.strictObject({ acr: texts.optional(), amr: texts.optional() })]).optional(),
  reconsent: z.union([z.literal(true), z.strictObject({ maxAge: seconds })]).optional(),
  approval: z
    .strictObject({
      from: z.strictObject({ users: texts.optional(), roles: texts.optional(), owner: z.literal(true).optional() }),
      count: z.number().int().min(1).optional(),
      expiresIn: seconds.optional(),
    })
    .optional(),
  maxLifetime: seconds.optional(),
  proofOfPossession: z.union([z.literal(true), z.enum(['dpop', 'mtls'])]).optional(),
  maxDelegationDepth: z.number().int().min(0).optional(),
  budget: z.strictObject({ calls: seconds.optional(), exchanges: seconds.optional(), window: seconds }).optional(),
});

/** The rule language as JSON Schema shows it. What it cannot say (which operator fits which key) the parser says, with more words. */
export const policyShape = z
  .strictObject({
    id: text,
    name: text.optional(),
    description: text.optional(),
    state: z.enum(['off', 'shadow', 'enforce']).optional(),
    effect: z.enum(['allow', 'deny', 'require']),
    subject: z.union([
      z.strictObject({ any: z.literal(true) }),
      z.strictObject({ clients: texts }),
      z.strictObject({ conditions: z.array(condition) }),
    ]),
    target: z.union([z.strictObject({ resources: selection }), z.strictObject({ connections: selection })]),
    grants: z.array(z.enum(GRANTS)).optional(),
    scopes: z.union([z.literal('all'), texts]).optional(),
    require: requirement.optional(),
  })
  .meta({ id: 'PolicyConfig' });

/** What `GET /admin/v1/policies/…` asks of all policies: a policy of that id could not be read. */
export const RESERVED: ReadonlySet<string> = new Set(['covering', 'export', 'shadow']);

/**
 * A policy as the config file says it. The rule language's own parser reads it first: its faults name the place and what would be right.
 * Whether the resources and scopes it names exist is asked when it is put.
 */
export const policyConfig = z.preprocess((input, context) => {
  const read = parsePolicy(input);
  if (read.ok && !RESERVED.has(read.rule.id)) return read.rule;
  const faults = read.ok ? [{ path: 'id', message: `${read.rule.id} is a word of the admin API; choose another id` }] : read.errors;
  for (const fault of faults) context.addIssue({ code: 'custom', path: pathOf(fault), message: fault.message });
  return z.NEVER;
}, policyShape);

/** `subject.conditions[1].value` as the members it passes through. */
function pathOf(fault: Fault): (string | number)[] {
  return [...fault.path.matchAll(/[^.[\]]+/g)].map(([part]) => (/^\d+$/.test(part) ? Number(part) : part));
}
