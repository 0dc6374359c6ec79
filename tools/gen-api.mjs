// Writes the typed client of the admin API (packages/admin-api/src) from its OpenAPI document. `node tools/gen-api.mjs` writes; the test beside
// compares. The document itself is made by the hub from its route table and compared by the route table's own test.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const DOCUMENT = 'packages/admin-api/openapi.json';
const CLIENT = 'packages/admin-api/src/operations.ts';

/** TypeScript source of every operation of an OpenAPI document: its types, and where it is. */
export function operationsOf(document) {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const parts = Object.entries(document.components.schemas).map(([name, schema]) => `export type ${name} = ${typeOf(schema)};\n`);
  return `// Generated from openapi.json by tools/gen-api.mjs; do not edit.

${parts.join('\n')}
/** T whose members K may be left out, because the path says them. */
type Placed<T, K extends string> = Omit<T, K> & Partial<Pick<T, K & keyof T>>;

/** What each operation takes and answers, by its id. */
export type Operations = {
${operations.map(typesOfOperation).join('')}};

/** Where each operation is. */
export const OPERATIONS: { readonly [id in keyof Operations]: { readonly method: string; readonly path: string } } = {
${operations.map(({ path, method, operation }) => `  ${operation.operationId}: { method: '${method}', path: '${path}' },\n`).join('')}};
`;
}

function typesOfOperation({ method, operation }) {
  const { operationId, summary, parameters = [], requestBody, responses } = operation;
  const body = requestBody?.content['application/json'].schema;
  const answers = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  const answer = answers.map(([, one]) => (one.content === undefined ? 'undefined' : typeOf(one.content['application/json'].schema)));
  const members = [
    `path: ${parametersIn(parameters, 'path')}`,
    `query: ${parametersIn(parameters, 'query')}`,
    `body: ${body === undefined ? 'undefined' : `${bodyType(body, parameters, method)}${requestBody.required ? '' : ' | undefined'}`}`,
    `answer: ${[...new Set(answer)].join(' | ') || 'undefined'}`,
  ];
  return `  /** ${summary}. */\n  ${operationId}: {\n${members.map((member) => `    ${member};\n`).join('')}  };\n`;
}

/** The id in the path need not be said again in the body. */
function bodyType(body, parameters, method) {
  const inPath = method === 'PUT' ? parameters.filter((one) => one.in === 'path').map((one) => JSON.stringify(one.name)) : [];
  return inPath.length === 0 ? typeOf(body) : `Placed<${typeOf(body)}, ${inPath.join(' | ')}>`;
}

function parametersIn(parameters, place) {
  const found = parameters.filter((one) => one.in === place);
  return found.length === 0
    ? 'undefined'
    : `{ ${found.map((one) => `${keyOf(one.name)}${one.required ? '' : '?'}: ${typeOf(one.schema)}`).join('; ')} }`;
}

/** The TypeScript type that a JSON Schema means, as far as types can say it. */
export function typeOf(schema) {
  if (schema.$ref !== undefined) return schema.$ref.split('/').at(-1);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return choices.map((one) => grouped(typeOf(one))).join(' | ');
  if (schema.allOf !== undefined) return schema.allOf.map((one) => grouped(typeOf(one))).join(' & ');
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type })).join(' | ');
  return ofType(schema);
}

function ofType(schema) {
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return `${grouped(typeOf(schema.items ?? {}))}[]`;
    case 'object':
      return objectType(schema);
    default:
      return 'unknown';
  }
}

function objectType({ properties = {}, required = [], additionalProperties }) {
  const needed = new Set(required);
  const members = Object.entries(properties).map(([name, one]) => `${keyOf(name)}${needed.has(name) ? '' : '?'}: ${typeOf(one)}`);
  if (members.length === 0)
    return `{ [name: string]: ${typeof additionalProperties === 'object' ? typeOf(additionalProperties) : 'unknown'} }`;
  return `{ ${members.join('; ')} }`;
}

/** A union inside a list or another union stands in parentheses; whether one is meant is seen at the top level of the text. */
function grouped(type) {
  let depth = 0;
  for (const sign of type) {
    if ('{[('.includes(sign)) depth += 1;
    else if ('}])'.includes(sign)) depth -= 1;
    else if (depth === 0 && (sign === '|' || sign === '&')) return `(${type})`;
  }
  return type;
}

const keyOf = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

/** Reads the document below `root` and says what the client should be and what it is. */
export function clientAt(root) {
  const document = JSON.parse(readFileSync(join(root, DOCUMENT), 'utf8'));
  return { wanted: operationsOf(document), path: join(root, CLIENT) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { wanted, path } = clientAt(join(fileURLToPath(import.meta.url), '..', '..'));
  writeFileSync(path, wanted);
}
