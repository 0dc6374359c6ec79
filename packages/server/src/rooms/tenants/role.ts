import type { Role } from './tenant.ts';

/** Every permission that these roles give, sorted, once each. A role that does not exist gives none. */
export function permissionsOf(names: readonly string[], all: readonly Role[]): string[] {
  const held = all.filter((role) => names.includes(role.name)).flatMap((role) => role.permissions);
  return [...new Set(held)].sort();
}
