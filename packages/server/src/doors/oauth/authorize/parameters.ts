import type { PushedParameters } from '../../../rooms/tokens/par.store.ts';

/** The parameters of an authorization request, whichever way they came: query, form or pushed. */
export type Parameters = {
  /** An empty value counts as absent (RFC 6749 §3.1). */
  get(name: string): string | undefined;
  all(name: string): readonly string[];
  /** Names that stand more than once and may not. */
  doubled: ReadonlySet<string>;
  /** As sent, for keeping. */
  raw: PushedParameters;
};

const MAX_PARAMETERS = 100;
/** RFC 8707 §2; `audience` is what clients of older servers say for it. */
const REPEATABLE = new Set(['resource', 'audience']);

/** Unlike at the token endpoint a doubled parameter is only noted here: what is to be done depends on which one it is. */
export function readParameters(text: string): Parameters | undefined {
  const raw = new Map<string, string[]>();
  let count = 0;
  for (const [name, value] of new URLSearchParams(text)) {
    count += 1;
    if (count > MAX_PARAMETERS) return undefined;
    raw.set(name, [...(raw.get(name) ?? []), value]);
  }
  return parametersOf(Object.fromEntries(raw));
}

export function parametersOf(raw: PushedParameters): Parameters {
  const all = (name: string): readonly string[] => (Object.hasOwn(raw, name) ? (raw[name] ?? []).filter((value) => value !== '') : []);
  const doubled = Object.keys(raw).filter((name) => (raw[name]?.length ?? 0) > 1 && !REPEATABLE.has(name));
  return { get: (name) => all(name)[0], all, doubled: new Set(doubled), raw };
}
