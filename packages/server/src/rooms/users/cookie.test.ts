import { describe, expect, it } from 'vitest';
import { clearedSessionCookie, sessionCookie, sessionCookieName, sessionSecretIn } from './cookie.ts';

const HTTPS = 'https://hub.test';
const HTTP = 'http://localhost:8787';
const SECRET = 'a'.repeat(43);

describe('the session cookie', () => {
  it('belongs to this host alone on https, and scripts cannot read it', () => {
    expect(sessionCookie(HTTPS, 'user', SECRET, 60)).toBe(
      `__Host-writ_session=${SECRET}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure`,
    );
  });

  it('has neither prefix nor Secure on http loopback, where browsers would drop it', () => {
    expect(sessionCookie(HTTP, 'user', SECRET, 60)).toBe(`writ_session=${SECRET}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax`);
  });

  it('of an administrator goes along with nothing that another site caused', () => {
    expect(sessionCookie(HTTPS, 'admin', SECRET, 60)).toContain('; SameSite=Strict');
  });

  it('of an administrator has a name of its own, and neither name is the end of the other', () => {
    expect(sessionCookieName(HTTPS, 'admin')).toBe('__Host-writ_admin_session');
    expect(sessionSecretIn(`__Host-writ_admin_session=${SECRET}`, HTTPS, 'user')).toBeUndefined();
    expect(sessionSecretIn(`writ_session=${SECRET}`, HTTPS)).toBeUndefined();
  });

  it('is found among others', () => {
    expect(sessionSecretIn(`a=1; __Host-writ_session=${SECRET};b=2`, HTTPS)).toBe(SECRET);
  });

  it.each([
    ['absent', undefined],
    ['empty', '__Host-writ_session='],
    ['short', '__Host-writ_session=abc'],
    ['quoted', `__Host-writ_session="${SECRET}"`],
    ['there twice: one of them was planted', `__Host-writ_session=${SECRET}; __Host-writ_session=${'b'.repeat(43)}`],
  ])('is not taken when it is %s', (_, header) => {
    expect(sessionSecretIn(header, HTTPS)).toBeUndefined();
  });

  it('is forgotten by a Max-Age of 0', () => {
    expect(clearedSessionCookie(HTTPS)).toContain('__Host-writ_session=; Path=/; Max-Age=0');
  });
});
