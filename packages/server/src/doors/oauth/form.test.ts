import { describe, expect, it } from 'vitest';
import type { Inbound } from '../../base/http/message.ts';
import { parseForm, parseParameters } from './form.ts';

const FORM = 'application/x-www-form-urlencoded';

function posted(body: string, contentType: string | undefined = FORM): Inbound {
  return {
    method: 'POST',
    path: '/oauth/token',
    query: '',
    header: (name) => (name === 'content-type' ? contentType : undefined),
    body,
    ip: '127.0.0.1',
    requestId: 'req_1',
    signal: new AbortController().signal,
  };
}

const sentenceOf = (body: string, contentType?: string): string | undefined => {
  const parsed = parseForm(posted(body, contentType));
  return parsed.ok ? undefined : parsed.error.sentence;
};

describe('the body of a token request', () => {
  it('is read once, percent signs and plus signs undone', () => {
    const form = parseForm(posted('grant_type=client_credentials&scope=ops%3Aread+ops%3Awrite'));
    expect(form.ok && [form.value.get('grant_type'), form.value.get('scope'), form.value.get('code')]).toEqual([
      'client_credentials',
      'ops:read ops:write',
      undefined,
    ]);
  });

  it.each([FORM, `${FORM};charset=utf-8`, `${FORM}; charset="UTF-8"`, `${FORM}; charset=UTF8`, 'Application/X-WWW-Form-Urlencoded'])(
    'may be declared as %s',
    (contentType) => {
      expect(sentenceOf('grant_type=x', contentType)).toBeUndefined();
    },
  );

  it.each([
    'application/json',
    'multipart/form-data; boundary=x',
    `${FORM}; charset=utf-16`,
    `${FORM}; charset=utf-7`,
    'text/plain',
    '',
    `text/plain, ${FORM}`,
    `${FORM}x`,
  ])('074 declared as %j is refused, whatever is in it', (contentType) => {
    expect(sentenceOf('grant_type=client_credentials', contentType)).toMatch(/form-urlencoded/);
  });

  it('without a content type is refused', () => {
    const bare = { ...posted('grant_type=x'), header: () => undefined };
    expect(parseForm(bare).ok).toBe(false);
  });
});

describe('parameters', () => {
  it('without a value count as absent (RFC 6749 §3.1)', () => {
    const form = parseParameters('code=&scope&grant_type=x&resource=');
    expect(form.ok && [form.value.get('code'), form.value.get('scope'), form.value.get('resource'), form.value.all('resource')]).toEqual([
      undefined,
      undefined,
      undefined,
      [],
    ]);
  });

  it('071 that stand twice are refused, also with the same value, also when one of them is empty', () => {
    for (const text of ['grant_type=a&grant_type=b', 'grant_type=a&grant_type=a', 'scope=a&scope=', 'code=&code=x'])
      expect(parseParameters(text).ok).toBe(false);
  });

  it('resource and audience alone may stand several times (RFC 8707 §2)', () => {
    const form = parseParameters('resource=https%3A%2F%2Fa&resource=https%3A%2F%2Fb&audience=c');
    expect(form.ok && [form.value.all('resource'), form.value.all('audience'), form.value.get('resource')]).toEqual([
      ['https://a', 'https://b'],
      ['c'],
      'https://a',
    ]);
  });

  it('named like members of every object are nothing special', () => {
    const form = parseParameters('__proto__=1&constructor=2&toString=3');
    expect(form.ok && [form.value.get('__proto__'), form.value.get('constructor'), form.value.get('hasOwnProperty')]).toEqual([
      '1',
      '2',
      undefined,
    ]);
  });

  it('are case-sensitive', () => {
    const form = parseParameters('Grant_Type=a&grant_type=b');
    expect(form.ok && form.value.get('grant_type')).toBe('b');
  });

  it('beyond a hundred are refused', () => {
    expect(parseParameters(Array.from({ length: 100 }, (_, n) => `p${n}=1`).join('&')).ok).toBe(true);
    expect(parseParameters(Array.from({ length: 101 }, (_, n) => `p${n}=1`).join('&')).ok).toBe(false);
  });

  it('with a NUL are refused, because the database takes none and would fail where the caller is at fault', () => {
    for (const text of ['client_id=a%00b', 'a%00=1', 'resource=%00']) expect(parseParameters(text).ok).toBe(false);
  });

  it('that are not UTF-8 or not percent-encoded are refused, because two different texts would become the same', () => {
    for (const text of ['code=%ff', 'code=%C0%80', 'code=%ZZ', 'code=%', 'code=a%2', '%E2%82=1'])
      expect(parseParameters(text).ok).toBe(false);
  });

  it('say which one stood twice only in letters that cannot hurt', () => {
    const fault = parseParameters('<script>=1&<script>=2');
    expect(fault.ok ? '' : fault.error.sentence).not.toContain('<');
  });
});
