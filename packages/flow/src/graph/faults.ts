/** One thing wrong with a flow: where it is (`nodes[2].url`), and what would be right. */
export type FlowFault = { readonly path: string; readonly message: string };

const MAX_FAULTS = 100;

/** Collects faults, so that one pass reports everything. `add` gives undefined, the value that a reader has then. */
export type Faults = { readonly list: readonly FlowFault[]; readonly add: (path: string, message: string) => undefined };

export function newFaults(): Faults {
  const list: FlowFault[] = [];
  return {
    list,
    add: (path, message) => {
      if (list.length < MAX_FAULTS) list.push({ path, message });
      return undefined;
    },
  };
}

export function under(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** What a value is, for "… but this is a number". */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return value === '' ? 'an empty text' : 'a text';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** A text of the author, shown short and without control characters. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
