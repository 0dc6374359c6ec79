export type Cookie = { name: string; value: string; host: string; path: string; attributes: string[] };

/** Cookies as a browser keeps them: by host (ports do not count), name and path. */
export class CookieJar {
  readonly #cookies = new Map<string, Cookie>();

  all(): Cookie[] {
    return [...this.#cookies.values()];
  }

  /** Value of the Cookie header for a URL; longer paths first (RFC 6265 §5.4). Empty: send none. */
  header(url: URL): string {
    const fitting = this.all().filter((one) => one.host === url.hostname && pathMatches(url.pathname, one.path));
    return fitting
      .toSorted((a, b) => b.path.length - a.path.length)
      .map((one) => `${one.name}=${one.value}`)
      .join('; ');
  }

  /** Takes the Set-Cookie lines of an answer; a cookie whose time is over is thrown away. */
  take(url: URL, lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const at = pair.indexOf('=');
      if (at < 1) continue;
      const path = valueOf(attributes, 'path') ?? '/';
      const cookie = { name: pair.slice(0, at), value: pair.slice(at + 1), host: url.hostname, path, attributes };
      const key = `${cookie.host}\n${cookie.path}\n${cookie.name}`;
      if (isOver(attributes)) this.#cookies.delete(key);
      else this.#cookies.set(key, cookie);
    }
  }
}

function valueOf(attributes: readonly string[], name: string): string | undefined {
  const found = attributes.find((one) => one.toLowerCase().startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}

function isOver(attributes: readonly string[]): boolean {
  const age = valueOf(attributes, 'max-age');
  if (age !== undefined) return Number(age) <= 0;
  const expires = valueOf(attributes, 'expires');
  return expires !== undefined && Date.parse(expires) <= Date.now();
}

/** RFC 6265 §5.1.4. */
function pathMatches(path: string, of: string): boolean {
  return path === of || (path.startsWith(of) && (of.endsWith('/') || path[of.length] === '/'));
}
