import type { Clock } from '../../base/clock.ts';
import type { Database } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author } from '../audit/author.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import type { EventDraft, EventOrigin } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import { readJws } from '../issuers/signature.store.ts';
import { beginSet, finishSet, whoIs } from './heard.store.ts';
import { carryOut, type CarryOutDeps } from './carry-out.store.ts';
import type { SetSignatures } from './keys.store.ts';
import { deedsOf, headerFault, judgeSet, personIn, setFault, type Deed, type ReceivedSet, type SetFault } from './received.ts';
import { audienceOf, type Transmitter } from './transmitter.ts';

export type ReceiveDeps = CarryOutDeps & { database: Database; audit: Audit; clock: Clock; issuer: string; signatures: SetSignatures };

/** Longest SET that is looked at. */
const MAX_SET = 32_768;

/** What became of a SET. `repeated`: it was heeded before. Nobody here may be meant by it, which is no fault of whoever sent it. */
export type Heard = { jti: string; repeated: boolean };

/**
 * Reads a SET and does what it asks for, once. Refused with the word of RFC 8935 and nothing done; `unavailable`: it cannot be judged now, and should come
 * again. Its id is burnt before anything is done and marked when all of it was: after a crash between the two it is done again, which moves nothing twice.
 */
export async function receive(
  deps: ReceiveDeps,
  transmitter: Transmitter,
  of: { token: string; origin: EventOrigin },
): Promise<Result<Heard, SetFault | 'unavailable'>> {
  const read = await readSet(deps, transmitter, of.token);
  if (!read.ok) return read;
  const { jti } = read.value;
  const now = deps.clock.now();
  const begun = await beginSet(deps.database.db, { transmitterId: transmitter.id, jti, now });
  if (begun === 'done') return ok({ jti, repeated: true });
  await heed(deps, transmitter, read.value, of.origin);
  return ok({ jti, repeated: false });
}

async function readSet(deps: ReceiveDeps, transmitter: Transmitter, token: string): Promise<Result<ReceivedSet, SetFault | 'unavailable'>> {
  const jws = readJws(token, MAX_SET);
  if (!jws.ok) return fail(setFault('invalid_request', 'set_malformed', 'The body is no SET in compact form.'));
  const header = headerFault(jws.value.header, transmitter.algorithms);
  if (header !== undefined) return fail(header);
  // A foreign issuer is told so before its keys are looked for among ours.
  if (jws.value.claims['iss'] !== transmitter.issuer)
    return fail(setFault('invalid_issuer', 'set_issuer', 'The issuer is not the one that is trusted here.'));
  const signature = await deps.signatures(transmitter, jws.value);
  if (signature !== undefined) return fail(signature);
  const { issuer, clock } = deps;
  return judgeSet(jws.value.claims, { issuer: transmitter.issuer, audience: audienceOf(transmitter, issuer), now: clock.now() });
}

async function heed(deps: ReceiveDeps, transmitter: Transmitter, set: ReceivedSet, origin: EventOrigin): Promise<void> {
  const { db } = deps.database;
  const deeds = deedsOf(set.events, transmitter.does);
  const person = set.subject === undefined ? undefined : personIn(set.subject);
  const user = deeds.length === 0 || person === undefined ? undefined : await whoIs(db, transmitter, person);
  const by: Author = { initiator: 'hub', actor: {}, origin };
  const done: Deed[] = [];
  if (user !== undefined)
    for (const deed of deeds) if (await carryOut(deps, { transmitter, user, deed, by, saidAt: set.saidAt })) done.push(deed);
  await commitDeed<Done, 'done'>(deps.audit, async (tx) => {
    if (!(await finishSet(tx, { transmitterId: transmitter.id, jti: set.jti, now: deps.clock.now() }))) return fail('done');
    return ok({ entries: [heardEntry(transmitter, set, { user, wanted: deeds.length, done, origin })], changed: [] });
  });
}

function heardEntry(
  { id, tenant }: Transmitter,
  set: ReceivedSet,
  of: { user: string | undefined; wanted: number; done: readonly Deed[]; origin: EventOrigin },
): EventDraft {
  const nobody = of.wanted > 0 && of.user === undefined;
  return {
    type: 'transmitter.heard',
    tenant,
    initiator: 'hub',
    actor: {},
    target: of.user === undefined ? { type: 'transmitter', id } : { type: 'user', id: of.user },
    outcome: 'success',
    ...(nobody ? { reason: 'nobody here is meant' } : {}),
    origin: of.origin,
    data: { transmitter: id, jti: set.jti, events: set.events.map((uri) => uri.slice(0, 200)), did: [...of.done] },
  };
}

/** The entry for a SET that is not taken. */
export function refusedSet({ id, tenant }: Pick<Transmitter, 'id' | 'tenant'>, reason: string, origin: EventOrigin): EventDraft {
  return {
    type: 'transmitter.refused',
    tenant,
    initiator: 'hub',
    actor: {},
    target: { type: 'transmitter', id },
    outcome: 'refused',
    reason,
    origin,
  };
}
