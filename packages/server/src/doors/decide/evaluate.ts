import type { Decision, Explanation, PolicyRequest } from '@writ/policy';
import type { EventData, EventDraft, EventOrigin } from '../../rooms/audit/event.ts';
import { policyRequest } from '../../rooms/policies/question.ts';
import { weigh, without, type Circumstances, type Unmet, withScopeStepUps } from '../../rooms/policies/requirements.ts';
import type { Role } from '../../rooms/tenants/tenant.ts';
import { membershipIn, type Membership } from '../../rooms/users/membership.ts';
import { barredBy } from './barred.ts';
import type { Question } from './question.ts';
import { subjectOf, type Subject, type SubjectDeps } from './subject.ts';
import { targetOf, type Asker, type Target, type TargetDeps } from './target.ts';

export type EvaluateDeps = TargetDeps &
  SubjectDeps & {
    roles(): readonly Role[];
    desk: {
      decide(request: PolicyRequest): { id: string; decision: Decision };
      evidence(request: PolicyRequest, decision: Decision): EventData;
      explain(request: PolicyRequest): Explanation;
    };
  };

/** AuthZEN §6.2: yes or no, and what may be said about it. */
export type Answer = { decision: boolean; context?: Readonly<Record<string, unknown>> };
/** An answer, and the entry that must be durable before it is told. */
export type Evaluated = { answer: Answer; entry: EventDraft };
export type Asking = { asker: Asker; now: number; origin: EventOrigin };

/** One evaluation: who, what, what stands in the way, policy. Whatever is not a yes of all of them is a no. */
export async function evaluate(deps: EvaluateDeps, asking: Asking, question: Question): Promise<Evaluated> {
  const target = targetOf(deps, asking.asker, question);
  if (!target.ok) return absent(asking, question, target.error);
  const subject = await subjectOf(deps, question, asking.now);
  if (!subject.ok) return refused(asking, question, target.value, undefined, subject.error);
  const roles = deps.roles();
  const membership = membershipIn(subject.value.user, subject.value.tenant, roles);
  const barred = barredBy(asking.asker, subject.value, target.value, membership, roles);
  if (barred !== undefined) return refused(asking, question, target.value, subject.value, barred);
  return judged(deps, asking, question, { target: target.value, subject: subject.value, membership });
}

type Parts = { target: Target; subject: Subject; membership: Membership };

function judged(deps: EvaluateDeps, asking: Asking, question: Question, parts: Parts): Evaluated {
  const { target, subject } = parts;
  const request = requestOf(asking, question, parts);
  const { id, decision: decided } = deps.desk.decide(request);
  const decision = subject.user === undefined || target.resource === undefined ? decided : withScopeStepUps(decided, target.resource);
  const weighed = weigh(decision, circumstancesOf(asking, subject, decision), false);
  const open = without(weighed.open, weighed.approvals);
  // A tool that needs no scope is for whoever may have anything there.
  const yes = target.scopes.length > 0 ? target.scopes.every((scope) => open.includes(scope)) : open.length > 0;
  const needs = [...weighed.unmet.map(needOf), ...weighed.approvals.map(({ rule, scopes }) => ({ needs: 'approval', rule, scopes }))];
  const shown = needs.map(({ rule: _, ...need }) => need);
  const admin = asking.asker.kind === 'administrator' ? { reason_admin: { en: reasonOf(deps.desk.explain(request)) } } : {};
  const context = {
    // The members of a reason (§6.2.2), which wants an id.
    id,
    decision_id: id,
    ...(yes ? {} : { reason_user: { en: shown.length > 0 ? NEEDS_MORE : NOT_ALLOWED } }),
    ...admin,
    scopes: { granted: open, refused: decision.refused.map(({ scope }) => scope) },
    ...(yes || shown.length === 0 ? {} : { needs: asking.asker.kind === 'administrator' ? needs : shown }),
  };
  const entry: EventDraft = {
    ...entryOf(asking, question, target, subject),
    ...(yes ? ({ type: 'policy.decided', outcome: 'success' } as const) : NO),
    ...(yes ? {} : { reason: needs.length > 0 ? `needs_${needs[0]?.needs ?? ''}` : 'policy_refused' }),
    decision: id,
    data: { ...dataOf(asking, question, target), policy: deps.desk.evidence(request, decision) },
  };
  return { answer: { decision: yes, context }, entry };
}

const NOT_ALLOWED = 'This is not allowed.';
const NEEDS_MORE = 'This needs one more step first.';

function requestOf({ now }: Asking, question: Question, { target, subject, membership }: Parts): PolicyRequest {
  const { client, user, tenant, agent, grant, token } = subject;
  const wanted = target.scopes.length > 0 || target.resource === undefined ? target.scopes : target.resource.scopes.map(({ name }) => name);
  const request = policyRequest(
    {
      grant,
      client,
      resource: target.target,
      user,
      membership,
      tenant,
      agent,
      login: loginOf(token?.claims),
      ip: question.context?.ip,
      now,
      jwtClaims: token?.claims,
      actors: token?.actors,
    },
    wanted,
  );
  return { ...request, target: target.target };
}

function loginOf(claims: Readonly<Record<string, unknown>> | undefined): { acr: string; amr: readonly string[] } | undefined {
  const acr = claims?.['acr'];
  const amr = claims?.['amr'];
  if (typeof acr !== 'string') return undefined;
  return { acr, amr: Array.isArray(amr) ? amr.filter((one) => typeof one === 'string') : [] };
}

/**
 * With a token, what it could only be issued on has been met: consent, the key it is bound to, the approval that it names. Without one nothing
 * is known to be. Budgets are not counted: to ask is not to use.
 */
function circumstancesOf({ now }: Asking, { token }: Subject, { requirements }: Decision): Circumstances {
  const isApproved = token?.claims['approval_id'] !== undefined;
  return {
    now,
    acr: loginOf(token?.claims)?.acr,
    consentedHere: token?.grantId !== undefined,
    keyProved: token?.boundTo !== undefined,
    approved: isApproved ? requirements.map(({ rule }) => rule) : [],
  };
}

/** What a gateway can turn into a challenge (RFC 9470 §3). */
function needOf({ needs, rule, scopes, require: { stepUp } }: Unmet): {
  needs: string;
  rule: string;
  scopes: readonly string[];
  acr?: readonly string[];
} {
  const acr = typeof stepUp === 'object' ? stepUp.acr : undefined;
  return { needs, rule, scopes, ...(needs === 'stepUp' && acr !== undefined ? { acr } : {}) };
}

function reasonOf({ scopes }: Explanation): string {
  return scopes.map(({ sentence }) => sentence).join(' ');
}

const ABSENT = {
  absent: { reason: 'target_absent', error: { status: 404, message: 'There is no such resource for this caller.' } },
  deed: { reason: 'action_unknown', error: { status: 404, message: 'The resource has no such scope or tool.' } },
} as const;

function absent(asking: Asking, question: Question, fault: keyof typeof ABSENT): Evaluated {
  const { reason, error } = ABSENT[fault];
  return {
    answer: { decision: false, context: { reason_user: { en: NOT_ALLOWED }, error } },
    entry: { ...entryOf(asking, question, undefined, undefined), ...NO, reason, data: dataOf(asking, question, undefined) },
  };
}

/** What the question itself lacks is said; what the hub knows of somebody is not, or asking would find out who there is and who is frozen. */
const LACKING: Readonly<Record<string, string>> = {
  subject_type_unknown: 'The type of the subject is agent, client, user or (with context.token) token.',
  client_not_named: 'A user acts through a client: name it in subject.properties.client.',
};

function refused(asking: Asking, question: Question, target: Target, subject: Subject | undefined, reason: string): Evaluated {
  const message = LACKING[reason];
  const context = {
    reason_user: { en: NOT_ALLOWED },
    ...(asking.asker.kind === 'administrator' ? { reason_admin: { en: reason } } : {}),
    ...(message === undefined ? {} : { error: { status: 400, message } }),
  };
  return {
    answer: { decision: false, context },
    entry: { ...entryOf(asking, question, target, subject), ...NO, reason, data: dataOf(asking, question, target) },
  };
}

const KINDS = new Set(['resource', 'tool', 'connection']);

const NO = { type: 'policy.refused', outcome: 'refused' } as const;

function entryOf(
  { origin }: Asking,
  { resource }: Question,
  target: Target | undefined,
  subject: Subject | undefined,
): Omit<EventDraft, 'outcome' | 'type'> {
  const chain = subject?.token?.actors.map(({ sub }) => sub) ?? [];
  return {
    tenant: subject?.tenant?.id,
    initiator: subject?.user === undefined ? 'agent' : 'agent-for-human',
    actor: { user: subject?.user?.id, agent: subject?.agent?.id, client: subject?.client.id, ...(chain.length === 0 ? {} : { chain }) },
    target:
      target === undefined
        ? { type: KINDS.has(resource.type) ? resource.type : 'resource', id: resource.id }
        : { type: target.kind, id: target.target.id },
    txn: subject?.token?.txn,
    origin,
  };
}

function dataOf({ asker }: Asking, { action, subject }: Question, target: Target | undefined): EventData {
  return {
    action: action.name.slice(0, 200),
    asker: asker.kind === 'administrator' ? asker.id : asker.client.id,
    subject: { id: subject.id.slice(0, 200), type: subject.type.slice(0, 50) },
    tool: target?.tool,
  };
}
