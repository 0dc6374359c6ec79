import type { Chip } from '../../kit/chip.ts';
import type { Facet } from '../../kit/facet.ts';
import type { View } from '../../kit/view.ts';

/** What the directory is narrowed by, as the API calls it, and as people do. */
export const FILTERS: readonly Chip[] = [
  { name: 'q', label: 'called' },
  { name: 'state', label: 'state' },
  { name: 'reason', label: 'stopped because' },
  { name: 'risk', label: 'risk' },
  { name: 'verified', label: 'verified' },
  { name: 'owner', label: 'owner' },
  { name: 'dormant', label: 'dormant' },
  { name: 'used', label: 'used' },
  { name: 'drift', label: 'drifting' },
  { name: 'client', label: 'client' },
  { name: 'user', label: 'person' },
  { name: 'tenant', label: 'tenant' },
];
export const NAMES: readonly string[] = FILTERS.map(({ name }) => name);

/** What somebody who answers for a fleet looks at, the worst first. */
export const VIEWS: readonly View[] = [
  { name: 'All', search: {} },
  { name: 'Unverified, without an owner', search: { verified: 'false', owner: 'none' } },
  { name: 'Unverified, high risk', search: { verified: 'false', risk: 'high' } },
  { name: 'Dormant, high risk', search: { dormant: 'true', risk: 'high' } },
  { name: 'Drifting', search: { drift: 'true' } },
  { name: 'Never used', search: { used: 'never' } },
  { name: 'No owner', search: { owner: 'none' } },
  { name: 'Owner left', search: { reason: 'owner_left' } },
  { name: 'Frozen', search: { state: 'frozen' } },
];

export const SORTS: readonly (readonly [value: string, text: string])[] = [
  ['-created', 'Newest first'],
  ['created', 'Oldest first'],
  ['-last_used', 'Used last first'],
  ['last_used', 'Longest unused first'],
  ['-calls', 'Most calls first'],
  ['-denials', 'Most refusals first'],
];
export const NEWEST = '-created';

type Counted = {
  total: number;
  more: boolean;
  state: Readonly<Record<string, number>>;
  risk: Readonly<Record<string, number>>;
  verified: Readonly<Record<string, number>>;
  owner: { none: number };
  dormant: number;
  neverUsed: number;
  drift: number;
};

/** The figures of the hub as lists that lead on; what nobody is counts for nothing. */
export function facetsOf(counted: Counted): readonly Facet[] {
  const { more } = counted;
  const values = (of: Readonly<Record<string, number>>, names: Readonly<Record<string, string>>) =>
    Object.entries(names).flatMap(([value, name]) => ((of[value] ?? 0) > 0 ? [{ value, name, n: of[value] ?? 0 }] : []));
  const one = (title: string, filter: string, of: Readonly<Record<string, number>>, names: Readonly<Record<string, string>>): Facet => ({
    title,
    filter,
    more,
    values: values(of, names),
  });
  return [
    one('State', 'state', counted.state, { active: 'active', frozen: 'frozen', revoked: 'revoked' }),
    one('Highest risk of what it may', 'risk', counted.risk, { high: 'high', elevated: 'elevated', low: 'low' }),
    one('Evidence', 'verified', counted.verified, { true: 'verified', false: 'unverified' }),
    one('Owner', 'owner', counted.owner, { none: 'nobody' }),
    one('Dormant', 'dormant', { true: counted.dormant }, { true: 'dormant' }),
    one('Use', 'used', { never: counted.neverUsed }, { never: 'never used' }),
    one('Drift', 'drift', { true: counted.drift }, { true: 'drifting' }),
  ];
}

const REASONS: Readonly<Record<string, string>> = {
  owner_left: 'who answered for it has left',
  owner_changed: 'who answered for it has left, and it has another owner since',
  by_user: 'paused by the person it acts for',
  registration_review: 'people were asked whether to let it in',
  registration_refused: 'people did not let it in',
};

/** Why it was stopped, in a sentence where the hub stopped it by itself. */
export function reasonOf(reason: string): string {
  return REASONS[reason] ?? reason;
}

/** What to do about an agent that the hub, or its person, has stopped; undefined where an administrator did, who said why. */
export function adviceOn(reason: string): string | undefined {
  switch (reason) {
    case 'owner_left':
      return 'Whoever answered for it has left. Name another owner, then unfreeze it.';
    case 'by_user':
      return 'The person it acts for has paused it, and alone lets it go on.';
    default:
      return undefined;
  }
}

/** Of all that it asked for, how much was refused. */
export function refusedShare(calls: number, denials: number): string {
  const share = (100 * denials) / Math.max(1, calls + denials);
  return `${share < 1 ? '<1' : Math.round(share)} % refused`;
}

/** Days without use after which a scope is worth asking about. */
const UNUSED_MS = 30 * 86_400_000;

/** What stands out about a scope that was allowed: not used at all, or not for long. Milliseconds. */
export function unusedOf(of: { lastUsedAt: number | null; consentedAt: number | null }, now: number): 'never' | 'long' | undefined {
  if (of.lastUsedAt === null) return of.consentedAt === null || now - of.consentedAt >= UNUSED_MS ? 'never' : undefined;
  return now - of.lastUsedAt >= UNUSED_MS ? 'long' : undefined;
}
