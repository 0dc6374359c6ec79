import type { z } from 'zod';
import type { FieldFault } from '../../base/http/admin.ts';
import { fail, type Result } from '../../base/result.ts';
import type { PutOutcome } from '../../rooms/audit/author.ts';

type Issue = z.core.$ZodIssue;

/** Zod's issues as places and sentences. A member nobody knows is named itself; of a union, the alternative that came closest speaks. */
export function faultsOf(issues: readonly Issue[], prefix: readonly PropertyKey[] = []): FieldFault[] {
  return issues.flatMap((issue) => faultsOfOne(issue, [...prefix, ...issue.path]));
}

function faultsOfOne(issue: Issue, path: readonly PropertyKey[]): FieldFault[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ field: fieldOf([...path, key]), message: 'is not known here' }));
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const closest = issue.errors.reduce((best, other) => (distance(other) < distance(best) ? other : best));
    return faultsOf(closest, path);
  }
  return [{ field: fieldOf(path), message: issue.message }];
}

/** An alternative whose own members are wrong is closer than one that is of another kind altogether. */
function distance(issues: readonly Issue[]): number {
  const wrongKind = issues.some((issue) => issue.path.length === 0 && issue.code !== 'unrecognized_keys');
  return issues.length + (wrongKind ? 100 : 0);
}

/** `policies[3].subject.conditions[0].key`; the whole is called `body`. */
export function fieldOf(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text === '' ? 'body' : text.replace(/^\./, '');
}

/** One fault as a list of them: a config says all that is wrong with it. */
export function listed(outcome: Result<PutOutcome<unknown>, FieldFault>): Result<PutOutcome<unknown>, FieldFault[]> {
  return outcome.ok ? outcome : fail([outcome.error]);
}
