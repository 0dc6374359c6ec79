import { canonical } from '../../base/canonical.ts';
import type { Resource } from './resource.ts';

/** What can change behind the back of whoever allowed something. */
export type DriftKind = 'name' | 'redirect_hosts' | 'keys' | 'tools';

/** `before` and `after`: lists of words, sorted; of a name the one name. */
export type Drifted = { what: DriftKind; before: readonly string[]; after: readonly string[] };

/** Open until somebody accepts it; `returned`: it went back to what it was by itself. Times in milliseconds since the epoch. */
export type DriftState = 'open' | 'accepted' | 'returned';

export type Drift = Drifted & {
  id: string;
  client?: string;
  resource?: string;
  sentence: string;
  /** The client was stopped for it. */
  froze: boolean;
  /** How often it changed since it was last looked at. */
  times: number;
  state: DriftState;
  firstAt: number;
  at: number;
  settledAt?: number;
  settledBy?: Readonly<Record<string, unknown>>;
  note?: string;
};

/** Tools with the scopes that each takes, in one order: what people allowed by their words is worth as much as these are the same. */
export function toolWords({ tools }: Pick<Resource, 'tools'>): readonly string[] {
  return tools.map(({ name, scopes }) => `${name} (${[...scopes].sort().join(' ') || 'no scope'})`).sort();
}

export function toolDrift(before: Pick<Resource, 'tools'>, after: Pick<Resource, 'tools'>): readonly Drifted[] {
  return changedWords('tools', toolWords(before), toolWords(after));
}

/** One drift, or none where nothing changed. Both lists are sorted, or another order would be a drift. */
export function changedWords(what: DriftKind, before: readonly string[], after: readonly string[]): readonly Drifted[] {
  return isSame(before, after) ? [] : [{ what, before, after }];
}

export function isSame(before: readonly string[], after: readonly string[]): boolean {
  return canonical([...before]) === canonical([...after]);
}

const SUBJECTS: Record<DriftKind, { one: string; many: string }> = {
  name: { one: 'Its name', many: 'Its names' },
  redirect_hosts: { one: 'The host it sends codes to', many: 'The hosts it sends codes to' },
  keys: { one: 'The key it proves itself with', many: 'The keys it proves itself with' },
  tools: { one: 'The list of its tools', many: 'The list of its tools' },
};

/** Why somebody should look, in one sentence. What the other side chose stands in quotation marks: it is said, not known. */
export function driftSentence({ what, before, after }: Drifted): string {
  if (isSame(before, after)) return `${SUBJECTS[what].one} was changed and is back as it was.`;
  if (what === 'name') return `It called itself ${quoted(before)} and now ${quoted(after)}.`;
  const come = after.filter((word) => !before.includes(word));
  const gone = before.filter((word) => !after.includes(word));
  const parts = [...(come.length === 0 ? [] : [`new: ${quoted(come)}`]), ...(gone.length === 0 ? [] : [`gone: ${quoted(gone)}`])];
  return `${before.length > 1 || after.length > 1 ? SUBJECTS[what].many : SUBJECTS[what].one} changed; ${parts.join('; ')}.`;
}

const SHOWN = 5;

function quoted(words: readonly string[]): string {
  const shown = words.slice(0, SHOWN).map((word) => `“${word.length > 100 ? `${word.slice(0, 100)}…` : word}”`);
  return words.length > SHOWN ? `${shown.join(', ')} and ${words.length - SHOWN} more` : shown.join(', ');
}
