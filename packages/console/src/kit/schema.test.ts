import { describe, expect, it } from 'vitest';
import { bodySchema, configOf, itemSchema, membersOf } from './schema.ts';

const ROOT = {
  properties: { tenants: { type: 'array', items: { $ref: '#/$defs/Tenant' } } },
  $defs: {
    Kind: { enum: ['a', 'b'] },
    Tenant: {
      type: 'object',
      required: ['id'],
      properties: {
        id: { type: 'string', description: 'Chosen once' },
        ttl: { type: 'integer' },
        on: { type: 'boolean' },
        kind: { $ref: '#/$defs/Kind' },
        kinds: { type: 'array', items: { $ref: '#/$defs/Kind' } },
        domains: { type: 'array', items: { type: 'string' } },
        settings: { type: 'object', properties: {} },
        either: { anyOf: [{ type: 'string' }, { type: 'number' }] },
        lost: { $ref: '#/$defs/Nowhere' },
        branding: { type: 'object', properties: { color: { type: 'string' }, dark: { type: 'boolean', default: true } } },
        people: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        password: {
          anyOf: ['value', 'env', 'file'].map((name) => ({ type: 'object', properties: { [name]: { type: 'string' } } })),
        },
        address: { anyOf: [{ type: 'string', pattern: '^a' }, { type: 'string' }] },
        key: { type: 'object', properties: { value: { type: 'string' } } },
        days: { anyOf: [{ type: 'integer', minimum: 1 }, { type: 'null' }] },
        part: { $ref: '#/$defs/Tenant' },
      },
    },
  },
};

describe('a form out of a schema', () => {
  it('has an input for each member, and data for what has more shapes than one', () => {
    const schema = itemSchema(ROOT, 'tenants') ?? {};
    expect(membersOf(schema, ROOT).map(({ name, input }) => [name, input.kind])).toEqual([
      ['id', 'text'],
      ['ttl', 'number'],
      ['on', 'flag'],
      ['kind', 'choice'],
      ['kinds', 'choices'],
      ['domains', 'words'],
      ['settings', 'data'],
      ['either', 'data'],
      ['lost', 'data'],
      ['branding', 'group'],
      ['people', 'list'],
      ['labels', 'pairs'],
      ['password', 'secret'],
      ['address', 'text'],
      ['key', 'secret'],
      ['days', 'number'],
      ['part', 'group'],
    ]);
    expect(
      membersOf(schema, ROOT)
        .filter(({ isNullable }) => isNullable)
        .map(({ name }) => name),
    ).toEqual(['days']);
    expect(membersOf(schema, ROOT)[0]).toMatchObject({ required: true, hint: 'Chosen once' });
  });

  it('says what holds when nothing is said', () => {
    const schema = { properties: { months: { type: 'integer', minimum: 1, default: 13 }, on: { type: 'boolean', default: true } } };
    expect(membersOf(schema, {}).map(({ input }) => input)).toEqual([
      { kind: 'number', least: 1, most: undefined, preset: 13 },
      { kind: 'flag', preset: true },
    ]);
  });

  it('finds what an operation takes', () => {
    const root = {
      paths: { '/a': { put: { requestBody: { content: { 'application/json': { schema: { $ref: '#/components/A' } } } } } } },
      components: { A: { type: 'object' } },
    };
    expect(bodySchema(root, '/a')).toEqual({ type: 'object' });
    expect(bodySchema(root, '/b')).toBeUndefined();
  });

  it('sends back what the config has, and nothing that only the hub says', () => {
    const schema = itemSchema(ROOT, 'tenants') ?? {};
    expect(configOf({ id: 'acme', ttl: null, on: false, state: 'active', createdAt: 1 }, schema)).toEqual({ id: 'acme', on: false });
  });

  it('knows nothing of a collection that is not there', () => {
    expect(itemSchema(ROOT, 'users')).toBeUndefined();
  });
});
