import { describe, expect, it } from 'vitest';
import { factsOf } from './facts.ts';

const shown = async (value: Record<string, unknown>): Promise<string> => String(await factsOf(value));

describe('facts for a person who decides', () => {
  it('are text, and never markup', async () => {
    expect(await shown({ '<b>': '<script>' })).not.toMatch(/<b>|<script>/);
  });

  it('write out what cannot be seen or turns the order around (CVE-2021-42574)', async () => {
    const html = await shown({ creditor: 'DE\u202e21', 'am\u200bount': '1\u2028000\n', flag: ['a\u0000', 'b'] });
    for (const seen of ['DE\\u{202e}21', 'am\\u{200b}ount', '1\\u{2028}000\\u{a}', 'a\\u{0}, b']) expect(html).toContain(seen);
    for (const unseen of ['\u202e', '\u200b', '\u2028']) expect(html).not.toContain(unseen);
  });

  it('leave letters of any script as they are', async () => {
    expect(await shown({ an: 'Zürich, 東京, שלום' })).toContain('Zürich, 東京, שלום');
  });
});
