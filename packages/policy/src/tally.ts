/** How many decisions differ, and how many of them gain a scope, lose one, or come under another requirement. One may do several. */
export type Tally = { readonly changed: number; readonly gained: number; readonly lost: number; readonly requirements: number };

export type Counts = { changed: number; gained: number; lost: number; requirements: number };

/** Counts under labels, for the first so many labels. */
export type Board<Label> = {
  readonly at: (key: string, label: () => Label) => Counts;
  /** Most changed first, at most so many. */
  readonly rows: (most: number) => (Label & Tally)[];
  /** True when there were more labels than are counted, or more rows than were asked for. */
  readonly cut: () => boolean;
};

/** So many different clients, agents, scopes or rules are counted one by one; memory must not grow with what was recorded. */
const MAX_LABELS = 10_000;

export function newCounts(): Counts {
  return { changed: 0, gained: 0, lost: 0, requirements: 0 };
}

/** One more decision that differs, and in which ways. */
export function count(counts: Counts, gained: boolean, lost: boolean, requirements: boolean): void {
  counts.changed += 1;
  if (gained) counts.gained += 1;
  if (lost) counts.lost += 1;
  if (requirements) counts.requirements += 1;
}

export function createBoard<Label>(): Board<Label> {
  const kept = new Map<string, { readonly label: Label; readonly counts: Counts }>();
  let cut = false;
  return {
    at(key, label) {
      const found = kept.get(key);
      if (found) return found.counts;
      const counts = newCounts();
      if (kept.size < MAX_LABELS) kept.set(key, { label: label(), counts });
      else cut = true;
      return counts;
    },
    rows(most) {
      const sorted = [...kept].sort(([a, x], [b, y]) => y.counts.changed - x.counts.changed || (a < b ? -1 : 1));
      if (sorted.length > most) cut = true;
      return sorted.slice(0, most).map(([, { label, counts }]) => ({ ...label, ...counts }));
    },
    cut: () => cut,
  };
}
