/** An http URI of this computer: the only kind whose port may differ between registration and request (RFC 8252 §7.3). */
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(?::(\d{1,5}))?((?:[/?][!-~]*)?)$/;

/**
 * Whether the requested redirect URI is one of the registered ones. Byte-equal (RFC 9700 §2.1), except that the port of a loopback http URI
 * is not compared: native apps take whatever port is free. `localhost` and `127.0.0.1` stay two hosts; path and query are compared.
 * Nothing here is parsed as a URL: what two parsers read differently must not decide.
 */
export function matchRedirect(registered: readonly string[], requested: string): boolean {
  if (registered.includes(requested)) return true;
  const wanted = withoutPort(requested);
  return wanted !== undefined && registered.some((one) => withoutPort(one) === wanted);
}

function withoutPort(uri: string): string | undefined {
  const [, host, port, rest = ''] = LOOPBACK.exec(uri) ?? [];
  if (host === undefined || Number(port ?? 1) > 65_535 || /[#\\]/.test(rest)) return undefined;
  return `http://${host}${rest}`;
}

export function isLoopbackRedirect(uri: string): boolean {
  return withoutPort(uri) !== undefined;
}

/** Goes to an app on the user's device and not to a server: loopback, or a scheme of the app's own. Such a client keeps no secret (RFC 8252 §8.5). */
export function isNativeRedirect(uri: string): boolean {
  return isLoopbackRedirect(uri) || !/^https?:/i.test(uri);
}

/** For telling apart programs, not requests: the same program registers another port on every start. */
export function portless(uri: string): string {
  return withoutPort(uri) ?? uri;
}

/** Schemes that browsers or systems act on themselves: a code sent there runs, is shown, or goes to the wrong program. */
const ACTING = new Set([
  'javascript',
  'data',
  'file',
  'vbscript',
  'blob',
  'about',
  'filesystem',
  'ftp',
  'ftps',
  'sftp',
  'ws',
  'wss',
  'mailto',
  'tel',
  'sms',
  'chrome',
  'chrome-extension',
  'moz-extension',
  'edge',
  'view-source',
  'intent',
  'jar',
  'ldap',
  'ldaps',
  'ssh',
  'telnet',
  'smb',
  'urn',
  'cid',
  'mid',
  'resource',
  'res',
]);
const MAX_LENGTH = 2_000;

/** Why a redirect URI may not be registered, as a sentence; undefined when it may. */
export function redirectFault(uri: unknown): string | undefined {
  if (typeof uri !== 'string' || uri === '') return 'a redirect URI is a text';
  if (uri.length > MAX_LENGTH) return `a redirect URI has at most ${MAX_LENGTH} characters`;
  if (!/^[!-~]+$/.test(uri) || /["<>\\^`{|}]/.test(uri)) return 'a redirect URI has the characters of RFC 3986 only';
  if (uri.includes('#')) return 'a redirect URI has no fragment (RFC 6749 section 3.1.2)';
  if (uri.includes('*')) return 'a redirect URI has no wildcard';
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase();
  if (scheme === undefined) return 'a redirect URI is absolute';
  if (scheme === 'https') return httpsFault(uri);
  if (scheme === 'http') return isLoopbackRedirect(uri) ? undefined : 'http is for the loopback hosts 127.0.0.1, [::1] and localhost only';
  return privateFault(uri, scheme);
}

/** The authority is read twice, by RFC 3986's grammar and by the parser that browsers use; where they differ, the URI is refused. */
function httpsFault(uri: string): string | undefined {
  const [, authority = '', path = ''] = /^https:\/\/([^/?]*)([^?]*)/i.exec(uri) ?? [];
  if (authority === '' || !URL.canParse(uri)) return 'a redirect URI is a URL with a host';
  if (/[@%]/.test(authority)) return 'a redirect URI has no user information';
  const url = new URL(uri);
  if (url.host !== authority.toLowerCase().replace(/:443$/, '') || url.hostname.endsWith('.'))
    return 'the host of a redirect URI is written in plain form';
  return url.pathname === (path === '' ? '/' : path) ? undefined : 'a redirect URI has no dot segments';
}

/** A bare word (`myapp:/cb`) is anybody's: a scheme of an app's own has a dot (RFC 8252 §7.1) or at least names a host, as Cursor's does. */
function privateFault(uri: string, scheme: string): string | undefined {
  if (ACTING.has(scheme) || scheme.startsWith('ms-') || scheme.startsWith('x-')) return `${scheme} is no scheme of an app`;
  const rest = uri.slice(scheme.length + 1);
  if (/^\/\/[^/?]*@/.test(rest)) return 'a redirect URI has no user information';
  const named = /^\/\/[A-Za-z0-9][A-Za-z0-9.-]*(?:[/?]|$)/.test(rest);
  const dotted = scheme.includes('.') && rest.replaceAll('/', '') !== '';
  return named || dotted
    ? undefined
    : 'a scheme of an app has a dot (com.example.app:/callback) or is followed by a host (app://host/callback)';
}
