import type { Chip } from '../../kit/chip.ts';
import type { Filters } from '../../kit/use-filters.ts';
import type { View } from '../../kit/view.ts';

/** What the record is searched by, as the API calls it, and as people do. */
export const FILTERS: readonly Chip[] = [
  { name: 'type', label: 'event' },
  { name: 'without', label: 'event', not: true },
  { name: 'outcome', label: 'outcome' },
  { name: 'client', label: 'client' },
  { name: 'agent', label: 'agent' },
  { name: 'user', label: 'user' },
  { name: 'target', label: 'about' },
  { name: 'tenant', label: 'tenant' },
  { name: 'txn', label: 'transaction' },
  { name: 'since', label: 'from' },
  { name: 'until', label: 'until' },
];

/** What an administrator looked at is on the record like all else; it is left out until asked for, because it would hide everything else. */
const READS = 'admin.read';

/** The filters of an address, as the API takes them. */
export function queryOf(chosen: Filters): Record<string, string> {
  const given = Object.fromEntries(
    FILTERS.flatMap(({ name }) => (chosen[name] === undefined || chosen[name] === '' ? [] : [[name, chosen[name]]])),
  );
  if (chosen['reads'] === 'shown' || given['type'] !== undefined) return given;
  const without = new Set([...(given['without'] ?? '').split(',').filter(Boolean), READS]);
  return { ...given, without: [...without].join(',') };
}

export const VIEWS: readonly View[] = [
  { name: 'Everything', search: {} },
  { name: 'Refused', search: { outcome: 'refused' } },
  { name: 'Failed', search: { outcome: 'failed' } },
  { name: 'Changes by administrators', search: { type: 'admin.changed' } },
  { name: 'Stopped agents', search: { type: 'agent.frozen' } },
  { name: 'Signals', search: { type: 'signal.sent' } },
  { name: 'Failed sign-ins', search: { type: 'login.failed' } },
];

const HOUR_MS = 3_600_000;

/** Spans that one looks back, from now on. */
export const SPANS: readonly (readonly [name: string, ms: number])[] = [
  ['1 h', HOUR_MS],
  ['24 h', 24 * HOUR_MS],
  ['7 days', 7 * 24 * HOUR_MS],
  ['30 days', 30 * 24 * HOUR_MS],
];

/** Where a span begins: whole minutes, so that the same span asked twice is the same search. */
export function beginOf(ms: number, now: number): string {
  return new Date(Math.floor((now - ms) / 60_000) * 60_000).toISOString();
}
