import type { Need } from '../../../rooms/approvals/approval.ts';
import type { Want, Wanted } from '../../../rooms/approvals/want.store.ts';
import type { ApprovalAnswer, Approvals, ClientRequest, Proof } from './grant.ts';
import { refusal, type Refusal } from './refusal.ts';

/** Asks the approvals room on behalf of settle, and says its answer in the words of the token endpoint. */
export function createApprovals(want: Want): Approvals {
  return {
    async want(request, proof, wanted, tx) {
      const needs = wanted
        .map(({ rule, need: { from, count } }): Need => ({ rule, from, count }))
        .toSorted((a, b) => (a.rule < b.rule ? -1 : 1));
      const answer = await want(
        {
          request: exactly(request, proof),
          needs,
          scopes: [...new Set(wanted.flatMap(({ scopes }) => scopes))].toSorted(),
          expiresIn: Math.min(...wanted.map(({ need }) => need.expiresIn)),
          named: request.form.get('approval_id'),
          txn: proof.txn,
          origin: request.origin,
          now: request.now,
        },
        tx,
      );
      return told(answer, needs);
    },
  };
}

/** Everything that makes the token what it is; what changes from one try to the next (code, jti, txn) is none of it. */
function exactly({ client }: ClientRequest, { agent, user, tenant, resource, judgedAs, scopes, authorizationDetails, actors }: Proof) {
  return {
    clientId: client.id,
    agentId: agent.id,
    ...(user === undefined ? {} : { userId: user.id }),
    ...(tenant === undefined ? {} : { tenantId: tenant.id }),
    resourceId: resource.id,
    grant: judgedAs,
    scopes: scopes.toSorted(),
    ...(authorizationDetails === undefined ? {} : { authorizationDetails }),
    actors: (actors ?? []).map(({ sub }) => sub),
  };
}

/** RFC 8628 §3.5 has the words for what is waited for; the id comes back with them, so that a client which lost it finds it again. */
export function told(answer: Wanted, needs: readonly Need[]): ApprovalAnswer {
  switch (answer.kind) {
    case 'spent':
      return { approved: needs.map(({ rule }) => rule), approvalId: answer.id };
    case 'asked':
      return waiting(answer, refusal('interaction_required', 'approval_asked', 'Policy wants an approval. It has been asked for.'));
    case 'polled':
      return waiting(answer, refusal('authorization_pending', 'approval_pending', 'The approval has not been given yet.'));
    case 'too_fast':
      return waiting(answer, refusal('slow_down', 'approval_polled_too_fast', 'Wait five seconds longer than before between polls.'));
    case 'refused':
      return { refusal: about(answer.id, refusal('access_denied', 'approval_refused', 'The approval was refused.')) };
    case 'expired':
      return {
        refusal: about(answer.id, refusal('expired_token', 'approval_expired', 'The approval was not given, or not used, in time.')),
      };
    case 'used':
      return { refusal: refusal('invalid_grant', 'approval_used', 'The approval was used.') };
    case 'not_for_this':
      return { refusal: refusal('invalid_grant', 'approval_not_for_this', 'There is no such approval for exactly this request.') };
    case 'too_many':
      return {
        refusal: { ...refusal('slow_down', 'approval_rate_limited', 'Too many approvals were asked for. Wait a minute.'), ...LATER },
      };
  }
}

const LATER = { status: 429, headers: { 'retry-after': '60' } } as const;

function waiting({ id, interval }: { id: string; interval: number }, why: Refusal): ApprovalAnswer {
  return { approvalId: id, interval, pending: { ...why, extra: { approval_id: id, interval } } };
}

function about(id: string, why: Refusal): Refusal {
  return { ...why, extra: { approval_id: id } };
}
