/** Values of one member and how often each stands. `filter`: the filter that a value becomes; `without`: the one that leaves it out. */
export type Facet = {
  title: string;
  filter: string;
  without?: string;
  values: readonly { value: string; n: number; name?: string }[];
  /** There are more than were counted. */
  more?: boolean;
};
