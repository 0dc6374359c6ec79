import type { ReactNode } from 'react';
import type { Tone } from './tone.ts';

const TONES: Record<Tone, string> = {
  low: 'bg-low-wash text-low',
  elevated: 'bg-elevated-wash text-elevated',
  high: 'bg-high-wash text-high',
  calm: 'bg-sunk text-soft',
  accent: 'bg-wash text-accent',
  violet: 'bg-violet-wash text-violet',
};

export function Badge({ tone = 'calm', children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={`inline-block max-w-full truncate rounded px-1.5 py-px align-bottom text-[0.86rem] font-medium ${TONES[tone]}`}>
      {children}
    </span>
  );
}

/** States and outcomes of everything in the hub, by how much they ask for attention. */
const BY_WORD: Readonly<Record<string, Tone>> = {
  active: 'low',
  enforce: 'low',
  success: 'low',
  allow: 'low',
  healthy: 'low',
  given: 'low',
  good: 'low',
  verified: 'low',
  published: 'low',
  shadow: 'violet',
  pending: 'violet',
  next: 'violet',
  require: 'violet',
  narrow: 'elevated',
  frozen: 'elevated',
  paused: 'elevated',
  unverified: 'elevated',
  locked: 'elevated',
  elevated: 'elevated',
  dormant: 'elevated',
  waiting: 'violet',
  acknowledged: 'low',
  listening: 'low',
  silent: 'high',
  away: 'elevated',
  behind: 'elevated',
  restored: 'low',
  open: 'elevated',
  accepted: 'low',
  confirmed: 'low',
  retired: 'calm',
  off: 'calm',
  low: 'calm',
  expired: 'calm',
  used: 'calm',
  deny: 'high',
  refused: 'high',
  failed: 'high',
  failing: 'high',
  revoked: 'high',
  stopped: 'high',
  high: 'high',
};

/** A word of the hub's own vocabulary, in its colour. The word itself says it; the colour helps to find it. */
export function Word({ of }: { of: string }) {
  return <Badge tone={BY_WORD[of] ?? 'calm'}>{of}</Badge>;
}
