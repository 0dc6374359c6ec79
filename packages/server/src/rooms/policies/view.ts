import { z } from 'zod';
import { policyShape } from './config.ts';
import type { Policy } from './policy.ts';
import type { ChangedBy } from './version.ts';

/** A policy as the admin API shows it: the rule, its version, and when it was last changed (milliseconds since the epoch). */
export const policyView = z
  .object({ ...policyShape.shape, version: z.number(), createdAt: z.number(), updatedAt: z.number() })
  .meta({ id: 'Policy' });

export function presentPolicy({ rule, version, createdAt, updatedAt }: Policy): Record<string, unknown> {
  return { ...rule, version, createdAt, updatedAt };
}

/** Who made a version, as the admin API shows it. */
export const changedByView = z.object({ initiator: z.string(), user: z.string().nullable(), client: z.string().nullable() });

export function presentChangedBy({ initiator, user, client }: ChangedBy): z.infer<typeof changedByView> {
  return { initiator, user: user ?? null, client: client ?? null };
}
