import type { Held } from './holdings.ts';

/** What a page that came back takes. Browsers send no boxes that are disabled: what always goes with the rest is kept. */
export function unticked({ scopes }: Held, ticked: readonly string[]): readonly string[] {
  return scopes.filter(({ name, fixed }) => !fixed && !ticked.includes(name)).map(({ name }) => name);
}
