import { beginJourney, type Facts } from '@writ/flow';
import { canonical } from '../../../base/canonical.ts';
import { newId } from '../../../base/ids.ts';
import type { Log } from '../../../base/log.ts';
import { fail, ok } from '../../../base/result.ts';
import { hubAuthor } from '../../audit/author.ts';
import { commitDeed, type Done } from '../../audit/deed.store.ts';
import type { Applicant, Review, Verdict } from '../../clients/review.ts';
import { admitClient, turnAway } from '../../clients/review.store.ts';
import { findClient } from '../../clients/store.ts';
import { findUser } from '../../users/store.ts';
import type { JourneysDeps } from '../deps.store.ts';
import { clientFacts } from '../../flows/facts.ts';
import { requestFacts } from '../facts.ts';
import { JOURNEY_MS, type Journey, type RegistrationRequest } from '../journey.ts';
import { run, type Rest } from '../run.store.ts';
import { openSafe } from '../safe.store.ts';
import { enrichmentOf, refusalOf } from './outputs.ts';
import {
  allWaiting,
  findWaiting,
  holdWaiting,
  insertWaiting,
  moveWaiting,
  releaseWaiting,
  takeWaiting,
  waitingFor,
  type Waiting,
} from './store.ts';

/** Flows for clients that register themselves: run before anything of the client is kept, and gone on with when people have answered. */
export type Reviews = {
  review: Review;
  /** Somebody decided on this approval, or its time is over. Nothing happens where it is not for a registration. */
  decided(approvalId: string): void;
  /** Everything that waits is looked at: what a node that died did not go on with. */
  resumeDue(): Promise<void>;
  settled(): Promise<void>;
};

export type ReviewDeps = JourneysDeps & { log: Log };

const ASK = { silent: false, login: false, consent: false, chooseAccount: false };

export function createReviews(deps: ReviewDeps): Reviews {
  const under = new Set<Promise<void>>();
  const resume = (clientId: string): Promise<void> =>
    goOn(deps, clientId).catch((error: unknown) => deps.log.warn({ err: error }, 'a registration could not be gone on with'));
  return {
    review: (of) => begin(deps, of),
    decided(approvalId) {
      const going: Promise<void> = waitingFor(deps.db, approvalId)
        .then((clientId) => (clientId === undefined ? undefined : resume(clientId)))
        .catch((error: unknown) => deps.log.warn({ err: error }, 'a registration could not be found'))
        .finally(() => under.delete(going));
      under.add(going);
    },
    async resumeDue() {
      for (const clientId of await allWaiting(deps.db)) await resume(clientId);
    },
    async settled() {
      await Promise.all(under);
    },
  };
}

async function begin(deps: ReviewDeps, of: Applicant): Promise<Verdict> {
  const now = deps.clock.now();
  const request: RegistrationRequest = {
    kind: 'registration',
    clientId: of.id,
    redirectUris: of.redirectUris,
    ask: ASK,
    txn: newId('txn', now),
  };
  const chosen = deps.flows.choose({ purpose: 'registration', clientId: of.id });
  const facts: Facts = {
    request: requestFacts(request, { client: undefined, resource: undefined, ip: of.origin.ip }),
    client: clientFacts(of),
  };
  const journey: Journey = {
    id: newId('jny', now),
    browserDigest: '',
    request,
    flow: chosen.digest,
    state: beginJourney(chosen.flow.graph.start, ASK, facts),
    version: 1,
    createdAt: now,
    expiresAt: now + JOURNEY_MS,
  };
  const visit = { held: undefined, origin: of.origin };
  const rest = await run(
    deps,
    { journey, flow: chosen.flow, visit, safe: openSafe(deps.box, journey) },
    { kind: 'arrived', client: facts.client },
  );
  const waiting = { clientId: of.id, journeyId: journey.id, flow: journey.flow, state: rest.state, request, origin: of.origin };
  return verdictOf(deps, rest, (tx) => insertWaiting(tx, waiting, deps.clock.now()));
}

/** Where a run came to rest. The one page that there may be is that of waiting; at any other there would be nobody. */
async function verdictOf(deps: ReviewDeps, { effect }: Rest, keep: Extract<Verdict, { kind: 'pending' }>['keep']): Promise<Verdict> {
  if (effect.kind === 'finish') return accepted(deps, effect.end.outputs);
  if (effect.kind === 'refuse') return { kind: 'refused', ...refusalOf(effect.denial) };
  if (effect.kind === 'show' && effect.page.kind === 'waiting') return { kind: 'pending', keep };
  return { kind: 'refused', ...refusalOf({ error: 'server_error', reason: 'page_without_a_person' }) };
}

async function accepted({ db }: ReviewDeps, outputs: Parameters<typeof enrichmentOf>[0]): Promise<Verdict> {
  const enrich = enrichmentOf(outputs);
  if (!enrich.ok) return { kind: 'refused', ...refusalOf({ error: 'server_error', reason: enrich.error }) };
  const { owner } = enrich.value;
  if (owner !== undefined && (await findUser(db, owner))?.state !== 'active')
    return { kind: 'refused', ...refusalOf({ error: 'server_error', reason: 'outputs: no such owner' }) };
  return { kind: 'accepted', enrich: enrich.value };
}

/**
 * The flow of a registration that waits, from where it stands. Held while it runs: two nodes that hear of one answer would both make the calls that
 * follow. Who comes meanwhile goes away, and by the minute the clock comes again.
 */
async function goOn(deps: ReviewDeps, clientId: string): Promise<void> {
  const found = await findWaiting(deps.db, clientId);
  const waiting = found === undefined ? undefined : await holdWaiting(deps.db, found, deps.clock.now());
  if (waiting === undefined) return;
  try {
    await runHeld(deps, waiting);
  } finally {
    await releaseWaiting(deps.db, waiting);
  }
}

async function runHeld(deps: ReviewDeps, waiting: Waiting): Promise<void> {
  const flow = await deps.flows.version(waiting.flow);
  const client = await findClient(deps.db, waiting.clientId);
  if (flow === undefined || client === undefined)
    return conclude(deps, waiting, {
      kind: 'refused',
      reason: flow === undefined ? 'flow_gone' : 'client_gone',
      message: '',
      later: false,
    });
  const now = deps.clock.now();
  const journey: Journey = {
    id: waiting.journeyId,
    browserDigest: '',
    request: waiting.request,
    flow: waiting.flow,
    state: waiting.state,
    version: waiting.version,
    createdAt: now,
    expiresAt: now + JOURNEY_MS,
  };
  const visit = { held: undefined, origin: waiting.origin };
  const rest = await run(
    deps,
    { journey, flow, visit, safe: openSafe(deps.box, journey) },
    { kind: 'arrived', client: clientFacts(client) },
  );
  const verdict = await verdictOf(deps, rest, () => Promise.resolve());
  if (verdict.kind !== 'pending') return conclude(deps, waiting, verdict);
  if (canonical(rest.state) !== canonical(waiting.state)) await moveWaiting(deps.db, waiting, rest.state);
}

async function conclude({ audit }: ReviewDeps, waiting: Waiting, verdict: Exclude<Verdict, { kind: 'pending' }>): Promise<void> {
  const by = hubAuthor('registrations-review');
  await commitDeed<Done, 'taken'>(audit, async (tx) => {
    if (!(await takeWaiting(tx, waiting))) return fail('taken');
    if (verdict.kind === 'accepted') return ok(await admitClient(tx, waiting.clientId, verdict.enrich, by));
    return ok(await turnAway(tx, waiting.clientId, verdict.reason, by));
  });
}
