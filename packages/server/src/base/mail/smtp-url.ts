import { isIP } from 'node:net';

export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (`smtps:`). */
  readonly secure: boolean;
  readonly requireTLS: boolean;
  readonly ignoreTLS: boolean;
  readonly auth?: { readonly user: string; readonly pass: string };
}

/** `problem` is for the operator and never repeats the URL, which holds a password. */
export type SmtpUrl = { ok: true; settings: SmtpSettings } | { ok: false; problem: string };

/**
 * Reads `smtps://user:pass@host[:465]` or `smtp://[user:pass@]host[:587][?tls=required|off]`. STARTTLS is required, because mails carry
 * login codes and an attacker on the wire can strip an offer of it (RFC 8314 §3); loopback needs none. `tls=off` is for a relay in
 * the same network, and refused together with a password.
 */
export function parseSmtpUrl(text: string): SmtpUrl {
  if (!URL.canParse(text)) return bad('is not a URL');
  const url = new URL(text);
  const tls = url.searchParams.get('tls');
  const problem = problemOf(url, tls);
  if (problem !== undefined) return bad(problem);
  const credentials = credentialsOf(url);
  if (credentials === 'malformed') return bad('has a user or password with a broken % escape');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'smtps:';
  const open = !secure && (tls === 'off' || (tls === null && isLoopback(host)));
  if (open && credentials !== undefined && !isLoopback(host)) return bad('would send a password without TLS');
  return {
    ok: true,
    settings: {
      host,
      port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
      secure,
      requireTLS: !secure && !open,
      ignoreTLS: open,
      ...(credentials === undefined ? {} : { auth: credentials }),
    },
  };
}

const bad = (problem: string): SmtpUrl => ({ ok: false, problem });

function problemOf(url: URL, tls: string | null): string | undefined {
  if (url.protocol !== 'smtp:' && url.protocol !== 'smtps:') return 'does not begin with smtp:// or smtps://';
  if (url.hostname === '') return 'names no host';
  if (url.pathname.replace('/', '') !== '' || url.hash !== '') return 'has a path or a fragment';
  if ([...url.searchParams.keys()].some((key) => key !== 'tls')) return 'has a parameter other than tls';
  if (tls !== null && tls !== 'required' && tls !== 'off') return 'has a tls parameter other than required or off';
  if (tls === 'off' && url.protocol === 'smtps:') return 'asks for TLS and turns it off';
  if ((url.username === '') !== (url.password === '')) return 'has a user without a password, or the other way round';
  return undefined;
}

function credentialsOf(url: URL): { user: string; pass: string } | undefined | 'malformed' {
  if (url.username === '') return undefined;
  try {
    return { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
  } catch {
    return 'malformed';
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
