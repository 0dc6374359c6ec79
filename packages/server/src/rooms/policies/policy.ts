import type { PolicyRule } from '@writ/policy';

/** A rule of the policy language as this hub keeps it. */
export type Policy = { id: string; rule: PolicyRule; version: number; createdAt: number; updatedAt: number };
