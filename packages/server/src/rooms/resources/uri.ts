import type { Resource } from './resource.ts';

/** Why a string cannot identify a resource (RFC 8707 §2: absolute, no fragment), or undefined when it can. */
export function resourceUriFault(value: string): string | undefined {
  if (!URL.canParse(value)) return 'an absolute URI';
  const url = new URL(value);
  if (value.includes('#')) return 'a URI without fragment (RFC 8707 §2)';
  if (url.username !== '' || url.password !== '') return 'a URI without user name';
  if (value.length > 512) return 'at most 512 characters';
  if (/[\s\\]/.test(value)) return 'a URI without spaces or backslashes';
  return undefined;
}

/**
 * Other spellings of the same identifier that clients are known to send: a slash on a bare origin (and its absence), scheme and host in
 * upper case. The path is compared to the letter: `/mcp` and `/mcp/` are two resources unless one is listed as an alias.
 */
export function foldedUri(value: string): string | undefined {
  if (resourceUriFault(value) !== undefined) return undefined;
  const url = new URL(value);
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  if (!isWeb) return value;
  const rest = value.slice(value.indexOf('//') + 2);
  const pathStart = rest.search(/[/?]/);
  const tail = pathStart < 0 ? '' : rest.slice(pathStart);
  return `${url.protocol}//${url.host}${tail === '/' ? '' : tail}`;
}

type Identified = Pick<Resource, 'id' | 'uri' | 'aliases'>;

/**
 * Another resource that already answers to one of these identifiers, in any spelling we fold: a token's audience would be ambiguous, and
 * the second resource could be handed tokens meant for the first.
 */
export function uriClash(wanted: Identified, others: readonly Identified[]): { field: string; id: string } | undefined {
  const own = [wanted.uri, ...wanted.aliases].map(folded);
  for (const other of others) {
    if (other.id === wanted.id) continue;
    const theirs = new Set([other.uri, ...other.aliases].map(folded));
    const at = own.findIndex((uri) => theirs.has(uri));
    if (at >= 0) return { field: at === 0 ? 'uri' : `aliases[${at - 1}]`, id: other.id };
  }
  return undefined;
}

function folded(uri: string): string {
  return foldedUri(uri) ?? uri;
}
