import { z } from 'zod';
import type { Db } from '../../base/db.ts';
import { authorOf, cursorOf, etag, notFound, page, pageOf, pageQuery } from '../../base/http/admin.ts';
import { json, problem, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { MAX_REASON, progressOf, type Approval, type Vote } from './approval.ts';
import { findApproval, listApprovals, votesOn } from './approval.store.ts';
import type { DecideFault, Deciding } from './decide.store.ts';

const state = z.enum(['pending', 'given', 'refused', 'expired', 'used']);

/** An approval as the admin API shows it: the exact request, who may decide, and who did. */
export const approvalView = z.object({
  id: z.string(),
  state,
  client: z.string(),
  agent: z.string().nullable(),
  user: z.string().nullable(),
  tenant: z.string().nullable(),
  resource: z.string().nullable(),
  grant: z.string(),
  /** A flow asks, in the words of its author; null: policy does. */
  flow: z.object({ version: z.string(), node: z.string(), message: z.string(), redirectUris: z.array(z.string()).optional() }).nullable(),
  scopes: z.array(z.string()),
  authorizationDetails: z.array(z.record(z.string(), z.unknown())),
  actors: z.array(z.string()),
  needs: z.array(z.object({ rule: z.string(), from: z.record(z.string(), z.unknown()), count: z.number(), given: z.number() })),
  votes: z.array(z.object({ user: z.string(), verdict: z.enum(['give', 'refuse']), reason: z.string().nullable(), at: z.number() })),
  reason: z.string().nullable(),
  txn: z.string(),
  createdAt: z.number(),
  expiresAt: z.number(),
  decidedAt: z.number().nullable(),
});

function present(approval: Approval, votes: readonly Vote[]): z.infer<typeof approvalView> {
  const { request } = approval;
  const progress = progressOf(approval, votes);
  return {
    id: approval.id,
    state: approval.state,
    client: request.clientId,
    agent: request.agentId ?? null,
    user: request.userId ?? null,
    tenant: request.tenantId ?? null,
    resource: request.resourceId ?? null,
    grant: request.grant,
    flow: request.flow === undefined ? null : presentFlow(request.flow),
    scopes: [...request.scopes],
    authorizationDetails: (request.authorizationDetails ?? []).map((detail) => ({ ...detail })),
    actors: [...request.actors],
    needs: approval.needs.map(({ rule, from, count }, index) => ({ rule, from: { ...from }, count, given: progress[index]?.given ?? 0 })),
    votes: votes.map(({ userId, verdict, reason, at }) => ({ user: userId, verdict, reason: reason ?? null, at })),
    reason: approval.reason ?? null,
    txn: approval.txn,
    createdAt: approval.createdAt,
    expiresAt: approval.expiresAt,
    decidedAt: approval.decidedAt ?? null,
  };
}

function presentFlow({ redirectUris, ...flow }: NonNullable<Approval['request']['flow']>): z.infer<typeof approvalView>['flow'] {
  return { ...flow, ...(redirectUris === undefined ? {} : { redirectUris: [...redirectUris] }) };
}

const filter = pageQuery.extend({
  client: z.string().optional(),
  agent: z.string().optional(),
  user: z.string().optional(),
  tenant: z.string().optional(),
  resource: z.string().optional(),
  state: state.optional(),
});
const because = z.strictObject({ reason: z.string().trim().min(1).max(MAX_REASON).optional() }).default({});

export type ApprovalRoutesDeps = { db: Db; deciding: Deciding };

/** Approvals that policy asked for: look, give as the user that one is, refuse. */
export function approvalRoutes({ db, deciding }: ApprovalRoutesDeps): Route[] {
  const shown = async (approval: Approval): Promise<Reply> => json(200, present(approval, await votesOn(db, approval.id)), etag(1));
  return [
    route({
      method: 'GET',
      path: '/admin/v1/approvals',
      access: 'admin:approvals:read',
      audit: ['admin.read'],
      summary: 'Decisions that agents asked of people',
      input: { query: filter },
      output: { 200: pageOf(approvalView) },
      async handle({ query }) {
        const { limit, cursor, ...by } = query;
        const found = await listApprovals(db, by, { limit: limit + 1, cursor: cursorOf({ cursor }) });
        const votes = new Map(await Promise.all(found.map(async ({ id }) => [id, await votesOn(db, id)] as const)));
        return page(
          found,
          limit,
          ({ id }) => id,
          (approval) => present(approval, votes.get(approval.id) ?? []),
        );
      },
    }),
    route({
      method: 'GET',
      path: '/admin/v1/approvals/:id',
      access: 'admin:approvals:read',
      audit: ['admin.read'],
      summary: 'One approval',
      output: { 200: approvalView, 404: 'No such id' },
      async handle({ params }) {
        const approval = await findApproval(db, params['id'] ?? '');
        return approval === undefined ? notFound('approval', params['id'] ?? '') : shown(approval);
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/approvals/:id/give',
      access: 'admin:approvals:write',
      audit: ['approval.given', 'journey.refused'],
      summary: 'Say yes as the user behind this call, where the rule lets that user decide',
      input: { body: because },
      output: { 200: approvalView, 403: 'The rule does not let the caller decide', 404: 'No such id', 409: 'Decided, used or too old' },
      handle: (call) => give(deciding, call, shown),
    }),
    route({
      method: 'POST',
      path: '/admin/v1/approvals/:id/refuse',
      access: 'admin:approvals:write',
      audit: ['approval.refused', 'journey.refused'],
      summary: 'Refuse it for good; any administrator may',
      input: { body: because },
      output: { 200: approvalView, 404: 'No such id', 409: 'Decided, used or too old' },
      async handle(call) {
        const id = call.params['id'] ?? '';
        const stopped = await deciding.stop({ id, reason: call.body.reason, by: authorOf(call) });
        return stopped.ok ? shown(stopped.value) : faultReply(stopped.error, id);
      },
    }),
  ];
}

/** An administrator's right to administer is no right to approve: the rule names who may, and the caller must be one of them. */
async function give(
  deciding: Deciding,
  call: Call<z.infer<typeof because>>,
  shown: (approval: Approval) => Promise<Reply>,
): Promise<Reply> {
  const id = call.params['id'] ?? '';
  const userId = call.admin?.user;
  const given = await deciding.decide({ id, userId: userId ?? '', verdict: 'give', reason: call.body.reason, by: authorOf(call) });
  if (given.ok) return shown(given.value);
  return faultReply(userId === undefined && given.error === 'unknown' ? 'not_an_approver' : given.error, id);
}

function faultReply(fault: DecideFault, id: string): Reply {
  switch (fault) {
    case 'unknown':
      return notFound('approval', id);
    case 'not_an_approver':
      return problem({
        status: 403,
        type: 'not_an_approver',
        title: 'The rule does not let you decide this',
        detail: 'Give it as one of the users that the rule names. An admin token is nobody there.',
      });
    case 'voted':
      return problem({ status: 409, type: 'already_voted', title: 'You have decided this before' });
    case 'over':
      return problem({ status: 409, type: 'approval_over', title: 'It was decided, was used, or is too old' });
  }
}
