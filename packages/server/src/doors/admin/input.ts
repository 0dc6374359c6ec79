import { badInput, type FieldFault } from '../../base/http/admin.ts';
import type { Problem } from '../../base/http/message.ts';
import type { Call, Route } from '../../base/http/route.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { readBody } from './body.ts';
import { resolveDocument } from './config-document.ts';
import { placeOf, type CursorSeal } from './cursor.ts';
import { faultsOf } from './faults.ts';
import { resolveSecrets, sourceOfCall, type SecretSource } from './secrets.ts';

/** Everything of a request that a route's schemas judge. `place` names the list and filters that a cursor in the answer belongs to. */
export type Input = { body: unknown; query: unknown; place: string };

export type InputDeps = { cursors: CursorSeal; secrets: SecretSource };

/** Routes whose body is a whole config, and may also be YAML. */
const CONFIG_ROUTES = new Set(['/admin/v1/apply', '/admin/v1/plan']);

export function readInput(deps: InputDeps, route: Route, call: Call): Result<Input, Problem> {
  const faulty = Object.entries(call.params).find(([, value]) => !isKeepable(value));
  if (faulty !== undefined) return fail(badInput([{ field: faulty[0], message: 'has characters that no id has' }]));
  const query = readQuery(deps, route, call);
  if (!query.ok) return query;
  const body = readRouteBody(deps, route, call);
  return body.ok ? ok({ ...query.value, body: body.value }) : body;
}

/** What Postgres stores as text: no NUL, no half of a surrogate pair. */
function isKeepable(value: string): boolean {
  return !value.includes('\u0000') && value.isWellFormed();
}

function readQuery({ cursors }: InputDeps, route: Route, { request }: Call): Result<{ query: unknown; place: string }, Problem> {
  const given: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(request.query)) {
    const message = Object.hasOwn(given, name)
      ? 'stands twice'
      : isKeepable(value) && name !== '__proto__'
        ? undefined
        : 'has characters that no value has';
    if (message !== undefined) return fail(badInput([{ field: name, message }]));
    given[name] = value;
  }
  const place = placeOf(route.path, given);
  const { cursor } = given;
  if (cursor !== undefined) {
    const inner = cursors.open(cursor, place);
    if (inner === undefined)
      return fail(badInput([{ field: 'cursor', message: 'is not the next of a page of this list with these filters' }]));
    given['cursor'] = inner;
  }
  const schema = route.input?.query;
  if (schema === undefined) {
    const unknown: FieldFault[] = Object.keys(given).map((field) => ({ field, message: 'is not known here' }));
    return unknown.length > 0 ? fail(badInput(unknown)) : ok({ query: undefined, place });
  }
  const parsed = schema.safeParse(given);
  return parsed.success ? ok({ query: parsed.data, place }) : fail(badInput(faultsOf(parsed.error.issues)));
}

function readRouteBody(deps: InputDeps, route: Route, call: Call): Result<unknown, Problem> {
  const raw = readBody(call.request, CONFIG_ROUTES.has(route.path));
  if (!raw.ok) return raw;
  const schema = route.input?.body;
  if (schema === undefined)
    return raw.value === undefined ? ok(undefined) : fail(badInput([{ field: 'body', message: 'this route takes no body' }]));
  const named = route.method === 'PUT' ? withPathMembers(raw.value, call.params) : ok(raw.value);
  if (!named.ok) return named;
  const resolved = secretsResolved(deps, route, named.value);
  if (!resolved.ok) return resolved;
  const parsed = schema.safeParse(resolved.value);
  return parsed.success ? ok(parsed.data) : fail(badInput(faultsOf(parsed.error.issues)));
}

function secretsResolved({ secrets }: InputDeps, route: Route, value: unknown): Result<unknown, Problem> {
  const [, plural = ''] = /^\/admin\/v1\/([a-z-]+)/.exec(route.path) ?? [];
  // As the config file calls it.
  const collection = plural.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const resolved = CONFIG_ROUTES.has(route.path)
    ? resolveDocument(value, secrets)
    : resolveSecrets(collection, value, sourceOfCall(collection, secrets));
  return resolved.ok ? resolved : fail(badInput(resolved.error));
}

/** PUT: the id in the path is the id of the object; the body may leave it out, but not say another. */
function withPathMembers(value: unknown, params: Call['params']): Result<unknown, Problem> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return ok(value);
  const merged: Record<string, unknown> = { ...value };
  for (const [name, inPath] of Object.entries(params)) {
    if (Object.hasOwn(merged, name) && merged[name] !== inPath)
      return fail(badInput([{ field: name, message: `is ${inPath} in the path` }]));
    merged[name] = inPath;
  }
  return ok(merged);
}
