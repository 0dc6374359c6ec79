import { explain, parsePolicyRequest, type Decision, type PolicyRequest } from '@writ/policy';
import { z } from 'zod';
import type { Db } from '../../base/db.ts';
import { badInput, type FieldFault } from '../../base/http/admin.ts';
import { json, problem, type Reply } from '../../base/http/message.ts';
import { route, type AdminPrincipal, type Call, type Route } from '../../base/http/route.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Resource } from '../resources/resource.ts';
import type { PolicyDesk } from './desk.store.ts';
import { beyondPolicy } from './beyond.ts';
import { draftShape, readDraft } from './draft.store.ts';
import { knownTo, stopReasons, withAgent } from './facts.store.ts';
import { bookOf, drafted, setFor, type Rulebook } from './rulebook.ts';
import { factsFor, namedIn, unknownIn, withTenant, type KnownThings } from './scenario.ts';
import { policyTestConfig } from './test.ts';
import { findTests, tryTests } from './test.store.ts';
import { attributesNamedBy, onlyNamed } from './evidence.ts';

export type SimulateDeps = { db: Db; builtIn: readonly Resource[]; desk: Pick<PolicyDesk, 'book'> };

/** A made-up request: whom it names by id is as the hub knows them, and what it says of them wins. `draft`: policies as they would be. */
const simulateBody = z.object({ draft: draftShape.optional() }).catchall(z.json()).meta({ id: 'PolicySimulation' });

const decisionView = z
  .looseObject({
    outcome: z.enum(['allow', 'narrow', 'deny']),
    granted: z.array(z.string()),
    refused: z.array(z.object({ scope: z.string(), by: z.string(), rule: z.string().optional() })),
    requirements: z.array(z.looseObject({ rule: z.string(), scopes: z.array(z.string()) })),
    rules: z.array(z.string()),
    reach: z.boolean(),
  })
  .meta({ id: 'PolicyVerdict' });

const simulated = z
  .looseObject({
    decision: decisionView,
    /** Rules with the first obstacle of each, attributes that were missing, a sentence per scope. */
    explanation: z.looseObject({ missing: z.array(z.string()) }),
    /** What was judged, once all that is known was filled in. */
    request: z.unknown(),
    /** Whom the request names and the hub does not know. */
    unknown: z.array(z.string()),
    /** What else would stand in the way of a token: states, membership, permissions, the client's own bound. Policy does not look at it. */
    beyond: z.array(z.string()),
    /** With a draft: what the policies of now say. */
    current: decisionView.nullable(),
  })
  .meta({ id: 'PolicySimulated' });

const testRun = z
  .object({
    passed: z.number(),
    failed: z.number(),
    results: z.array(
      z.looseObject({
        id: z.string(),
        name: z.string(),
        passed: z.boolean(),
        failures: z.array(z.string()),
        expected: z.unknown(),
        got: z.unknown(),
      }),
    ),
  })
  .meta({ id: 'PolicyTestRun' });

const testBody = z.strictObject({ tests: z.array(policyTestConfig).max(10_000).optional(), draft: draftShape.optional() });

const MAX_BODY = 4_000_000;

/** What policy would say: to one made-up request, and to every saved test. Nothing is issued and no decision is recorded. */
export function simulateRoutes(deps: SimulateDeps): Route[] {
  return [
    route({
      method: 'POST',
      path: '/admin/v1/policies/simulate',
      access: 'admin:policies:read',
      audit: ['admin.read'],
      summary: 'What the policies, or a draft of them, say to a made-up request, and why',
      maxBody: MAX_BODY,
      input: { body: simulateBody },
      output: { 200: simulated, 400: 'The request or the draft is not well-formed' },
      handle: (call) => simulate(deps, call),
    }),
    route({
      method: 'POST',
      path: '/admin/v1/policies/test',
      access: 'admin:policies:read',
      audit: ['admin.read'],
      summary: 'Put the saved tests, or those sent along, to the policies or a draft of them',
      maxBody: MAX_BODY,
      input: { body: testBody },
      output: { 200: testRun, 400: 'A test or the draft is not well-formed' },
      handle: (call) => runTests(deps, call),
    }),
  ];
}

async function simulate(deps: SimulateDeps, { body, now, admin }: Call<z.output<typeof simulateBody>>): Promise<Reply> {
  const { draft, ...input } = body;
  const book = await bookFor(deps, draft);
  if (!book.ok) return problem(badInput(book.error));
  const read = await readScenario(deps, input, { now, seen: seenBy(admin, deps.desk.book()) });
  if (!read.ok) return problem(badInput(read.error));
  const { request, unknown, beyond } = read.value;
  const { decision, ...explanation } = explain(setFor(book.value, request), request);
  const current: Decision | null = draft === undefined ? null : explain(setFor(deps.desk.book(), request), request).decision;
  return json(200, { decision, explanation, request, unknown, beyond, current });
}

async function readScenario(
  { db, builtIn }: SimulateDeps,
  input: unknown,
  { now, seen }: { now: number; seen: Seen },
): Promise<Result<{ request: PolicyRequest; unknown: string[]; beyond: string[] }, FieldFault[]>> {
  const known = seen(await knownTo(db, [input], builtIn));
  const whole = await withAgent(db, withTenant(input, known));
  const read = parsePolicyRequest(whole, factsFor(whole, known, now));
  if (!read.ok) return fail(read.errors.map(({ path, message }) => ({ field: path === '' ? 'body' : path, message })));
  const { client = '', user = '', tenant = '', resource = '' } = namedIn(whole);
  const behind = {
    client: known.clients.get(client),
    user: known.users.get(user),
    tenant: known.tenants.get(tenant),
    resource: known.resources.get(resource),
    roles: known.roles,
  };
  // Only of whom the caller may see.
  const reasons = await stopReasons(db, {
    ...(behind.client === undefined ? {} : { client, ...(read.request.agent === undefined ? {} : { agent: read.request.agent.id }) }),
    ...(behind.user === undefined ? {} : { user }),
    ...(behind.tenant === undefined ? {} : { tenant }),
  });
  return ok({
    request: read.request,
    unknown: unknownIn(namedIn(whole), known),
    beyond: beyondPolicy({ ...behind, reasons }, read.request),
  });
}

type Seen = <Known extends KnownThings>(known: Known) => Known;

/**
 * What is known, as this caller may know it. To read policies is not to read people: of attributes whoever may not read users (or tenants) is
 * told only those that rules in force look at, or a draft that compares them would spell out anybody's.
 */
function seenBy(admin: AdminPrincipal | undefined, { rules }: Rulebook): Seen {
  const may = (scope: string): boolean => admin?.scopes === 'all' || admin?.scopes.has(scope) === true;
  if (may('admin:users:read') && may('admin:tenants:read')) return (known) => known;
  const named = attributesNamedBy(rules);
  const less = <One extends { attributes: Readonly<Record<string, unknown>> }>(all: ReadonlyMap<string, One>, names: ReadonlySet<string>) =>
    new Map([...all].map(([id, one]) => [id, { ...one, attributes: onlyNamed(one.attributes, names) }]));
  return (known) => ({
    ...known,
    users: may('admin:users:read') ? known.users : less(known.users, named['user.attributes.']),
    tenants: may('admin:tenants:read') ? known.tenants : less(known.tenants, named['tenant.attributes.']),
  });
}

/** The rules in force, or as the draft would make them. */
async function bookFor(
  { db, builtIn, desk }: SimulateDeps,
  draft: z.output<typeof draftShape> | undefined,
): Promise<Result<Rulebook, FieldFault[]>> {
  const book = desk.book();
  if (draft === undefined) return ok(book);
  const read = await readDraft(db, draft, builtIn);
  return read.ok ? ok(bookOf(drafted(book.rules, read.value), book.builtIn)) : read;
}

async function runTests(deps: SimulateDeps, { body, admin }: Call<z.output<typeof testBody>>): Promise<Reply> {
  const book = await bookFor(deps, body.draft);
  if (!book.ok) return problem(badInput(book.error));
  const tests = body.tests?.map((test) => ({ id: test.id, test, version: 0 })) ?? (await findTests(deps.db));
  // Saved tests are their authors' questions, and go by all that is known, as when a policy is saved.
  const seen = body.tests === undefined ? undefined : seenBy(admin, deps.desk.book());
  const results = await tryTests(deps.db, tests, book.value, deps.builtIn, seen);
  const passed = results.filter((one) => one.passed).length;
  return json(200, { passed, failed: results.length - passed, results: results.map(({ version: _, ...one }) => one) });
}
