import { fail, ok, type Result } from '../../base/result.ts';
import type { Connection } from '../../rooms/connections/connection.ts';

/** Where a call goes: an address below the connection's base and nowhere else. */
export type CallTarget = { url: string; origin: string; /** As sent, without query. */ path: string };

/** Of the path as such: whoever sends one like it wants something else than it says. */
export type PathFault = 'path_characters' | 'path_empty_segment' | 'path_dots' | 'path_encoded_separator' | 'path_double_encoded';
export type TargetFault = 'no_base' | 'host_not_allowed' | 'method_not_allowed' | 'path_not_allowed' | 'address_changed';

/** RFC 3986 §3.3 pchar and slashes, with nothing undecoded that another parser could take for a separator. */
const CHARACTERS = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*$/;
/** Slash, backslash, control characters, question mark and hash. */
const SEPARATORS = /%(?:2f|5c|0[0-9a-f]|1[0-9a-f]|7f|3f|23)/i;
/** A percent sign that becomes one of these, or a dot, for a server that decodes twice. */
const DOUBLE = /%25(?:25)*(?:2e|2f|5c|0[0-9a-f]|1[0-9a-f]|7f|3f|23)/i;

/** What follows the connection's name, exactly as sent; judged before anything is known of the connection. */
export function pathFault(rest: string): PathFault | undefined {
  if (!CHARACTERS.test(rest)) return 'path_characters';
  if (DOUBLE.test(rest)) return 'path_double_encoded';
  if (SEPARATORS.test(rest)) return 'path_encoded_separator';
  if (rest.includes('//')) return 'path_empty_segment';
  // `..;x` is `..` to servers that cut parameters off first.
  const dots = rest.split('/').some((segment) => /^\.{1,2}(;|$)/.test(segment.replaceAll(/%2e/gi, '.')));
  return dots ? 'path_dots' : undefined;
}

/** RFC 3986 §3.4, without what some servers treat as the end of a line or of the target. */
export function isQuery(query: string): boolean {
  return /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?[\]]|%[0-9A-Fa-f]{2})*$/.test(query) && query.length <= 8_192;
}

/**
 * The address of one call. The host, the port and the scheme are the connection's; the caller names a path below its base. The parsed address must
 * be the very one that was put together, so that no normalisation has moved it.
 */
export function targetOf(connection: Connection, of: { method: string; rest: string; query: string }): Result<CallTarget, TargetFault> {
  const base = baseOf(connection);
  if (base === undefined) return fail('no_base');
  const { allowedHosts, allowedMethods, allowedPaths } = connection;
  if (allowedHosts.length > 0 && !allowedHosts.some((pattern) => hostMatches(pattern, base))) return fail('host_not_allowed');
  if (allowedMethods.length > 0 && !allowedMethods.some((method) => method === of.method)) return fail('method_not_allowed');
  const path = of.rest === '' ? base.pathname : base.pathname.replace(/\/$/, '') + of.rest;
  if (allowedPaths.length > 0 && !allowedPaths.some((pattern) => pathMatches(pattern, path))) return fail('path_not_allowed');
  const query = [base.search.slice(1), of.query].filter((part) => part !== '').join('&');
  const url = `${base.origin}${path}${query === '' ? '' : `?${query}`}`;
  const parsed = new URL(url);
  if (parsed.origin !== base.origin || parsed.pathname !== path) return fail('address_changed');
  return ok({ url, origin: base.origin, path });
}

/** An MCP server is its own base; one allowed host without a base is one as well. */
export function baseOf(connection: Connection): URL | undefined {
  const known = bases.get(connection);
  if (known !== undefined) return known;
  const made = readBase(connection);
  if (made !== undefined) bases.set(connection, made);
  return made;
}

/** A connection as it was read is never changed. */
const bases = new WeakMap<Connection, URL>();

function readBase({ baseUrl, url, allowedHosts }: Connection): URL | undefined {
  const [host] = allowedHosts;
  const only = allowedHosts.length === 1 && host !== undefined && !host.startsWith('*.') ? `https://${host}` : undefined;
  const text = baseUrl ?? url ?? only;
  return text === undefined ? undefined : new URL(text);
}

/** `api.test`, `api.test:8443`, `*.api.test`. Without a port the scheme's own, or on loopback any: there the port is all that tells services apart. */
function hostMatches(pattern: string, { hostname, port, host }: URL): boolean {
  const loopback = hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
  const name = pattern.includes(':') ? host : port === '' || loopback ? hostname : host;
  return pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) && name.length > pattern.length - 1 : name === pattern;
}

function pathMatches(pattern: string, path: string): boolean {
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
}

/**
 * Where a redirect leads, for a caller that sees the service below our own address: within the base by us, elsewhere by its own address. Undefined for
 * what is no address. Nobody follows it here.
 */
export function redirectFor(location: string, of: { connection: Connection; target: CallTarget; proxy: string }): string | undefined {
  if (!URL.canParse(location, of.target.url)) return undefined;
  const led = new URL(location, of.target.url);
  const base = baseOf(of.connection);
  if (base === undefined || (led.protocol !== 'https:' && led.protocol !== 'http:')) return undefined;
  led.username = '';
  led.password = '';
  const root = base.pathname.replace(/\/$/, '');
  const within = led.origin === base.origin && (led.pathname === root || led.pathname.startsWith(`${root}/`));
  return within ? `${of.proxy}${led.pathname.slice(root.length)}${led.search}${led.hash}` : led.href;
}
