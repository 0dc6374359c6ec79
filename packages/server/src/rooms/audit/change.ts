import { canonical } from '../../base/canonical.ts';
import type { Author } from './author.ts';
import type { EventData, EventDraft } from './event.ts';

/** The entry for an object that an administrator (or the config file) created, changed or removed: which members differ, old and new. */
export function adminChange(of: {
  kind: string;
  id: string;
  tenant?: string | undefined;
  by: Author;
  before: object | undefined;
  after: object | undefined;
  type?: EventDraft['type'];
}): EventDraft {
  const deed = of.before === undefined ? 'created' : of.after === undefined ? 'removed' : 'changed';
  return {
    tenant: of.tenant,
    type: of.type ?? 'admin.changed',
    initiator: of.by.initiator,
    actor: of.by.actor,
    target: { type: of.kind, id: of.id },
    outcome: 'success',
    origin: of.by.origin,
    data: { deed, changes: differences(of.before ?? {}, of.after ?? {}) },
  };
}

/** Members whose JSON differs; values are cut, so that one object cannot make an entry of megabytes. */
export function differences(before: object, after: object): EventData[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const old: Record<string, unknown> = { ...before };
  const now: Record<string, unknown> = { ...after };
  return names
    .filter((name) => text(old[name]) !== text(now[name]))
    .map((name) => ({ field: name, from: text(old[name]), to: text(now[name]) }));
}

function text(value: unknown): string | null {
  if (value === undefined) return null;
  // Canonical: the database gives members back in another order, which is no change.
  const whole = canonical(value);
  return whole.length > 500 ? `${whole.slice(0, 500)}…` : whole;
}
