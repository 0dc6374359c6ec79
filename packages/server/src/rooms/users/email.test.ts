import { describe, expect, it } from 'vitest';
import { emailKey, parseEmail } from './email.ts';

describe('an e-mail address', () => {
  it.each([
    ['plain', 'ann@acme.test', 'ann@acme.test'],
    ['in capitals', 'ANN@Acme.TEST', 'ann@acme.test'],
    ['with spaces around it', ' \t ann@acme.test\n', 'ann@acme.test'],
    ['with a fullwidth @, which is an @ once normalised', 'ann＠acme.test', 'ann@acme.test'],
    ['in fullwidth letters', 'ａｎｎ@acme.test', 'ann@acme.test'],
    ['with the Kelvin sign for a K', '\u212Aate@acme.test', 'kate@acme.test'],
    ['with tag, dots and signs', "a.n'n+work@sub.acme.test", "a.n'n+work@sub.acme.test"],
    ['with an international domain', 'ann@bücher.test', 'ann@xn--bcher-kva.test'],
    ['with the same domain decomposed', 'ann@bu\u0308cher.test', 'ann@xn--bcher-kva.test'],
    ['with the same domain in ASCII', 'ann@XN--BCHER-KVA.test', 'ann@xn--bcher-kva.test'],
    ['with a country domain in another script', 'ann@почта.рф', 'ann@xn--80a1acny.xn--p1ai'],
  ])('%s has one key', (_, typed, key) => {
    expect(emailKey(typed)).toBe(key);
  });

  it.each([
    ['nothing', ''],
    ['no @', 'acme.test'],
    ['two @', 'ann@evil.test@acme.test'],
    ['an @ and a fullwidth one', 'ann＠evil.test@acme.test'],
    ['a small @', 'ann﹫evil.test@acme.test'],
    ['an account-of sign in the domain, which becomes a/c', 'ann@℀me.test'],
    ['NUL', 'ann\u0000@acme.test'],
    ['CRLF and a header', 'ann@acme.test\r\nBcc: all@acme.test'],
    ['CRLF inside', 'an\r\nn@acme.test'],
    ['DEL', 'ann\u007f@acme.test'],
    ['a space inside', 'an n@acme.test'],
    ['a no-break space inside', 'an\u00a0n@acme.test'],
    ['a zero-width space', 'ann\u200b@acme.test'],
    ['a zero-width space in the domain', 'ann@ac\u200bme.test'],
    ['a soft hyphen in the domain', 'ann@ac\u00adme.test'],
    ['an ideographic full stop', 'ann@acme。test'],
    ['an override of direction', 'ann\u202e@acme.test'],
    ['a lone surrogate', 'ann\ud800@acme.test'],
    ['a letter beyond ASCII before the @', 'änn@acme.test'],
    ['a dotless i before the @', 'anı@acme.test'],
    ['a name', 'Ann <ann@acme.test>'],
    ['two addresses', 'ann@acme.test,bob@acme.test'],
    ['quotes', '"ann"@acme.test'],
    ['a comment', 'ann(x)@acme.test'],
    ['a dot first', '.ann@acme.test'],
    ['two dots', 'an..n@acme.test'],
    ['no domain', 'ann@'],
    ['no local part', '@acme.test'],
    ['a single label', 'ann@localhost'],
    ['a dot last', 'ann@acme.test.'],
    ['a hyphen first', 'ann@-acme.test'],
    ['an address literal', 'ann@[127.0.0.1]'],
    ['an IPv4 address', 'ann@127.0.0.1'],
    ['a number', 'ann@2130706433'],
    ['an octal address', 'ann@0177.0.0.1'],
    ['a port', 'ann@acme.test:25'],
    ['a path', 'ann@acme.test/x'],
    ['a query', 'ann@acme.test?x'],
    ['a percent sign in the domain', 'ann@acme%2etest'],
    ['a backslash', 'ann@acme\\test'],
    ['65 characters before the @', `${'a'.repeat(65)}@acme.test`],
    ['a label of 64', `ann@${'a'.repeat(64)}.test`],
    ['300 characters', `ann@${'a.'.repeat(146)}test`],
    ['a million characters', `${'a'.repeat(1_000_000)}@acme.test`],
    ['what grows eighteenfold when normalised', `${'\ufdfa'.repeat(60)}@acme.test`],
  ])('with %s is none', (_, typed) => {
    expect(emailKey(typed)).toBeUndefined();
  });

  it('is shown as it was typed before the @, and in ASCII after it', () => {
    expect(parseEmail(' Ann.B@Bücher.test')).toEqual({ address: 'Ann.B@xn--bcher-kva.test', key: 'ann.b@xn--bcher-kva.test' });
  });

  it('read again gives the same, in either form', () => {
    for (const typed of ['Ann@Bücher.test', 'a+b@acme.test']) {
      const first = parseEmail(typed);
      expect(parseEmail(first?.address ?? '')).toEqual(first);
      expect(emailKey(first?.key ?? '')).toBe(first?.key);
    }
  });
});
