import { describe, expect, it } from 'vitest';
import { configOf, itemSchema, membersOf } from './schema.ts';

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
    ]);
    expect(membersOf(schema, ROOT)[0]).toMatchObject({ required: true, hint: 'Chosen once' });
  });

  it('sends back what the config has, and nothing that only the hub says', () => {
    const schema = itemSchema(ROOT, 'tenants') ?? {};
    expect(configOf({ id: 'acme', ttl: null, on: false, state: 'active', createdAt: 1 }, schema)).toEqual({ id: 'acme', on: false });
  });

  it('knows nothing of a collection that is not there', () => {
    expect(itemSchema(ROOT, 'users')).toBeUndefined();
  });
});
