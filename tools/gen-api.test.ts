import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { clientAt, typeOf } from './gen-api.mjs';

it('has written the typed client that the OpenAPI document asks for (node tools/gen-api.mjs)', () => {
  const { wanted, path } = clientAt(fileURLToPath(new URL('..', import.meta.url)));
  expect(readFileSync(path, 'utf8')).toBe(wanted);
});

it.each([
  [{ type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'null' }] } }, '(string | null)[]'],
  [
    { type: 'object', properties: { 'a-b': { type: 'integer' }, c: { enum: ['x', 'y'] } }, required: ['c'] },
    '{ "a-b"?: number; c: "x" | "y" }',
  ],
  [{ type: 'object', additionalProperties: { type: 'boolean' } }, '{ [name: string]: boolean }'],
  [{ $ref: '#/components/schemas/Condition' }, 'Condition'],
  [{}, 'unknown'],
])('reads the schema %j as a type', (schema, type) => {
  expect(typeOf(schema)).toBe(type);
});
