import { describe, expect, it } from 'vitest';
import { clientNameFault } from './name.ts';

const REFUSED: readonly [string, string][] = [
  ['a control character', 'Claude\u0007'],
  ['a line break', 'Claude\nCode'],
  ['a right-to-left override', 'Claude\u202eedoC'],
  ['a zero-width space', 'Cl\u200baude'],
  ['a soft hyphen', 'Wr\u00adit'],
  ['a filler that looks empty', '\u3164'],
  ['half of a surrogate pair', 'a\ud800b'],
  ['blanks only', '   '],
  ['65 characters', 'a'.repeat(65)],
  ['a Cyrillic letter in a Latin word', 'Сlaude'],
  ['a Greek letter in a Latin word', 'Cοdex'],
  ['the name of the hub itself', 'Writ'],
  ['the name of the hub in disguise', 'WR1T'],
  ['the name of the hub with accents', 'Wrìt'],
  ['the name of the hub in wide letters', 'Ｗｒｉｔ'],
  ['the name of the hub spelled out', 'W R I T'],
  ['the name of the hub with a title', 'Writ Security'],
  ['the host of the hub', 'hub.example'],
];

describe('the name a client gives itself', () => {
  it.each(REFUSED)('138 is refused for %s', (_, name) => {
    expect(clientNameFault(name, 'hub.example')).toBeTypeOf('string');
  });

  it.each([
    'Claude Code (rig2)',
    'Codex',
    'Cursor',
    'Visual Studio Code',
    'MCP CLI Client',
    'mcporter (127-0-0-1-mcp)',
    'Яндекс Почта',
    '日本語クライアント',
    'Écrit',
    'Writer',
    'Rewrite',
    '"><img onerror=x>',
    '🤖 Bot',
  ])('may be %s', (name) => {
    expect(clientNameFault(name, 'hub.example')).toBeUndefined();
  });

  it('may have 64 characters that take two units each', () => {
    expect(clientNameFault('𝒜'.repeat(64), 'hub.example')).toBeUndefined();
  });
});
