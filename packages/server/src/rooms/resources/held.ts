import type { Scope } from './resource.ts';

/** Permissions of one person in one tenant: which there are at all, by any role, and which this person has. */
export type Permissions = { declared: ReadonlySet<string>; held: ReadonlySet<string> };

/** A scope that some role knows as a permission is only for those who hold it in this tenant. */
export function isHeld(scope: Pick<Scope, 'name' | 'kind'>, { declared, held }: Permissions): boolean {
  return scope.kind !== 'permission' || !declared.has(scope.name) || held.has(scope.name);
}
