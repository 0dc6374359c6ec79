import { fail, ok, type Result } from '../../base/result.ts';
import { isInternalName } from './hosts.ts';
import { readMetadata, toMembers, type Described } from './metadata.ts';
import type { Members, MetadataRules } from './rules.ts';

/** Ids with a colon are read as client metadata document URLs; ids of registered clients never have one. */
export function looksLikeUrl(clientId: string): boolean {
  return clientId.includes(':');
}

const MAX_URL = 512;

/**
 * Why a URL is no client identifier, judged before anything is resolved or fetched (draft-ietf-oauth-client-id-metadata-document §3). A URL
 * has one spelling here, the one that the URL parser writes: dot segments, upper-case hosts, default ports and backslashes are all another.
 */
export function clientUrlFault(clientId: string, allowLoopback: boolean): string | undefined {
  if (clientId.length > MAX_URL || !/^https:\/\/[!-~]+$/.test(clientId) || clientId.includes('#')) return 'url_form';
  if (!URL.canParse(clientId)) return 'url_form';
  const url = new URL(clientId);
  if (url.href !== clientId || url.username !== '' || url.password !== '' || /[@]/.test(url.host)) return 'url_form';
  if (url.pathname === '/' || url.hostname.endsWith('.')) return 'url_form';
  const isLoopback = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
  if (isLoopback ? !allowLoopback : isInternalName(url.hostname)) return 'url_not_public';
  return undefined;
}

/** RFC 8259 JSON by its media type. A challenge page of a content network is text/html, whatever its status. */
export function isJsonType(contentType: string | null): boolean {
  return /^application\/([a-z0-9.+-]+\+)?json *(;|$)/i.test(contentType ?? '');
}

/** Reads the document found at `url`. `client_id` is compared as text: a document speaks for one URL only. */
export function readDocument(url: string, members: Members, rules: MetadataRules): Result<Described, string> {
  if (members['client_id'] !== url) return fail('client_id in the document is another URL');
  const read = readMetadata(members, rules);
  return read.ok ? ok(read.value) : fail(read.error.description);
}

/** What is stored and compared of a document: member order and unknown members do not count as a change. */
export function documentOf(url: string, described: Described): Record<string, unknown> {
  return {
    client_id: url,
    ...toMembers(described),
    ...(described.alsoPublic ? { token_endpoint_auth_methods_supported: ['none', described.authMethod] } : {}),
  };
}
