import type { Tone } from '../../ui/tone.ts';

/** Kinds of advice as people say them, the worst first. */
export const KINDS: readonly (readonly [kind: string, word: string])[] = [
  ['drift', 'drift'],
  ['dormant_with_write', 'dormant, elevated or high risk'],
  ['unverified_high_risk', 'unverified, high risk'],
  ['no_owner', 'no owner'],
  ['unused_scopes', 'unused scopes'],
  ['never_used', 'never used'],
  ['dormant', 'dormant'],
  ['no_end', 'no end'],
];

const PRESSING = new Set(['drift', 'dormant_with_write', 'unverified_high_risk']);

export function wordOf(kind: string): string {
  return KINDS.find(([one]) => one === kind)?.[1] ?? kind.replaceAll('_', ' ');
}

export function toneOf(kind: string): Tone {
  if (PRESSING.has(kind)) return 'high';
  return kind === 'no_end' ? 'calm' : 'elevated';
}
