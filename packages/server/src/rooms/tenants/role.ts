import type { Role } from './tenant.ts';

/** Every permission that these roles give, sorted, once each. A role that does not exist gives none. */
export function permissionsOf(names: readonly string[], all: readonly Role[]): string[] {
  const held = all.filter((role) => names.includes(role.name)).flatMap((role) => role.permissions);
  return [...new Set(held)].sort();
}

const declared = new WeakMap<readonly Role[], ReadonlySet<string>>();

/** Every permission that any role gives. Remembered by the list itself: in memory it is the same object until a role changes. */
export function declaredBy(roles: readonly Role[]): ReadonlySet<string> {
  const known = declared.get(roles) ?? new Set(roles.flatMap((role) => role.permissions));
  declared.set(roles, known);
  return known;
}
