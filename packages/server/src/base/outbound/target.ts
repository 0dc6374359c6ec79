import { isIP } from 'node:net';
import { judgeAddress, type AddressRules } from './address.ts';
import { fault, type Fault } from './fault.ts';

/** A URL that may be asked, parsed once. Nothing downstream reads the caller's text again. */
export interface Target {
  readonly origin: string;
  readonly host: string;
  readonly path: string;
}

export interface TargetRules extends AddressRules {
  /** Ports below 1024 that may be reached besides 443. */
  readonly allowPorts: readonly number[];
}

const MAX_URL = 4096;

/**
 * Ports at or above 1024 where a request would be taken for a command of another protocol: the "bad ports" of the Fetch
 * standard, and text protocols that forgive a first line they do not know.
 */
const DEAF_PORTS = new Set([
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080, 11211,
]);

/** Reads and judges a URL without touching the network. The detail names the host at most: query and userinfo may be secret. */
export function parseTarget(text: string, rules: TargetRules): { ok: true; target: Target } | Fault {
  // Backslash, blanks and missing slashes are what two URL parsers read differently; no honest URL has them.
  // oxlint-disable-next-line no-control-regex -- reason: control characters are what is looked for
  if (text.length > MAX_URL || /[\s\\\u0000-\u001f\u007f]/.test(text) || !/^https?:\/\/[^/]/i.test(text)) {
    return fault('bad_url', 'not an absolute http(s) URL in plain form');
  }
  if (!URL.canParse(text)) return fault('bad_url', 'not a URL');
  const url = new URL(text);
  const problem = shapeProblem(url, rules);
  if (problem !== undefined) return fault('bad_url', problem);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) {
    const judged = judgeAddress(host, rules);
    if (!judged.allowed) return fault('blocked_address', `${host} is ${judged.range}`);
    if (url.protocol === 'http:' && !judged.loopback) return fault('bad_url', 'http is for loopback only');
  }
  return { ok: true, target: { origin: url.origin, host, path: url.pathname + url.search } };
}

function shapeProblem(url: URL, rules: TargetRules): string | undefined {
  if (url.username !== '' || url.password !== '') return 'a URL with user information';
  if (url.hostname === '' || url.hostname.endsWith('.')) return 'a host name that is empty or ends in a dot';
  if (url.protocol === 'http:' && !rules.allowLoopback) return 'https is required';
  if (!portAllowed(url, rules)) return `port ${url.port} is not allowed`;
  return undefined;
}

function portAllowed(url: URL, rules: TargetRules): boolean {
  // The parser leaves the port empty when it is the scheme's own; http itself is admitted for loopback only.
  if (url.port === '') return true;
  const port = Number(url.port);
  return port === 443 || rules.allowPorts.includes(port) || (port >= 1024 && !DEAF_PORTS.has(port));
}
