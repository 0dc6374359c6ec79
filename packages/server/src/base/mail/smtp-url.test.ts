import { describe, expect, it } from 'vitest';
import { parseSmtpUrl } from './smtp-url.ts';

const required = { secure: false, requireTLS: true, ignoreTLS: false };
const open = { secure: false, requireTLS: false, ignoreTLS: true };

describe('an SMTP URL', () => {
  it.each([
    ['smtp://mail.acme.test', { host: 'mail.acme.test', port: 587, ...required }],
    ['smtp://mail.acme.test:25?tls=off', { host: 'mail.acme.test', port: 25, ...open }],
    [
      'smtps://hub:p%40ss%2F@mail.acme.test',
      { host: 'mail.acme.test', port: 465, secure: true, requireTLS: false, ignoreTLS: false, auth: { user: 'hub', pass: 'p@ss/' } },
    ],
    ['smtp://hub:x@mail.acme.test:2525/', { host: 'mail.acme.test', port: 2525, ...required, auth: { user: 'hub', pass: 'x' } }],
    ['smtp://localhost:1025', { host: 'localhost', port: 1025, ...open }],
    ['smtp://hub:x@[::1]:1025', { host: '::1', port: 1025, ...open, auth: { user: 'hub', pass: 'x' } }],
    ['smtp://127.0.0.1?tls=required', { host: '127.0.0.1', port: 587, ...required }],
  ])('%s is understood', (text, settings) => {
    expect(parseSmtpUrl(text)).toEqual({ ok: true, settings });
  });

  it.each([
    '',
    'mail.acme.test:25',
    'http://mail.acme.test',
    'smtp://',
    'smtp://mail.acme.test/path',
    'smtp://mail.acme.test#x',
    'smtp://mail.acme.test?pool=true',
    'smtp://mail.acme.test?tls=maybe',
    'smtps://mail.acme.test?tls=off',
    'smtp://hub:s3cret@mail.acme.test?tls=off',
    'smtp://s3cret@mail.acme.test',
    'smtp://:s3cret@mail.acme.test',
    'smtp://hub:s3cret%zz@mail.acme.test',
    'smtp://hub:s3cret@127.evil.test?tls=off',
  ])('%j is refused without being repeated', (text) => {
    const parsed = parseSmtpUrl(text);
    expect(parsed.ok).toBe(false);
    expect(JSON.stringify(parsed)).not.toContain('s3cret');
  });
});
