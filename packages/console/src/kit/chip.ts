/** A filter of a page: its name in the address, and what people call it. `not`: it leaves out what it names. */
export type Chip = { name: string; label: string; not?: boolean };
