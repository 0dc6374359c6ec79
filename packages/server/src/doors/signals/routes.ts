import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import type { Database } from '../../base/db.ts';
import { json, originOf, type Inbound, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { ok } from '../../base/result.ts';
import { commitDeed, type Done } from '../../rooms/audit/deed.store.ts';
import type { EventDraft } from '../../rooms/audit/event.ts';
import type { Audit } from '../../rooms/audit/store.ts';
import type { Listening } from '../../rooms/signals/listener.ts';
import { acknowledge, listenerClosed, listenerOpened, listenerSeen } from '../../rooms/signals/listener.store.ts';
import { lastBefore } from '../../rooms/signals/store.ts';
import { signalStream, type Listener, type SignalBell } from './stream.ts';

/** Who listens: a resource server known as a client of the hub, or the bearer of the admin token. */
export type Receiver = { id: string; tenants: readonly string[] };

export type SignalDoorDeps = {
  database: Database;
  audit: Audit;
  clock: Clock;
  bell: SignalBell;
  /** Who the Authorization header proves, or the answer that refuses. */
  receiver(request: Inbound, now: number): Promise<{ ok: true; receiver: Receiver } | { ok: false; reply: Reply }>;
  /** Seconds the longest access token lives: older signals cannot matter to a server that starts now. */
  longestTokenTtl: number;
  observePropagation(seconds: number): void;
};

/** What a process calls itself, so that each of several is seen to have heard. */
const INSTANCE = /^[A-Za-z0-9._-]{1,64}$/;
const ackBody = z.object({ seq: z.number().int().min(0), instance: z.string().regex(INSTANCE).optional() });

/** `GET /signals/v1/stream` (server-sent events) and `POST /signals/v1/ack`. */
export function signalDoorRoutes(deps: SignalDoorDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: '/signals/v1/stream',
      access: 'client',
      audit: { none: 'a standing connection; what it carries was recorded as signal.sent' },
      summary: 'Signals as server-sent events; Last-Event-ID resumes without a gap',
      handle: (call) => openStream(deps, call),
    }),
    route({
      method: 'POST',
      path: '/signals/v1/ack',
      access: 'client',
      audit: ['signal.acknowledged'],
      summary: 'Acknowledge all signals up to a number',
      handle: (call) => takeAck(deps, call),
    }),
  ];
}

async function openStream(deps: SignalDoorDeps, { request, now }: Call): Promise<Reply> {
  const who = await deps.receiver(request, now);
  if (!who.ok) return who.reply;
  const resume = lastEventId(request);
  if (resume === 'bad') return badRequest(request, 'Last-Event-ID is the number of a signal.');
  const instance = request.header('writ-instance') ?? '';
  if (instance !== '' && !INSTANCE.test(instance))
    return badRequest(request, 'Writ-Instance is 1 to 64 letters, digits, dots, dashes or underscores.');
  const { db } = deps.database;
  const after = resume ?? (await lastBefore(db, now - deps.longestTokenTtl * 1000));
  const listening = { receiver: who.receiver.id, instance };
  await listenerOpened(db, listening, { after: resume, now });
  const stillGood = async (): Promise<boolean> => (await deps.receiver(request, deps.clock.now())).ok;
  const body = signalStream(
    { db, bell: deps.bell },
    after,
    { ...who.receiver, stillGood, ...presence(deps, listening, now) },
    request.signal,
  );
  return { status: 200, headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' }, body };
}

/** That it listens, written down for whoever asks who has not acted. The stream itself does not hang on it. */
function presence({ database, clock }: SignalDoorDeps, listening: Listening, openedAt: number): Pick<Listener, 'onAlive' | 'onEnd'> {
  const quietly = (work: Promise<void>): void => void work.catch(() => undefined);
  return {
    onAlive: () => quietly(listenerSeen(database.db, listening, clock.now())),
    onEnd: () => quietly(listenerClosed(database.db, listening, { openedAt, now: clock.now() })),
  };
}

function lastEventId(request: Inbound): number | undefined | 'bad' {
  const value = request.header('last-event-id');
  if (value === undefined || value === '') return undefined;
  return /^\d{1,15}$/.test(value) ? Number(value) : 'bad';
}

function badRequest(request: Inbound, description: string): Reply {
  return json(400, { error: 'invalid_request', error_description: description, request_id: request.requestId });
}

async function takeAck(deps: SignalDoorDeps, { request, now }: Call): Promise<Reply> {
  const who = await deps.receiver(request, now);
  if (!who.ok) return who.reply;
  const ack = parseAck(request.body);
  if (ack === undefined) return badRequest(request, 'The body is {"seq": <number>, "instance"?: <name>}.');
  const { receiver } = who;
  const { seq, instance = '' } = ack;
  let took: readonly number[] = [];
  // Said again, or late: nothing changed, and nothing is written.
  await commitDeed<Done, never>(deps.audit, async (tx) => {
    const covered = await acknowledge(tx, { receiver: receiver.id, instance, tenants: receiver.tenants }, { seq, now });
    took = covered ?? [];
    const entry: EventDraft = {
      type: 'signal.acknowledged',
      initiator: 'agent',
      actor: { client: receiver.id },
      outcome: 'success',
      origin: originOf(request),
      data: { seq, covered: took.length, ...(instance === '' ? {} : { instance }) },
    };
    return ok({ entries: covered === undefined ? [] : [entry], changed: [] });
  });
  for (const ms of took) deps.observePropagation(ms / 1_000);
  return json(200, { acknowledged: seq });
}

function parseAck(body: string): z.infer<typeof ackBody> | undefined {
  try {
    const parsed = ackBody.safeParse(JSON.parse(body));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
