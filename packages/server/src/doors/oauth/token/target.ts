import { fail, ok, type Result } from '../../../base/result.ts';
import { onlyOne, type Matched } from '../../../rooms/resources/match.ts';
import type { Client } from '../../../rooms/clients/client.ts';
import { narrowScopes } from '../../../rooms/resources/narrow.ts';
import type { Resource } from '../../../rooms/resources/resource.ts';
import { refusal, type Refusal } from './refusal.ts';

export type TargetDeps = { all(): readonly Resource[]; match(requested: string): Matched | undefined };

export const UNKNOWN_TARGET = refusal('invalid_target', 'unknown_target', 'This hub knows no such resource.');

/** Which resource the request means (RFC 8707). Absent is fine while only one can be meant; two different ones are two tokens. */
export function targetOf(
  resources: TargetDeps,
  targets: readonly string[],
  scope: readonly string[] | undefined,
): Result<Matched, Refusal> {
  if (targets.length === 0) {
    const only = onlyOne(resources.all(), scope);
    return only === undefined
      ? fail(refusal('invalid_target', 'no_target', 'Say which resource the token is for: the parameter resource is missing.'))
      : ok({ resource: only, matchedByAlias: false });
  }
  const found = targets.map((target) => resources.match(target));
  const [first] = found;
  if (first === undefined || found.some((one) => one === undefined)) return fail(UNKNOWN_TARGET);
  if (found.some((one) => one?.resource.id !== first.resource.id))
    return fail(refusal('invalid_target', 'several_targets', 'One token is for one resource.'));
  return ok(first);
}

/** The target of a code or a refresh: the one that was granted. Naming it again is fine, naming another is not (RFC 8707 §2.2). */
export function sameTarget(
  resources: TargetDeps,
  targets: readonly string[],
  granted: Resource,
): Result<{ matchedByAlias: boolean }, Refusal> {
  for (const target of targets) {
    if (resources.match(target)?.resource.id !== granted.id)
      return fail(refusal('invalid_target', 'target_not_granted', 'The resource is not the one that was granted.'));
  }
  return ok({ matchedByAlias: targets.some((target) => target !== granted.uri) });
}

/**
 * Of the scopes that were approved once: those that the resource still has, the client may still ask for, and the user's grant still holds.
 * The user may have allowed less since, in another window.
 */
export function stillAllowed(
  approved: readonly string[],
  by: { resource: Resource; client: Client; allowed: readonly string[] },
): readonly string[] {
  return narrowScopes(by.resource, approved, by.client.scopes).known.filter((name) => by.allowed.includes(name));
}
