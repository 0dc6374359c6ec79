import { describe, expect, it } from 'vitest';
import { toCsv } from './csv.ts';

describe('a list as CSV', () => {
  it('has a column for every member that any item has', () => {
    expect(
      toCsv([
        { id: 'a', scopes: ['x', 'y'] },
        { id: 'b', owner: { user: 'ann' }, at: 5, gone: null },
      ]),
    ).toBe('id,scopes,owner,at,gone\r\na,x y,,,\r\nb,,"{""user"":""ann""}",5,\r\n');
  });

  it.each([
    ['a comma, a quote and a line break', 'a,"b"\nc', '"a,""b""\nc"'],
    ['a formula', '=HYPERLINK("http://evil")', `"'=HYPERLINK(""http://evil"")"`],
    ['a formula that begins with a sign', '+1', "'+1"],
    ['an address of a mail list', '@all', "'@all"],
  ])('keeps %s from becoming something else', (_, name, written) => {
    expect(toCsv([{ name }])).toBe(`name\r\n${written}\r\n`);
  });
});
