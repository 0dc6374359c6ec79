import type { z } from 'zod';
import { canonical } from '../../base/canonical.ts';
import type { Route } from '../../base/http/route.ts';
import { schemaOf, type Schema } from './json-schema.ts';

/** Version of the admin API, not of the program: it moves when the table does in a way that breaks callers. */
const API_VERSION = '1';

const PROBLEM: Schema = {
  type: 'object',
  description: 'RFC 9457. `type` is stable; `field` names what is wrong.',
  required: ['type', 'title', 'status'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    field: { type: 'string' },
    errors: {
      type: 'array',
      items: { type: 'object', required: ['field', 'message'], properties: { field: { type: 'string' }, message: { type: 'string' } } },
    },
  },
};

const PROBLEMS: Readonly<Record<string, string>> = {
  '400': 'Not well-formed: `errors` names the fields',
  '401': 'No bearer token, or one that is no good',
  '403': 'The token does not hold the scope of this route',
};

/** OpenAPI 3.1 of the admin routes in a table: made from the schemas that judge the requests, so it cannot say anything else. */
export function openApiOf(routes: readonly Route[], issuer: string): Schema {
  const admin = routes.filter((route) => route.path.startsWith('/admin/v1/'));
  const paths: Record<string, Schema> = {};
  const shared: Record<string, unknown> = {};
  for (const route of admin.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    const path = route.path.replaceAll(/:([A-Za-z]+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route, componentsInto(shared)) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Writ admin API', version: API_VERSION, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: issuer }],
    security: [{ bearer: [] }],
    paths,
    components: { schemas: { Problem: PROBLEM, ...shared }, securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  };
}

type SchemaOf = (of: z.ZodType, io: 'input' | 'output') => Schema;

/** Parts that refer to themselves stand once, among the components. */
function componentsInto(shared: Record<string, unknown>): SchemaOf {
  return (of, io) => {
    const { schema, parts } = schemaOf(of, io, '#/components/schemas/');
    for (const [name, part] of Object.entries(parts)) {
      // What is sent and what is answered differ (defaults); one name for both would make the document lie about one of them.
      if (shared[name] !== undefined && canonical(shared[name]) !== canonical(part)) throw new Error(`two schemas are named ${name}`);
      shared[name] = part;
    }
    return schema;
  };
}

function operationOf(route: Route, schema: SchemaOf): Schema {
  const isPublic = route.access === 'public';
  const body = route.input?.body;
  return {
    operationId: operationId(route),
    summary: route.summary,
    tags: [route.path.split('/')[3] ?? ''],
    ...(isPublic ? { security: [] } : { 'x-access': route.access }),
    'x-audit': 'none' in route.audit ? [] : route.audit,
    ...parametersOf(route, schema),
    ...(body === undefined
      ? {}
      : {
          requestBody: { required: !body.safeParse(undefined).success, content: { 'application/json': { schema: schema(body, 'input') } } },
        }),
    responses: responsesOf(route, isPublic, schema),
  };
}

/** `putTenantsById`, `postAgentsByIdFreeze`: from method and path alone, so that it never changes by itself. */
export function operationId({ method, path }: Pick<Route, 'method' | 'path'>): string {
  const words = path
    .slice('/admin/v1/'.length)
    .split(/[/.-]/)
    .map((part) => (part.startsWith(':') ? `By${capital(part.slice(1))}` : capital(part)));
  return method.toLowerCase() + words.join('');
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function parametersOf(route: Route, schemaFor: SchemaOf): { parameters?: Schema[] } {
  const inPath: Schema[] = [...route.path.matchAll(/:([A-Za-z]+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const query = route.input?.query === undefined ? {} : schemaFor(route.input.query, 'input');
  const required = new Set(Array.isArray(query['required']) ? query['required'] : []);
  const inQuery: Schema[] = Object.entries(query['properties'] ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.has(name),
    schema,
  }));
  const inHeader: Schema[] = [
    ...(route.method === 'PUT' || route.method === 'DELETE'
      ? [{ name: 'If-Match', in: 'header', required: false, schema: { type: 'string' } }]
      : []),
    ...(route.method === 'GET'
      ? []
      : [{ name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string', maxLength: 255 } }]),
  ];
  const parameters = [...inPath, ...inQuery, ...inHeader];
  return parameters.length === 0 ? {} : { parameters };
}

function responsesOf(route: Route, isPublic: boolean, schema: SchemaOf): Schema {
  const problems = isPublic ? [] : Object.entries(PROBLEMS).map(([status, description]) => [status, problemAnswer(description)]);
  const output = Object.entries(route.output ?? { 200: 'Done' }).map(([status, of]) => {
    if (typeof of !== 'string') return [status, { description: 'Done', content: { 'application/json': { schema: schema(of, 'output') } } }];
    return [status, Number(status) >= 400 ? problemAnswer(of) : { description: of }];
  });
  return Object.fromEntries([...problems, ...output]);
}

function problemAnswer(description: string): Schema {
  return { description, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } };
}
