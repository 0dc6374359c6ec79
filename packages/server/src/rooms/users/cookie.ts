import type { Session } from './user.ts';

/**
 * The session cookie. `__Host-` ties it to this very host and to https, so that a sibling host cannot plant one (CVE-2024-28197);
 * on http (loopback only) browsers refuse the prefix and the Secure flag. Administrators' sessions have a name of their own: a login
 * on the hosted pages never opens the console.
 */
export function sessionCookieName(issuer: string, purpose: Session['purpose'] = 'user'): string {
  const name = purpose === 'admin' ? 'writ_admin_session' : 'writ_session';
  return isHttps(issuer) ? `__Host-${name}` : name;
}

/**
 * A `set-cookie` value. `maxAge` in seconds: the browser forgets no later than the hub does. An administrator's goes along with nothing that
 * another site caused, not even a link: the console's pages are public and ask for everything themselves, so nobody is signed out by that.
 */
export function sessionCookie(issuer: string, purpose: Session['purpose'], secret: string, maxAge: number): string {
  return `${sessionCookieName(issuer, purpose)}=${secret}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=${purpose === 'admin' ? 'Strict' : 'Lax'}${isHttps(issuer) ? '; Secure' : ''}`;
}

/** A `set-cookie` value that makes the browser forget. */
export function clearedSessionCookie(issuer: string, purpose: Session['purpose'] = 'user'): string {
  return sessionCookie(issuer, purpose, '', 0);
}

/** The session secret in a `cookie` header; undefined when there is none, when it is malformed, or when there are two (one was planted). */
export function sessionSecretIn(header: string | undefined, issuer: string, purpose: Session['purpose'] = 'user'): string | undefined {
  return onlySecret(header, sessionCookieName(issuer, purpose));
}

/** By which a browser is known in which somebody signed in; it opens nothing by itself. */
function browserCookieName(issuer: string): string {
  return isHttps(issuer) ? '__Host-writ_browser' : 'writ_browser';
}

/** A `set-cookie` value, good for as long as the hub remembers. */
export function browserCookie(issuer: string, secret: string): string {
  return `${browserCookieName(issuer)}=${secret}; Path=/; Max-Age=${180 * 86_400}; HttpOnly; SameSite=Lax${isHttps(issuer) ? '; Secure' : ''}`;
}

export function browserSecretIn(header: string | undefined, issuer: string): string | undefined {
  return onlySecret(header, browserCookieName(issuer));
}

function onlySecret(header: string | undefined, name: string): string | undefined {
  if (header === undefined) return undefined;
  const found = header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`));
  const value = found[0]?.slice(name.length + 1) ?? '';
  return found.length === 1 && /^[A-Za-z0-9_-]{43}$/.test(value) ? value : undefined;
}

function isHttps(issuer: string): boolean {
  return issuer.startsWith('https:');
}
