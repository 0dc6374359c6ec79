/** The value of a cookie in a Cookie header, or undefined. Of two with one name the first counts: browsers send the more exact path first. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

/** Names of the cookies that begin with `prefix`, in the order sent. */
export function cookieNames(header: string | undefined, prefix: string): readonly string[] {
  const names = (header ?? '').split(';').map((part) => part.slice(0, Math.max(0, part.indexOf('='))).trim());
  return names.filter((name) => name.startsWith(prefix));
}

/**
 * `__Host-` binds a cookie to this very host, to https and to no narrower path, so that neither a sister domain nor plain http can set it
 * (RFC 6265bis §4.1.3.2). Browsers refuse the prefix on plain http, which is allowed on loopback only.
 */
export function cookieName(base: string, secure: boolean): string {
  return secure ? `__Host-${base}` : base;
}

/** A Set-Cookie value: HttpOnly, SameSite=Lax, whole host. `maxAge` in seconds; 0 deletes; absent: until the browser closes. */
export function setCookie(name: string, value: string, options: { secure: boolean; maxAge?: number }): string {
  const age = options.maxAge === undefined ? '' : `; Max-Age=${options.maxAge}`;
  return `${name}=${value}; Path=/${age}; HttpOnly; SameSite=Lax${options.secure ? '; Secure' : ''}`;
}
