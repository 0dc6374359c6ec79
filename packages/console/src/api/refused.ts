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

/** In place of an answer, where none came: the hub is away, or something between has spoken for it. */
export const UNREACHABLE: Problem = {
  type: 'unreachable',
  title: 'The hub could not be reached',
  status: 0,
  detail: 'It may be restarting, or the network is away. Try again in a moment; look first whether something that was just sent was done.',
};

export function isRefusal(error: unknown): error is Refused {
  return error instanceof Refused;
}

/** Whether asking again may be answered otherwise: nobody answered, or the hub could not. */
export function isPassing(error: unknown): boolean {
  return !isRefusal(error) || error.problem.type === UNREACHABLE.type || error.problem.status >= 500;
}

/** What the hub said about one field of what was sent; `path` as problems write it (`subject.clients[0]`). */
export function faultsOf(problem: Problem | undefined): readonly { field: string; message: string }[] {
  if (problem === undefined) return [];
  if (problem.errors !== undefined) return problem.errors;
  return problem.field === undefined ? [] : [{ field: problem.field, message: problem.detail ?? problem.title }];
}
