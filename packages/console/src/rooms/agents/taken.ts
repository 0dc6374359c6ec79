/** What was just taken: the grant, the scopes, and the name by which it is given back. */
export type Taken = { grant: string; scopes: readonly string[]; narrowing: string };

/** What the hub answered to a narrowing; undefined where nothing was taken, or for the answer to something else. */
export function takenIn(grant: string, value: unknown): Taken | undefined {
  if (typeof value !== 'object' || value === null || !('narrowing' in value) || !('removed' in value)) return undefined;
  const { narrowing, removed } = value;
  return typeof narrowing === 'string' && Array.isArray(removed) ? { grant, narrowing, scopes: removed.map(String) } : undefined;
}
