/** A page of a list, and the cursor of the next; null on the last. */
export type Page<Item> = { items: readonly Item[]; next: string | null };
