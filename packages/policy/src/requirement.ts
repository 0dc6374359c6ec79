import type { CompiledRule } from './compile.ts';
import type { PolicyRequest } from './request.ts';
import type { Requirement, StepUp } from './rule.ts';

/** True when the request was delegated more often than the rule permits; nothing the caller does can mend that. */
export function tooDeep({ source }: CompiledRule, request: PolicyRequest): boolean {
  const most = source.require?.maxDelegationDepth;
  return most !== undefined && request.delegation.depth > most;
}

/** `true` names no level, so only the server can tell whether it was reached. */
function steppedUp(need: StepUp, { token }: PolicyRequest): boolean {
  if (need === true) return false;
  const { acr, amr } = need;
  if (acr && (token?.acr === undefined || !acr.includes(token.acr))) return false;
  return !amr || amr.every((method) => token?.amr?.includes(method) === true);
}

/** What of the rule's requirement is not yet met, as far as the request can tell; undefined when nothing is left. */
export function outstanding({ source }: CompiledRule, request: PolicyRequest): Requirement | undefined {
  // The depth is judged here alone (tooDeep), so it is never left for later.
  const { maxDelegationDepth: _, ...rest } = source.require ?? {};
  if (rest.stepUp !== undefined && steppedUp(rest.stepUp, request)) delete rest.stepUp;
  return Object.keys(rest).length > 0 ? rest : undefined;
}
