import { setTimeout as sleep } from 'node:timers/promises';
import { json, type Reply } from '../../base/http/message.ts';
import { parseJson } from '../../base/json.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import type { KeyRing } from '../../rooms/keys/ring.store.ts';
import { takePollReport } from '../../rooms/streams/deeds.store.ts';
import { waitingSets, type Waiting } from '../../rooms/streams/outbox.store.ts';
import { readPollQuestion, type PollQuestion } from '../../rooms/streams/poll.ts';
import { findOwnStream, markAsked } from '../../rooms/streams/store.ts';
import type { Stream, StreamOwner } from '../../rooms/streams/stream.ts';
import { POLL, SET_TYP } from '../../rooms/streams/words.ts';
import { READ } from './caller.ts';
import { asOwner, badRequest, noStream, type ManageDeps } from './configuration.ts';
import { PATHS } from './metadata.ts';

export type PollDoorDeps = ManageDeps & {
  keys: Pick<KeyRing, 'signer'>;
  /** Reads on in the record for this stream now. */
  refresh(streamId: string): Promise<void>;
};

/** SETs in one answer. */
const MOST = 100;
/** A question that may wait does so for this many looks, a second apart. */
const LOOKS = 15;
const LOOK_MS = 1_000;

/** `POST /ssf/v1/poll/<stream>` (RFC 8936): takes what the receiver acknowledges or refuses, and answers with what waits for it, oldest first. */
export function pollRoute(deps: PollDoorDeps): Route {
  return route({
    method: 'POST',
    path: PATHS.poll,
    access: 'token',
    audit: ['stream.parked', 'stream.refused'],
    summary: 'Poll for security event tokens (RFC 8936)',
    handle: (call) => asOwner(deps, call, READ, (owner) => poll(deps, call, owner)),
  });
}

async function poll(deps: PollDoorDeps, { request, params, now }: Call, owner: StreamOwner): Promise<Reply> {
  const stream = await findOwnStream(deps.database.db, params['id'] ?? '', owner);
  // A stream that pushes has nothing here: what it acknowledged by hand would never arrive where it belongs.
  if (stream === undefined || stream.delivery.method !== POLL) return noStream(request);
  // An empty body asks for whatever there is.
  const parsed = parseJson(request.body === '' ? '{}' : request.body);
  const question = parsed.ok ? readPollQuestion(parsed.value) : undefined;
  if (question === undefined) return badRequest(request, 'The body is what RFC 8936 describes in section 2.2.');
  await markAsked(deps.database.db, stream.id, now);
  await takePollReport(deps, stream, {
    ack: question.ack,
    refused: new Map(Object.entries(question.setErrs).map(([jti, { err }]) => [jti, err])),
  });
  const limit = Math.min(question.maxEvents ?? MOST, MOST);
  const waiting = await lookFor(deps, stream, { question, limit, signal: request.signal });
  const sets = waiting.slice(0, limit).map(({ jti, claims }) => [jti, deps.keys.signer().sign(SET_TYP, claims)] as const);
  return json(200, { sets: Object.fromEntries(sets), moreAvailable: waiting.length > limit });
}

/** One more than asked for, so that it can be said whether there is more. */
async function lookFor(
  deps: PollDoorDeps,
  { id, status }: Stream,
  { question, limit, signal }: { question: PollQuestion; limit: number; signal: AbortSignal },
): Promise<Waiting[]> {
  for (let look = 1; ; look += 1) {
    if (status === 'enabled') await deps.refresh(id);
    const found = await waitingSets(deps.database.db, id, limit + 1, status !== 'enabled');
    const isEnough = found.length > 0 || limit === 0 || question.returnImmediately || look >= LOOKS;
    if (isEnough || signal.aborted) return found;
    await sleep(LOOK_MS, undefined, { ref: false });
  }
}
