import { newSecret } from '../../base/ids.ts';
import type { Clock } from '../../base/clock.ts';
import type { Database, Tx } from '../../base/db.ts';
import { holdName } from '../../base/lock.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import type { Author } from '../audit/author.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import type { EventDraft } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import { streamChange, streamParked } from './events.ts';
import { acknowledgeSets, parkSet, putSets } from './outbox.store.ts';
import { pollSentence } from './push.ts';
import { setClaims } from './set.ts';
import {
  countStreams,
  findOwnStream,
  findStream,
  insertStream,
  leaveOut,
  mayVerify,
  MOST_OF_A_CLIENT,
  MOST_STREAMS,
  removeStreamRow,
  setStatus,
  takeIn,
  updateStream,
} from './store.ts';
import {
  authorizationContext,
  MIN_VERIFICATION_SECONDS,
  type Stream,
  type StreamOwner,
  type StreamSettings,
  type StreamStatus,
} from './stream.ts';
import { opaque, type SubjectId } from './subject.ts';
import { EVENT, PUSH } from './words.ts';

export type DeedDeps = { database: Database; audit: Audit; box: SecretBox; clock: Clock; issuer: string };

type Wanted = { settings: StreamSettings; authorization: string | undefined };
/** Whose deed it is, and by whose hand. */
export type Deed = { owner: StreamOwner; by: Author };

/** `too_many`: of this receiver, or of the hub. */
export async function createStream(deps: DeedDeps, { owner, by }: Deed, wanted: Wanted): Promise<Result<Stream, 'too_many'>> {
  const outcome = await commitDeed<Done & { stream: Stream }, 'too_many'>(deps.audit, async (tx) => {
    await holdName(tx, 'streams');
    const { own, all } = await countStreams(tx, owner);
    if (own >= MOST_OF_A_CLIENT || all >= MOST_STREAMS) return fail('too_many');
    const now = deps.clock.now();
    const id = `str_${newSecret(12)}`;
    const sealed = wanted.authorization === undefined ? null : deps.box.seal(wanted.authorization, authorizationContext(id));
    await insertStream(tx, { ...owner, id, settings: wanted.settings, sealed, now });
    const stream = await mustFind(tx, id);
    return ok({
      stream,
      entries: [streamChange('stream.created', { id, tenant: owner.tenant, by, before: undefined, after: stream })],
      changed: [],
    });
  });
  return outcome.ok ? ok(outcome.value.stream) : outcome;
}

/** `authorization` undefined: what is there stays, as long as it goes where it went; another receiver never gets it. */
export async function changeStream(
  deps: DeedDeps,
  { owner, by }: Deed,
  id: string,
  change: (stream: Stream) => Wanted,
): Promise<Result<Stream, 'unknown'>> {
  let unchanged: Stream | undefined;
  const outcome = await commitDeed<Done & { stream: Stream }, 'unknown'>(deps.audit, async (tx) => {
    await holdName(tx, `stream ${id}`);
    const before = await findOwnStream(tx, id, owner);
    if (before === undefined) return fail('unknown');
    const { settings, authorization } = change(before);
    await updateStream(tx, id, settings, sealedFor(deps, before, settings, authorization));
    const stream = await mustFind(tx, id);
    const header = authorization === undefined ? {} : { header: before.hasAuthorization ? 'set anew' : 'set' };
    const entry = streamChange('stream.changed', { id, tenant: owner.tenant, by, before, after: stream, ...header });
    unchanged = before;
    return ok({ stream, entries: hasChanges(entry) ? [entry] : [], changed: [] });
  });
  if (!outcome.ok) return outcome;
  return ok(outcome.value.entries.length === 0 && unchanged !== undefined ? unchanged : outcome.value.stream);
}

function sealedFor(deps: DeedDeps, before: Stream, settings: StreamSettings, authorization: string | undefined): Buffer | null | undefined {
  if (authorization !== undefined) return deps.box.seal(authorization, authorizationContext(before.id));
  const [was, is] = [before.delivery, settings.delivery];
  return was.method === PUSH && is.method === PUSH && was.endpointUrl === is.endpointUrl ? undefined : null;
}

function hasChanges({ data }: EventDraft): boolean {
  return Array.isArray(data?.['changes']) && data['changes'].length > 0;
}

/** `owner` undefined: an administrator, who may remove and hold any. */
type Hand = { owner: StreamOwner | undefined; by: Author };

function findFor(tx: Tx, id: string, owner: StreamOwner | undefined): Promise<Stream | undefined> {
  return owner === undefined ? findStream(tx, id) : findOwnStream(tx, id, owner);
}

export async function removeStream(deps: DeedDeps, { owner, by }: Hand, id: string): Promise<Result<true, 'unknown'>> {
  const outcome = await commitDeed<Done, 'unknown'>(deps.audit, async (tx) => {
    const before = await findFor(tx, id, owner);
    if (before === undefined || !(await removeStreamRow(tx, id))) return fail('unknown');
    return ok({ entries: [streamChange('stream.removed', { id, tenant: before.tenant, by, before, after: undefined })], changed: [] });
  });
  return outcome.ok ? ok(true) : outcome;
}

/** `held`: an administrator switched it off, and its receiver cannot switch it on again. */
export async function moveStatus(
  deps: DeedDeps,
  { owner, by }: Hand,
  of: { id: string; to: StreamStatus; reason: string | undefined },
): Promise<Result<Stream, 'unknown' | 'held'>> {
  const hand = owner === undefined ? 'admin' : 'client';
  let still: Stream | undefined;
  const outcome = await commitDeed<Done & { stream: Stream }, 'unknown' | 'held'>(deps.audit, async (tx) => {
    await holdName(tx, `stream ${of.id}`);
    const before = await findFor(tx, of.id, owner);
    if (before === undefined) return fail('unknown');
    if (hand === 'client' && before.heldBy === 'admin' && of.to !== before.status) return fail('held');
    still = before;
    if (!(await setStatus(tx, { ...of, by: hand }))) return ok({ stream: before, entries: [], changed: [] });
    const stream = await mustFind(tx, of.id);
    if (hand === 'admin') await tellStatus(deps, tx, stream);
    return ok({
      stream,
      entries: [streamChange('stream.changed', { id: of.id, tenant: before.tenant, by, before, after: stream })],
      changed: [],
    });
  });
  if (!outcome.ok) return outcome;
  return ok(outcome.value.entries.length === 0 && still !== undefined ? still : outcome.value.stream);
}

/** What the receiver did not do itself it is told, as the last word before it is quiet (SSF 1.0 §8.1.5). */
async function tellStatus(deps: DeedDeps, tx: Tx, stream: Stream): Promise<void> {
  const { id, status, statusReason } = stream;
  await putOwn(deps, tx, stream, {
    uri: EVENT.streamUpdated,
    jti: `upd_${newSecret(12)}`,
    payload: { status, ...(statusReason === undefined ? {} : { reason: statusReason }) },
    id,
  });
}

function putOwn(
  { issuer, clock }: DeedDeps,
  tx: Tx,
  stream: Stream,
  of: { uri: string; jti: string; payload: Record<string, unknown>; id: string },
): Promise<void> {
  const now = clock.now();
  const { uri, jti, payload } = of;
  return putSets(tx, of.id, [setClaims({ issuer, audience: stream.clientId, now, jti, subject: opaque(of.id), uri, payload })], now);
}

/** A verification event, by the way that all events go (SSF 1.0 §8.1.4). Writes no entry: it changes nothing. */
export async function askVerification(
  deps: DeedDeps,
  owner: StreamOwner | undefined,
  of: { id: string; state: string | undefined },
): Promise<Result<true, 'unknown' | 'too_often'>> {
  return deps.database.db.transaction().execute(async (tx) => {
    const stream = await findFor(tx, of.id, owner);
    if (stream === undefined) return fail('unknown');
    if (!(await mayVerify(tx, of.id, { now: deps.clock.now(), intervalMs: MIN_VERIFICATION_SECONDS * 1_000 }))) return fail('too_often');
    const payload = of.state === undefined ? {} : { state: of.state };
    await putOwn(deps, tx, stream, { uri: EVENT.verification, jti: `ver_${newSecret(12)}`, payload, id: of.id });
    return ok(true);
  });
}

/** All subjects are in at first: what is added is what was left out before. */
export async function moveSubject(
  deps: DeedDeps,
  { owner, by }: Deed,
  of: { id: string; subject: SubjectId; to: 'in' | 'out' },
): Promise<Result<true, 'unknown' | 'too_many'>> {
  const outcome = await commitDeed<Done, 'unknown' | 'too_many'>(deps.audit, async (tx) => {
    await holdName(tx, `stream ${of.id}`);
    const stream = await findOwnStream(tx, of.id, owner);
    if (stream === undefined) return fail('unknown');
    const moved = of.to === 'in' ? (await takeIn(tx, of.id, of.subject)) > 0 : await leaveOut(tx, of.id, of.subject);
    if (moved === 'full') return fail('too_many');
    if (moved === false || moved === 'already') return ok({ entries: [], changed: [] });
    const entry: EventDraft = {
      type: 'stream.changed',
      tenant: owner.tenant,
      initiator: by.initiator,
      actor: by.actor,
      target: { type: 'stream', id: of.id },
      outcome: 'success',
      origin: by.origin,
      data: { deed: of.to === 'in' ? 'subject added' : 'subject removed', format: of.subject.format },
    };
    return ok({ entries: [entry], changed: [] });
  });
  return outcome.ok ? ok(true) : outcome;
}

/** What a receiver that polls has, and what it refuses (RFC 8936 §2.2). Ids of other streams name nothing here. */
export async function takePollReport(
  deps: DeedDeps,
  stream: Pick<Stream, 'id' | 'tenant'>,
  of: { ack: readonly string[]; refused: ReadonlyMap<string, unknown> },
): Promise<void> {
  const now = deps.clock.now();
  await acknowledgeSets(deps.database.db, { streamId: stream.id, jtis: of.ack, now });
  for (const [jti, err] of of.refused)
    await commitDeed<Done, 'full' | 'gone'>(deps.audit, async (tx) => {
      const sentence = pollSentence(err);
      const parked = await parkSet(tx, { streamId: stream.id, jti, sentence, now });
      return parked === 'parked' ? ok({ entries: [streamParked(stream, { jti, sentence })], changed: [] }) : fail(parked);
    });
}

async function mustFind(tx: Tx, id: string): Promise<Stream> {
  const stream = await findStream(tx, id);
  if (stream === undefined) throw new Error('a stream was not saved');
  return stream;
}
