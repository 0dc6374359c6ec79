import { isIdentityScope } from '@writ/protocol';
import type { Resource } from './resource.ts';

/** Requested scopes sorted out: what the resource knows (within `cap`), what it does not, and what belongs to the hub. Order as asked, once each. */
export type Narrowed = { known: string[]; unknown: string[]; beyondCap: string[]; identity: string[] };

/**
 * `requested` undefined: all scopes of the resource, within the cap. Linear in the length of the request: a 100 KB scope string costs a
 * set look-up per word (CVE-2026-4634 was a quadratic one).
 */
export function narrowScopes(resource: Resource, requested: readonly string[] | undefined, cap?: readonly string[]): Narrowed {
  const own = new Set(resource.scopes.map((scope) => scope.name));
  // A cap names scopes of resources and of connections, and is held against the latter at each call.
  const allowed = cap === undefined || resource.proxied !== undefined ? undefined : new Set(cap);
  const sorted: Narrowed = { known: [], unknown: [], beyondCap: [], identity: [] };
  for (const name of new Set(requested ?? own)) {
    if (isIdentityScope(name)) sorted.identity.push(name);
    else if (!own.has(name)) sorted.unknown.push(name);
    else if (allowed !== undefined && !allowed.has(name)) sorted.beyondCap.push(name);
    else sorted.known.push(name);
  }
  return sorted;
}

/** Splits a scope parameter (RFC 6749 §3.3); undefined when a character or the length is not allowed. */
export function parseScope(value: string): string[] | undefined {
  if (value.length > 4_096) return undefined;
  const names = value.split(' ').filter((name) => name !== '');
  return names.length <= 200 && names.every((name) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(name)) ? names : undefined;
}
