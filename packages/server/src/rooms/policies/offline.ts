import { parsePolicy, type PolicyRule } from '@writ/policy';
import { z } from 'zod';
import { fail, ok, type Result } from '../../base/result.ts';
import { adminResource } from '../resources/built-in.ts';
import { bookOf } from './rulebook.ts';
import { namedIn, unknownIn, type KnownConnection, type KnownThings } from './scenario.ts';
import { policyTestConfig, tryTest, type PolicyTestConfig, type Trial } from './test.ts';

/** What of a config the tests look at. The rest, secrets above all, is not read: a test runs where they are not known. */
const words = z.array(z.string()).default([]);
const attributes = z.record(z.string(), z.unknown()).default({});
const document = z.looseObject({
  tenants: z.array(z.looseObject({ id: z.string(), attributes })).default([]),
  roles: z.array(z.looseObject({ name: z.string(), permissions: words })).default([]),
  users: z
    .array(z.looseObject({ id: z.string(), attributes, tenants: z.array(z.looseObject({ id: z.string(), roles: words })).default([]) }))
    .default([]),
  resources: z
    .array(
      z.looseObject({
        id: z.string(),
        type: z.enum(['mcp', 'api']),
        tags: words,
        scopes: z
          .array(z.union([z.string(), z.looseObject({ name: z.string() })]))
          .default([])
          .transform((scopes) => scopes.map((scope) => (typeof scope === 'string' ? scope : scope.name))),
      }),
    )
    .optional(),
  connections: z.array(z.looseObject({ id: z.string(), type: z.string(), tags: words, scopes: words })).optional(),
  clients: z
    .array(z.looseObject({ id: z.string(), name: z.string().default(''), tags: words, owner: z.string().optional(), tenants: words }))
    .default([]),
  policies: z.array(z.unknown()).default([]),
  policyTests: z.array(z.unknown()).default([]),
});
type Document = z.output<typeof document>;

export type OfflineFault = { field: string; message: string };
/** `unknown`: whom the tests name and the config does not. */
export type OfflineRun = { trials: readonly Trial[]; unknown: readonly string[] };

/**
 * Runs the policy tests of a config file against its policies by the engine that decides in the hub, without one. `tests` stand in the place of
 * those of the config. Nobody is known but whom the config names.
 */
export function testOffline(input: unknown, tests?: readonly unknown[]): Result<OfflineRun, OfflineFault[]> {
  const read = document.safeParse(input);
  if (!read.success) return fail(read.error.issues.map(({ path, message }) => ({ field: path.join('.'), message })));
  const rules = rulesOf(read.data);
  const cases = testsOf(tests ?? read.data.policyTests);
  if (!rules.ok || !cases.ok) return fail([...(rules.ok ? [] : rules.error), ...(cases.ok ? [] : cases.error)]);
  const own = adminResource('http://localhost');
  const known = knownOf(read.data, own);
  const book = bookOf(rules.value, new Set([own.id]));
  const trials = cases.value.map((test) => tryTest({ id: test.id, test, version: 0 }, book, known));
  const unknown = new Set(cases.value.flatMap(({ request }) => unknownIn(namedIn(request), known)));
  return ok({ trials, unknown: [...unknown].sort() });
}

function rulesOf({ policies, resources, connections }: Document): Result<PolicyRule[], OfflineFault[]> {
  const scopes = new Map(resources?.map((resource) => [resource.id, resource.scopes]));
  const theirs = new Map(connections?.map((connection) => [connection.id, connectionOf(connection).scopes]));
  const rules: PolicyRule[] = [];
  const faults: OfflineFault[] = [];
  policies.forEach((policy, at) => {
    const known = { scopesOf: ({ kind, id }: { kind: string; id: string }) => (kind === 'resource' ? scopes.get(id) : theirs.get(id)) };
    // Without resources (or connections) in the file there is nothing to hold a rule's names against.
    const file = isOfConnections(policy) ? connections : resources;
    const parsed = parsePolicy(policy, file === undefined || isOfOwnApi(policy) ? undefined : known);
    if (parsed.ok) rules.push(parsed.rule);
    else faults.push(...parsed.errors.map(({ path, message }) => ({ field: `policies[${at}].${path}`, message })));
  });
  return faults.length > 0 ? fail(faults) : ok(rules);
}

/** As the hub reads them: what is handed out whole has none. */
function connectionOf({ id, type, tags, scopes }: NonNullable<Document['connections']>[number]): KnownConnection {
  return { id, type, tags, scopes: type === 'oauth' || type === 'mcp' ? scopes : [] };
}

function targetOf(policy: unknown): object {
  const target = typeof policy === 'object' && policy !== null && 'target' in policy ? policy.target : undefined;
  return typeof target === 'object' && target !== null ? target : {};
}

function isOfConnections(policy: unknown): boolean {
  return 'connections' in targetOf(policy);
}

/** The hub's own API stands in no file. */
function isOfOwnApi(policy: unknown): boolean {
  const target = targetOf(policy);
  return 'resources' in target && Array.isArray(target.resources) && target.resources.includes('writ-admin');
}

function testsOf(tests: readonly unknown[]): Result<PolicyTestConfig[], OfflineFault[]> {
  const found: PolicyTestConfig[] = [];
  const faults: OfflineFault[] = [];
  tests.forEach((test, at) => {
    const parsed = policyTestConfig.safeParse(test);
    if (parsed.success) found.push(parsed.data);
    else faults.push(...parsed.error.issues.map(({ path, message }) => ({ field: `policyTests[${at}].${path.join('.')}`, message })));
  });
  return faults.length > 0 ? fail(faults) : ok(found);
}

function knownOf(
  { clients, users, tenants, resources = [], connections = [], roles }: Document,
  own: ReturnType<typeof adminResource>,
): KnownThings {
  const byId = <T extends { id: string }>(list: readonly T[]): Map<string, T> => new Map(list.map((one) => [one.id, one]));
  return {
    clients: byId(
      clients.map(({ id, name, tags, owner, tenants: served }) => ({
        id,
        name,
        tags,
        tenants: served,
        // What an administrator's file makes it.
        registrationType: 'manual' as const,
        status: 'verified' as const,
        ...(owner === undefined ? {} : { owner }),
      })),
    ),
    users: byId(users),
    tenants: byId(tenants),
    resources: byId([
      ...resources.map(({ id, type, tags, scopes }) => ({ id, type, tags, scopes: scopes.map((name) => ({ name })) })),
      own,
    ]),
    connections: byId(connections.map(connectionOf)),
    roles: roles.map(({ name, permissions }) => ({ name, permissions, version: 1 })),
  };
}
