import { z } from 'zod';
import { serviceUrl } from '../connections/config.ts';
import type { Books } from '../sinks/books.ts';
import { POLL, PUSH, SUPPORTED } from './words.ts';

export const STATUSES = ['enabled', 'paused', 'disabled'] as const;
export type StreamStatus = (typeof STATUSES)[number];

export type Delivery = { method: typeof PUSH; endpointUrl: string } | { method: typeof POLL };

/** What its receiver may say about a stream. */
export type StreamSettings = { eventsRequested: readonly string[]; delivery: Delivery; description?: string };

/** Who a stream belongs to: a client, in one tenant or in the whole hub. */
export type StreamOwner = { clientId: string; tenant: string | undefined };

/** SETs on their way to one receiver (SSF 1.0 §8.1). */
export type Stream = StreamSettings &
  StreamOwner & {
    id: string;
    status: StreamStatus;
    statusReason: string | undefined;
    /** Who paused or disabled it: its receiver does not switch on again what an administrator switched off. */
    heldBy: 'client' | 'admin' | undefined;
    hasAuthorization: boolean;
    version: number;
    createdAt: number;
    /** When a receiver that fetches for itself last asked, to ten seconds. */
    askedAt: number | undefined;
    books: Books;
  };

/** Milliseconds that something may wait for a receiver that fetches for itself before its stream is called behind. */
const LATE_MS = 60_000;

/** What is amiss with a stream whose receiver leaves it waiting, and since when. Undefined: nothing is, or its receiver does not fetch for itself. */
export function lateness(
  { delivery: to, status, askedAt, createdAt, books: { oldestPendingAt } }: Stream,
  now: number,
): { sentence: string; since: number } | undefined {
  if (to.method !== POLL || status !== 'enabled' || oldestPendingAt === undefined || now - oldestPendingAt < LATE_MS) return undefined;
  if (askedAt === undefined) return { sentence: 'Nobody has ever asked for what waits.', since: createdAt };
  return now - askedAt < LATE_MS
    ? { sentence: 'Its receiver asks, and does not acknowledge all that waits.', since: oldestPendingAt }
    : { sentence: 'Nobody asks any more for what waits.', since: askedAt };
}

/** Seconds between two verification events that a receiver asks for. */
export const MIN_VERIFICATION_SECONDS = 10;

const headerText = z.string().regex(/^[\x21-\x7e][\x20-\x7e]{0,4095}$/, 'visible ASCII');

const delivery = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal(PUSH), endpoint_url: serviceUrl, authorization_header: headerText.optional() }),
  // The address of a poll endpoint is ours to say; a receiver that sends back what it read says it too.
  z.strictObject({ method: z.literal(POLL), endpoint_url: z.string().max(2_048).optional() }),
]);

const receiverSupplied = {
  events_requested: z.array(z.string().min(1).max(512)).max(100),
  delivery,
  description: z.string().max(500),
};

/** Members that the transmitter supplies: a receiver may send them back, and then they have to be right (SSF 1.0 §8.1.1.3). */
const transmitterSupplied = {
  iss: z.string().optional(),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  events_supported: z.array(z.string()).optional(),
  events_delivered: z.array(z.string()).optional(),
  min_verification_interval: z.number().optional(),
  inactivity_timeout: z.number().optional(),
};

export const createBody = z.looseObject({
  events_requested: receiverSupplied.events_requested.optional(),
  delivery: receiverSupplied.delivery.optional(),
  description: receiverSupplied.description.optional(),
});

export const updateBody = z.looseObject({
  stream_id: z.string().min(1).max(64),
  ...transmitterSupplied,
  events_requested: receiverSupplied.events_requested.optional(),
  delivery: receiverSupplied.delivery.optional(),
  description: receiverSupplied.description.optional(),
});

export type CreateBody = z.output<typeof createBody>;
export type UpdateBody = z.output<typeof updateBody>;

/** What a receiver said, as we keep it. `authorization` is kept apart, sealed. Nothing said about delivery: it comes for them itself. */
export function settingsOf(body: Pick<CreateBody, 'events_requested' | 'delivery' | 'description'>): {
  settings: StreamSettings;
  authorization: string | undefined;
} {
  const { events_requested: wanted = SUPPORTED, delivery: to, description } = body;
  return {
    settings: {
      eventsRequested: [...new Set(wanted)],
      delivery: to === undefined || to.method === POLL ? { method: POLL } : { method: PUSH, endpointUrl: to.endpoint_url },
      ...(description === undefined ? {} : { description }),
    },
    authorization: to?.method === PUSH ? to.authorization_header : undefined,
  };
}

/** What was asked for and can be had; order of what was asked for. */
export function deliveredEvents({ eventsRequested }: Pick<StreamSettings, 'eventsRequested'>): string[] {
  return eventsRequested.filter((uri) => SUPPORTED.includes(uri));
}

export function pollUrl(issuer: string, id: string): string {
  return `${issuer}/ssf/v1/poll/${id}`;
}

/** The configuration as SSF writes it. The authorization header is not shown again. */
export function toWire(stream: Stream, issuer: string): Record<string, unknown> {
  const { id, clientId, delivery: to, description } = stream;
  return {
    stream_id: id,
    iss: issuer,
    aud: clientId,
    events_supported: SUPPORTED,
    events_requested: stream.eventsRequested,
    events_delivered: deliveredEvents(stream),
    delivery: to.method === PUSH ? { method: PUSH, endpoint_url: to.endpointUrl } : { method: POLL, endpoint_url: pollUrl(issuer, id) },
    min_verification_interval: MIN_VERIFICATION_SECONDS,
    ...(description === undefined ? {} : { description }),
  };
}

/** The first member that the transmitter supplies and the receiver sent back otherwise. */
export function contradicted(body: UpdateBody, stream: Stream, issuer: string): string | undefined {
  const wire = toWire(stream, issuer);
  for (const name of ['iss', 'aud', 'events_supported', 'min_verification_interval'] as const)
    if (body[name] !== undefined && JSON.stringify(body[name]) !== JSON.stringify(wire[name])) return name;
  const { delivery: to } = body;
  return to?.method === POLL && to.endpoint_url !== undefined && to.endpoint_url !== pollUrl(issuer, stream.id)
    ? 'delivery.endpoint_url'
    : undefined;
}

export function statusWire({ id, status, statusReason }: Pick<Stream, 'id' | 'status' | 'statusReason'>): Record<string, unknown> {
  return { stream_id: id, status, ...(statusReason === undefined ? {} : { reason: statusReason }) };
}

/** Ties a sealed authorization header to its stream. */
export function authorizationContext(id: string): string {
  return `stream/${id}`;
}
