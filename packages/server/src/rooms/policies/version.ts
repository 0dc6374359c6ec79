import type { PolicyRule } from '@writ/policy';
import { canonical } from '../../base/canonical.ts';
import type { Author } from '../audit/author.ts';

/** Who made a version: what stands in its entry too, kept here because entries may have been sent to a sink and cut. */
export type ChangedBy = { initiator: Author['initiator']; user?: string; client?: string };

/** A policy as it was from `at` on (milliseconds since the epoch). No rule: from then on there was none. */
export type PolicyVersion = { policy: string; version: number; rule?: PolicyRule; by: ChangedBy; at: number };

export type FieldDifference = { field: string; from: unknown; to: unknown };

export function changedBy({ initiator, actor }: Author): ChangedBy {
  return {
    initiator,
    ...(actor.user === undefined ? {} : { user: actor.user }),
    ...(actor.client === undefined ? {} : { client: actor.client }),
  };
}

/** The members in which two versions differ, by name; null where one has no such member (or is no rule at all). */
export function differenceOf(from: PolicyRule | undefined, to: PolicyRule | undefined): FieldDifference[] {
  const old: Record<string, unknown> = { ...from };
  const now: Record<string, unknown> = { ...to };
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
  return names
    .filter((name) => textOf(old[name]) !== textOf(now[name]))
    .map((field) => ({ field, from: old[field] ?? null, to: now[field] ?? null }));
}

function textOf(value: unknown): string {
  return value === undefined ? '' : canonical(value);
}
