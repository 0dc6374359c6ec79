import { z } from 'zod';
import { fail, ok, type Result } from '../../base/result.ts';

const name = z.string().min(1).max(512);
const properties = z.record(z.string(), z.json()).optional();

/** The information model of AuthZEN Authorization API 1.0 §5. Members nobody knows are let pass, as the standard has it. */
const subjectShape = z.object({ type: name, id: name, properties });
const actionShape = z.object({ name, properties });
const resourceShape = z.object({ type: name, id: name, properties });
/** `token`: the access token that the caller was shown. `ip`: where the one who acts comes from. */
const contextShape = z.looseObject({ token: z.string().min(1).max(16_384).optional(), ip: z.union([z.ipv4(), z.ipv6()]).optional() });

const oneShape = z.object({ subject: subjectShape, action: actionShape, resource: resourceShape, context: contextShape.optional() });
/** One question: may this subject do this to that. */
export type Question = z.output<typeof oneShape>;

const SEMANTICS = ['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'] as const;
export type Semantics = (typeof SEMANTICS)[number];

export const MOST_EVALUATIONS = 100;

const manyShape = z.object({
  evaluations: z.array(z.record(z.string(), z.unknown())).max(MOST_EVALUATIONS),
  options: z
    .looseObject({ evaluations_semantic: z.enum(SEMANTICS).default('execute_all') })
    .default({ evaluations_semantic: 'execute_all' }),
});

/** Several questions; one that is malformed is answered at its place and does not spoil the others. */
export type Questions = { semantics: Semantics; each: readonly Result<Question, string>[] };

/** §6.1. The error is a sentence. */
export function readQuestion(body: unknown): Result<Question, string> {
  const read = oneShape.safeParse(body);
  return read.success ? ok(read.data) : fail(sentenceOf(read.error));
}

/** §7.1: members at the top are defaults for each evaluation. Without evaluations the body is a question itself: undefined. */
export function readQuestions(body: unknown): Result<Questions | undefined, string> {
  if (typeof body !== 'object' || body === null) return fail('The body must be a JSON object.');
  if (!('evaluations' in body) || (Array.isArray(body.evaluations) && body.evaluations.length === 0)) return ok(undefined);
  const read = manyShape.safeParse(body);
  if (!read.success) return fail(sentenceOf(read.error));
  const defaults = Object.fromEntries(Object.entries(body).filter(([key]) => FOUR.has(key)));
  const each = read.data.evaluations.map((own) => readQuestion({ ...defaults, ...own }));
  return ok({ semantics: read.data.options.evaluations_semantic, each });
}

const FOUR = new Set(['subject', 'action', 'resource', 'context']);

function sentenceOf({ issues }: z.ZodError): string {
  const [first] = issues;
  return first === undefined ? 'The request is malformed.' : `${first.path.join('.') || 'The body'}: ${first.message}`;
}
