type Difference = { field: string; from?: unknown; to?: unknown };

/** Members in which two rules differ, by name. What only the hub says of a rule is left out. */
export function differencesBetween(from: object, to: object): readonly Difference[] {
  const [before, after] = [new Map(Object.entries(from)), new Map(Object.entries(to))];
  const names = [...new Set([...before.keys(), ...after.keys()])].filter((name) => !['version', 'createdAt', 'updatedAt'].includes(name));
  return names
    .filter((name) => JSON.stringify(before.get(name)) !== JSON.stringify(after.get(name)))
    .map((name) => ({ field: name, from: before.get(name), to: after.get(name) }));
}
