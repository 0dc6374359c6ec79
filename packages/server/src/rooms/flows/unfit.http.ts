import type { FlowGraph } from '@writ/flow';
import { badInput } from '../../base/http/admin.ts';
import type { Problem } from '../../base/http/message.ts';
import { isAssigned } from './assignment.ts';
import { builtInOf } from './built-in.ts';
import { faultsIn, type FlowProblem } from './check.ts';
import type { Flow } from './flow.ts';

/** 409 with every error by its place, and all that was found, warnings too, for whoever draws it. */
export function unfit(problems: readonly FlowProblem[], title = 'The flow cannot be published as it is'): Problem {
  return { ...badInput(faultsIn(problems), title), status: 409, type: 'flow_unfit', extra: { lints: problems } };
}

export function noFlow(id: string): Problem {
  return { status: 404, type: 'not_found', title: 'No flow has this id', detail: `flow ${id}` };
}

/** What a flow is for is what it is assigned by: it cannot change under an assignment, nor in the place of a built-in flow. */
export function purposeProblems({ id, purpose }: FlowGraph, before: Flow | undefined): FlowProblem[] {
  const wrong = (message: string): FlowProblem[] => [{ code: 'wrong_purpose', severity: 'error', message, path: 'purpose' }];
  const builtIn = builtInOf(id)?.graph.purpose;
  if (builtIn !== undefined && builtIn !== purpose) return wrong(`${id} stands in the place of the built-in flow for ${builtIn}`);
  const was = before?.published === undefined || !isAssigned(before.assigned) ? purpose : before.inForceFor;
  return was === undefined || was === purpose ? [] : wrong(`it is assigned as a flow for ${was}; unassign it first`);
}
