import { expect, test } from 'vitest';
import { changeLines, changesIn, countLine } from './changes.ts';
import { unknownTo } from './drift.ts';

const plain = { paint: (_: string, text: string) => text };

test('a plan shows what is made and what is changed, field by field, and leaves out the rest', () => {
  const changes = changesIn({
    changes: [
      { kind: 'tenant', id: 'acme', change: 'create', fields: [] },
      { kind: 'resource', id: 'ops', change: 'change', fields: [{ field: 'name', from: 'Ops', to: 'Operations' }, 'scopes'] },
      { kind: 'role', id: 'SRE', change: 'none' },
    ],
  });
  expect(changeLines(plain, changes)).toEqual(['+ tenant acme', '~ resource ops', '    name: "Ops" → "Operations"', '    scopes']);
  expect(countLine(changes, { create: 'to make', change: 'to change', remove: 'to remove' })).toBe('1 to make, 1 to change');
});

test('what only the hub has is drift for the kinds that the file speaks about', () => {
  const file = { roles: [{ name: 'SRE' }], policies: [{ id: 'a' }] };
  const exported = { roles: [{ name: 'SRE' }, { name: 'viewer' }], policies: [{ id: 'a' }, { id: 'b' }], clients: [{ id: 'worker' }] };
  expect(unknownTo(file, exported)).toMatchObject([
    { kind: 'role', id: 'viewer', change: 'remove' },
    { kind: 'policy', id: 'b', change: 'remove' },
  ]);
});
