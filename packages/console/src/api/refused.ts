import type { Problem } from '@writ/admin-api';

/** An answer of the hub that is no success, in the form in which queries carry errors. */
export class Refused extends Error {
  readonly problem: Problem;
  readonly requestId: string | undefined;

  constructor(problem: Problem, requestId: string | undefined) {
    super(problem.detail === undefined ? problem.title : `${problem.title}: ${problem.detail}`);
    this.problem = problem;
    this.requestId = requestId;
  }
}

export function isRefusal(error: unknown): error is Refused {
  return error instanceof Refused;
}

/** What the hub said about one field of what was sent; `path` as problems write it (`subject.clients[0]`). */
export function faultsOf(problem: Problem | undefined): readonly { field: string; message: string }[] {
  if (problem === undefined) return [];
  if (problem.errors !== undefined) return problem.errors;
  return problem.field === undefined ? [] : [{ field: problem.field, message: problem.detail ?? problem.title }];
}
