import type { z } from 'zod';
import { json, originOf, type Inbound, type Reply } from '../../base/http/message.ts';
import { parseJson } from '../../base/json.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import { parseTarget } from '../../base/outbound/target.ts';
import type { Author } from '../../rooms/audit/author.ts';
import type { EventDraft, EventType } from '../../rooms/audit/event.ts';
import { changeStream, createStream, removeStream, type DeedDeps } from '../../rooms/streams/deeds.store.ts';
import { findOwnStream, ownStreams } from '../../rooms/streams/store.ts';
import {
  contradicted,
  createBody,
  settingsOf,
  toWire,
  updateBody,
  type Stream,
  type StreamOwner,
  type UpdateBody,
} from '../../rooms/streams/stream.ts';
import { PUSH } from '../../rooms/streams/words.ts';
import { admit, errorReply, MANAGE, READ, type CallerOf } from './caller.ts';
import { PATHS } from './metadata.ts';

export type ManageDeps = DeedDeps & {
  allowLoopback: boolean;
  callerOf: CallerOf;
  /** Whether refusals of callers at this address still have room in the record. */
  mayRecord(ip: string, now: number): boolean;
};

/** Runs what a caller with the scope asked for. Whoever has not is refused, and that is recorded. */
export async function asOwner(
  deps: ManageDeps,
  call: Call,
  scope: string,
  act: (owner: StreamOwner, by: Author) => Promise<Reply>,
): Promise<Reply> {
  const { request, now } = call;
  const admitted = await admit(deps.callerOf, request, { now, scope });
  if (admitted.ok) return act(admitted.value, byClient(request, admitted.value));
  const { reason, reply } = admitted.error;
  if (reason !== undefined && deps.mayRecord(request.ip, now)) await deps.audit.record(refused(request, reason));
  return reply;
}

function byClient(request: Inbound, { clientId }: StreamOwner): Author {
  return { initiator: 'agent', actor: { client: clientId }, origin: originOf(request) };
}

function refused(request: Inbound, reason: string): EventDraft {
  return { type: REFUSED, initiator: 'agent', actor: {}, outcome: 'refused', reason, origin: originOf(request) };
}

const REFUSED: EventType = 'stream.refused';

/** The body as the schema reads it. SSF 1.0 gives 400 to what cannot be parsed. */
export function bodyOf<T>(request: Inbound, schema: z.ZodType<T>): T | undefined {
  const parsed = parseJson(request.body);
  const read = parsed.ok ? schema.safeParse(parsed.value) : undefined;
  return read?.success === true ? read.data : undefined;
}

export function badRequest(request: Inbound, description: string): Reply {
  return errorReply(request, 400, { error: 'invalid_request', description });
}

/** Also of the streams of others: which there are is not told. */
export function noStream(request: Inbound): Reply {
  return errorReply(request, 404, { error: 'not_found', description: 'You have no stream of this id.' });
}

/** Undefined: none, or none that could be the id of a stream. */
export function streamIdIn(request: Inbound): string | undefined {
  const id = new URLSearchParams(request.query).get('stream_id');
  return id === null || id === '' || id.length > 64 ? undefined : id;
}

/** Create, read, change, replace and remove a stream (SSF 1.0 §8.1.1). */
export function configurationRoutes(deps: ManageDeps): Route[] {
  const path = PATHS.configuration;
  return [
    route({
      method: 'POST',
      path,
      access: 'token',
      audit: ['stream.created', 'stream.refused'],
      summary: 'Create a stream of shared signals',
      handle: (call) => asOwner(deps, call, MANAGE, (owner, by) => create(deps, call, { owner, by })),
    }),
    route({
      method: 'GET',
      path,
      access: 'token',
      audit: ['stream.refused'],
      summary: 'One stream of the caller (stream_id), or all of them',
      handle: (call) => asOwner(deps, call, READ, (owner) => read(deps, call, owner)),
    }),
    ...(['PATCH', 'PUT'] as const).map((method) =>
      route({
        method,
        path,
        access: 'token',
        audit: ['stream.changed', 'stream.refused'],
        summary: method === 'PATCH' ? 'Change a stream' : 'Replace the configuration of a stream: what is left out is gone',
        handle: (call) => asOwner(deps, call, MANAGE, (owner, by) => change(deps, call, { owner, by, whole: method === 'PUT' })),
      }),
    ),
    route({
      method: 'DELETE',
      path,
      access: 'token',
      audit: ['stream.removed', 'stream.refused'],
      summary: 'Remove a stream (stream_id)',
      handle: (call) => asOwner(deps, call, MANAGE, (owner, by) => remove(deps, call, { owner, by })),
    }),
  ];
}

type Deed = { owner: StreamOwner; by: Author };

async function create(deps: ManageDeps, { request }: Call, deed: Deed): Promise<Reply> {
  const body = bodyOf(request, createBody);
  if (body === undefined) return badRequest(request, 'The body is no stream configuration (SSF 1.0, section 8.1.1.1).');
  const wanted = settingsOf(body);
  const fault = deliveryFault(deps, wanted.settings.delivery);
  if (fault !== undefined) return badRequest(request, fault);
  const made = await createStream(deps, deed, wanted);
  if (!made.ok) return errorReply(request, 409, { error: 'too_many_streams', description: 'No further stream can be made.' });
  return json(201, toWire(made.value, deps.issuer));
}

/** A name may still lead inside; whoever connects judges every answer of the resolver (base/outbound). */
function deliveryFault({ allowLoopback }: ManageDeps, delivery: Stream['delivery']): string | undefined {
  if (delivery.method !== PUSH) return undefined;
  const target = parseTarget(delivery.endpointUrl, { allowLoopback, allowPrivate: [], allowPorts: [] });
  return target.ok ? undefined : 'delivery.endpoint_url is an address that this hub does not connect to.';
}

async function read(deps: ManageDeps, { request }: Call, owner: StreamOwner): Promise<Reply> {
  const { db } = deps.database;
  if (!new URLSearchParams(request.query).has('stream_id'))
    return json(
      200,
      (await ownStreams(db, owner)).map((stream) => toWire(stream, deps.issuer)),
    );
  const found = await findOwnStream(db, streamIdIn(request) ?? '', owner);
  return found === undefined ? noStream(request) : json(200, toWire(found, deps.issuer));
}

async function change(deps: ManageDeps, { request }: Call, { whole, ...deed }: Deed & { whole: boolean }): Promise<Reply> {
  const body = bodyOf(request, updateBody);
  if (body === undefined) return badRequest(request, 'The body is no stream configuration (SSF 1.0, section 8.1.1.3).');
  const before = await findOwnStream(deps.database.db, body.stream_id, deed.owner);
  if (before === undefined) return noStream(request);
  const name = contradicted(body, before, deps.issuer);
  if (name !== undefined) return badRequest(request, `${name} is not the receiver's to change.`);
  const fault = deliveryFault(deps, wantedOf(body, before, whole).settings.delivery);
  if (fault !== undefined) return badRequest(request, fault);
  const changed = await changeStream(deps, deed, body.stream_id, (stream) => wantedOf(body, stream, whole));
  return changed.ok ? json(200, toWire(changed.value, deps.issuer)) : noStream(request);
}

/** What is left out stays, unless the whole was to be replaced. */
function wantedOf(body: UpdateBody, before: Stream, whole: boolean): ReturnType<typeof settingsOf> {
  const wanted = settingsOf(body);
  if (whole) return wanted;
  const description = body.description ?? before.description;
  return {
    settings: {
      eventsRequested: body.events_requested === undefined ? before.eventsRequested : wanted.settings.eventsRequested,
      delivery: body.delivery === undefined ? before.delivery : wanted.settings.delivery,
      ...(description === undefined ? {} : { description }),
    },
    authorization: wanted.authorization,
  };
}

async function remove(deps: ManageDeps, { request }: Call, deed: Deed): Promise<Reply> {
  const removed = await removeStream(deps, deed, streamIdIn(request) ?? '');
  return removed.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : noStream(request);
}
