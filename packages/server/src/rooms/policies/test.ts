import { parsePolicyTest, runTest, type Decision } from '@writ/policy';
import { z } from 'zod';
import { setFor, type Rulebook } from './rulebook.ts';
import { factsFor, withTenant, type KnownThings } from './scenario.ts';

const text = z.string().min(1).max(1_024);
const texts = z.array(text).max(1_000);

/** What a test expects; at least one member. What is left out is not looked at. */
const expectation = z.strictObject({
  outcome: z.enum(['allow', 'narrow', 'deny']).optional(),
  granted: texts.optional(),
  refused: texts.optional(),
  requirements: texts.optional(),
  decidedBy: texts.optional(),
});

/** A question to the policies with the answer that they must give. The request is that of `simulate`: whom it names by id is looked up each time. */
export const policyTestShape = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/, 'must begin with a letter or digit and go on with letters, digits, . _ : -'),
    name: text.optional(),
    request: z.record(z.string(), z.json()),
    expect: expectation,
  })
  .meta({ id: 'PolicyTestConfig' });
export type PolicyTestConfig = z.output<typeof policyTestShape>;

/** As the config file says it; faults of the request are those of the policy language's own parser. */
export const policyTestConfig = policyTestShape.superRefine((test, context) => {
  const read = parsePolicyTest(test);
  if (read.ok) return;
  for (const { path, message } of read.errors) {
    const parts = [...path.matchAll(/[^.[\]]+/g)].map(([part]) => (/^\d+$/.test(part) ? Number(part) : part));
    context.addIssue({ code: 'custom', path: parts, message });
  }
});

/** A test as this hub keeps it. */
export type SavedTest = { id: string; test: PolicyTestConfig; version: number; createdAt: number; updatedAt: number };

/** How one test went. `expected` is what the test says, `got` what the policies answered. */
export type Trial = {
  id: string;
  name: string;
  version: number;
  passed: boolean;
  /** One sentence for each expectation that was not met. */
  failures: readonly string[];
  expected: PolicyTestConfig['expect'];
  got: { outcome: Decision['outcome']; granted: readonly string[]; refused: readonly string[]; requirements: readonly string[] } | null;
};

/** Puts one test to the rules, with what is known of whom it names. */
export function tryTest({ id, test, version }: Pick<SavedTest, 'id' | 'test' | 'version'>, book: Rulebook, known: KnownThings): Trial {
  const name = test.name ?? id;
  const request = withTenant(test.request, known);
  const read = parsePolicyTest({ ...test, request }, factsFor(request, known));
  if (!read.ok) {
    // It was read when it was saved, so what it looks up has taken a shape that no request has. It shows nothing, and says so.
    const failures = read.errors.map(({ path, message }) => `${path}: ${message}`);
    return { id, name, version, passed: false, failures, expected: test.expect, got: null };
  }
  const { passed, failures, decision } = runTest(setFor(book, read.test.request), read.test);
  const { outcome, granted } = decision;
  const refused = decision.refused.map((one) => one.scope);
  const requirements = decision.requirements.map((one) => one.rule);
  return { id, name, version, passed, failures, expected: test.expect, got: { outcome, granted, refused, requirements } };
}

/**
 * What a change breaks: tests that fail now and, as they stand, did not fail before. One that failed already is not this change's doing, and
 * must not keep whoever mends it from saving step by step.
 */
export function brokenBy(before: readonly Trial[], after: readonly Trial[]): Trial[] {
  const failed = new Map(before.filter(({ passed }) => !passed).map(({ id, version }) => [id, version]));
  return after.filter(({ passed, id, version }) => !passed && failed.get(id) !== version);
}
