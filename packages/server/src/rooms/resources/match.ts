import { isIdentityScope } from '@writ/protocol';
import type { Resource } from './resource.ts';
import { foldedUri } from './uri.ts';

export type Matched = { resource: Resource; matchedByAlias: boolean };

/** Which resource a `resource` parameter means: its URI to the letter, a listed alias, or a spelling that folds to one of these. */
export function match(resources: readonly Resource[], requested: string): Matched | undefined {
  for (const resource of resources) if (resource.uri === requested) return { resource, matchedByAlias: false };
  for (const resource of resources) if (resource.aliases.includes(requested)) return { resource, matchedByAlias: true };
  const folded = foldedUri(requested);
  if (folded === undefined) return undefined;
  for (const resource of resources) {
    if ([resource.uri, ...resource.aliases].some((known) => foldedUri(known) === folded)) return { resource, matchedByAlias: true };
  }
  return undefined;
}

/** The resource that a request without `resource` can only mean: the single one there is, of those the client may reach. */
export function onlyOne(resources: readonly Resource[], scopes: readonly string[] | undefined): Resource | undefined {
  if (resources.length === 1) return resources[0];
  const wanted = scopes?.filter((name) => !isIdentityScope(name)) ?? [];
  if (wanted.length === 0) return undefined;
  const fitting = resources.filter((resource) => wanted.every((name) => resource.scopes.some((scope) => scope.name === name)));
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** Who names no resource and nothing but `openid` (with what goes with it) wants to know who somebody is. */
export function isIdentityAlone(scopes: readonly string[]): boolean {
  return scopes.includes('openid') && scopes.every((name) => isIdentityScope(name) || name === 'offline_access');
}
