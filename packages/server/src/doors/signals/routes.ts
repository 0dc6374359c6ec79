import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import type { Database } from '../../base/db.ts';
import { json, originOf, type Inbound, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import type { EventDraft } from '../../rooms/audit/event.ts';
import type { Audit } from '../../rooms/audit/store.ts';
import { acknowledge, lastBefore } from '../../rooms/signals/store.ts';
import type { Signal } from '../../rooms/signals/signal.ts';
import { signalStream, type SignalBell } from './stream.ts';

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

const ackBody = z.object({ seq: z.number().int().min(0) });

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
  const after = resume ?? (await lastBefore(deps.database.db, now - deps.longestTokenTtl * 1000));
  const stillGood = async (): Promise<boolean> => (await deps.receiver(request, deps.clock.now())).ok;
  const body = signalStream({ db: deps.database.db, bell: deps.bell }, after, { ...who.receiver, stillGood }, request.signal);
  return { status: 200, headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' }, body };
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
  const seq = parseAck(request.body);
  if (seq === undefined) return badRequest(request, 'The body is {"seq": <number>}.');
  const { receiver } = who;
  const covered = await deps.audit.commit(async (tx) => {
    const signals = await acknowledge(tx, { receiver: receiver.id, seq, now });
    const entry: EventDraft = {
      type: 'signal.acknowledged',
      initiator: 'agent',
      actor: { client: receiver.id },
      outcome: 'success',
      origin: originOf(request),
      data: { seq, covered: signals.length },
    };
    return { value: signals, entries: [entry] };
  });
  for (const signal of covered) deps.observePropagation(secondsSince(signal, now));
  return json(200, { acknowledged: seq });
}

function secondsSince(signal: Signal, now: number): number {
  return Math.max(0, (now - signal.at) / 1000);
}

function parseAck(body: string): number | undefined {
  try {
    const parsed = ackBody.safeParse(JSON.parse(body));
    return parsed.success ? parsed.data.seq : undefined;
  } catch {
    return undefined;
  }
}
