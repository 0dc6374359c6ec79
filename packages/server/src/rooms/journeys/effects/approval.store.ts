import { oneLine } from './words.ts';
import type { Database, Tx } from '../../../base/db.ts';
import { holdName } from '../../../base/lock.ts';
import type { Result } from '../../../base/result.ts';
import { REGISTRATION, type ApprovalRequest } from '../../approvals/approval.ts';
import { canBeDecided } from '../../approvals/deciders.store.ts';
import type { Want, WantApproval } from '../../approvals/want.store.ts';
import type { Client } from '../../clients/client.ts';
import { clientOf, grantOf, type Journey } from '../journey.ts';
import type { AnswerOf, EffectOf, Standing } from '../world.ts';
import { findDeed, noteDeed, type Visited } from './deeds.store.ts';
import { nodeOf } from './noted.ts';

export type ApprovalEffectDeps = {
  database: Pick<Database, 'db'>;
  want: Want;
  /** Tells the approvers, once there is something to see. */
  announce(id: string): void;
  clients: { find(id: string): Promise<Result<Client, unknown>> };
};

type Answer = AnswerOf<'approvalStands' | 'failed'>;
type Outcome = AnswerOf<'approvalStands'>['state'];

/**
 * Asks people, or looks what they have said since. The question is known by all that it says, so that somebody who starts again tomorrow finds
 * the yes of today; which visit of the node it was spent for is known by the visit, so that it is spent once.
 */
export async function requestApproval(deps: ApprovalEffectDeps, of: EffectOf<'requestApproval'>, at: Standing): Promise<Answer> {
  const { db } = deps.database;
  const visited = { journeyId: at.journey.id, key: of.key };
  const wanted = wantedOf(of, at);
  if ((await findDeed(db, visited)) === undefined) {
    if (!(await canBeDecided(db, wanted, await ownerOf(deps, at)))) return { kind: 'failed', reason: 'too_few_approvers' };
  }
  const { answer, fresh } = await db.transaction().execute((tx) => stand(tx, deps.want, wanted, visited));
  if (fresh !== undefined) deps.announce(fresh);
  return answer;
}

/** Who answers for the client. One that registers has nobody yet, and is not looked up: it may be this very look-up that waits for the answer. */
async function ownerOf({ clients }: ApprovalEffectDeps, { journey: { request } }: Standing): Promise<string | undefined> {
  const id = request.kind === 'registration' ? undefined : clientOf(request);
  const found = id === undefined ? undefined : await clients.find(id);
  return found?.ok === true ? found.value.owner : undefined;
}

async function stand(tx: Tx, want: Want, wanted: WantApproval, visited: Visited): Promise<{ answer: Answer; fresh?: string }> {
  // Two nodes that look at one page at the same moment: the second sees what the first has spent.
  await holdName(tx, `deed ${visited.journeyId} ${visited.key}`);
  const before = await findDeed(tx, visited);
  if (isOutcome(before?.outcome)) return { answer: { kind: 'approvalStands', state: before.outcome } };
  const named = before?.ref === undefined ? undefined : await want({ ...wanted, named: before.ref }, tx);
  // Another journey of the same person has spent it meanwhile: this one asks for its own.
  const wants = named === undefined || named.kind === 'used' || named.kind === 'not_for_this' ? await want(wanted, tx) : named;
  switch (wants.kind) {
    case 'asked':
    case 'polled':
    case 'too_fast':
      await noteDeed(tx, visited, 'requestApproval', { ref: wants.id }, wanted.now);
      return { answer: { kind: 'approvalStands', state: 'pending' }, ...(wants.kind === 'asked' ? { fresh: wants.id } : {}) };
    case 'spent':
    case 'refused':
    case 'expired': {
      const outcome = wants.kind === 'spent' ? 'given' : wants.kind;
      await noteDeed(tx, visited, 'requestApproval', { ref: wants.id, outcome }, wanted.now);
      return { answer: { kind: 'approvalStands', state: outcome } };
    }
    case 'too_many':
      return { answer: { kind: 'failed', reason: 'too_many_questions' } };
    case 'used':
    case 'not_for_this':
      throw new Error('an approval that nobody named was somebody else’s');
  }
}

const isOutcome = (word: string | undefined): word is Exclude<Outcome, 'pending'> =>
  word === 'given' || word === 'refused' || word === 'expired';

/** Longest message that an approver is shown; the values in its holes are anybody's. */
const MOST_MESSAGE = 500;

function wantedOf(of: EffectOf<'requestApproval'>, at: Standing): WantApproval {
  const { journey, origin, now } = at;
  const { from, count, expiresIn } = of;
  const node = nodeOf(of.key);
  const need = {
    ...(from.users === undefined ? {} : { users: from.users }),
    ...(from.roles === undefined ? {} : { roles: from.roles }),
    ...(from.owner === true ? { owner: true as const } : {}),
  };
  return {
    request: {
      ...requestOf(journey),
      flow: { version: journey.flow, node, message: oneLine(of.message, MOST_MESSAGE), ...registering(journey.request) },
    },
    needs: [{ rule: `flow: ${node}`, from: need, count }],
    scopes: [],
    expiresIn,
    txn: journey.request.txn,
    origin,
    now,
  };
}

function registering(request: Journey['request']): { redirectUris?: readonly string[] } {
  return request.kind === 'registration' ? { redirectUris: request.redirectUris } : {};
}

function requestOf({ request, state }: Journey): ApprovalRequest {
  const user = state.proof?.userId;
  const tenant = state.facts.tenant?.id;
  return {
    clientId: clientOf(request) ?? '',
    ...(user === undefined ? {} : { userId: user }),
    ...(tenant === undefined ? {} : { tenantId: tenant }),
    ...('resourceId' in request ? { resourceId: request.resourceId } : {}),
    grant: request.kind === 'registration' ? REGISTRATION : request.kind === 'sign-in' ? 'sign_in' : grantOf(request),
    scopes: [...state.facts.request.scopes].toSorted(),
    actors: [],
  };
}
