import { fail, ok, type Result } from '../../../base/result.ts';
import type { Audit } from '../../../rooms/audit/store.ts';
import type { Issue, Verdict } from './grant.ts';
import type { Refusal } from './refusal.ts';

/** For grants that change nothing but the record: what settle made of it is told once its entry is durable. */
export async function recorded(audit: Pick<Audit, 'record'>, settled: Verdict | Promise<Verdict>): Promise<Result<Issue, Refusal>> {
  const verdict = settled instanceof Promise ? await settled : settled;
  await audit.record(verdict.entry);
  return verdict.ok ? ok(verdict.issue) : fail(verdict.refusal);
}
