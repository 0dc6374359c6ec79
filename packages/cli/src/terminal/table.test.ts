import { expect, test } from 'vitest';
import { facts, moment, table } from './table.ts';
import { visible } from './visible.ts';

const plain = { paint: (_: string, text: string) => text };

test('columns are as wide as their content, and an empty cell is a dash', () => {
  const rows = [
    { id: 'agt_1', name: 'Claude Code' },
    { id: 'agt_1000', name: undefined },
  ];
  expect(
    table(plain, rows, [
      ['AGENT', ({ id }) => id],
      ['CLIENT', ({ name }) => name],
      ['STATE', () => 'active'],
    ]),
  ).toEqual(['AGENT     CLIENT       STATE', 'agt_1     Claude Code  active', 'agt_1000  -            active']);
});

test('a name that would steer the terminal is shown as its codes', () => {
  const name = 'Nice\u001b[2J\u009b31m\nagent\u202e';
  const [, row] = table(plain, [name], [['NAME', (text) => text]]);
  expect(row).toBe('Nice\\u001b[2J\\u009b31m\\u000aagent\\u202e');
  expect(facts(plain, [['name', name]])).toEqual(['name  Nice\\u001b[2J\\u009b31m\\u000aagent\\u202e']);
});

test('JSON stays the same JSON when its signs are made visible', () => {
  const value = { name: 'a\u009bb\u2028c\u0007', text: 'two\nlines', emoji: '🧭' };
  const shown = visible(JSON.stringify(value, undefined, 2), 'json');
  expect(JSON.parse(shown)).toEqual(value);
  expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Zl}]/u);
});

test('a cell that is too long ends in an ellipsis', () => {
  const [, row = ''] = table(plain, ['x'.repeat(200)], [['A', (text) => text]]);
  expect([...row].length).toBe(60);
  expect(row.endsWith('…')).toBe(true);
});

test('moments are the same for milliseconds and RFC 3339, and nothing for anything else', () => {
  expect(moment(Date.parse('2026-11-21T12:30:05.678Z'))).toBe('2026-11-21 12:30:05');
  expect(moment('2026-11-21T12:30:05.678Z')).toBe('2026-11-21 12:30:05');
  for (const other of [undefined, null, 'never', {}, Number.NaN]) expect(moment(other)).toBeUndefined();
});
