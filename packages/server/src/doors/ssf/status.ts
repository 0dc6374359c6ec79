import { z } from 'zod';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { askVerification, moveStatus } from '../../rooms/streams/deeds.store.ts';
import { findOwnStream } from '../../rooms/streams/store.ts';
import { STATUSES, statusWire } from '../../rooms/streams/stream.ts';
import { errorReply, MANAGE, READ } from './caller.ts';
import { asOwner, badRequest, bodyOf, noStream, streamIdIn, type ManageDeps } from './configuration.ts';
import { PATHS } from './metadata.ts';

const statusBody = z.looseObject({
  stream_id: z.string().min(1).max(64),
  status: z.enum(STATUSES),
  reason: z.string().max(500).optional(),
});

const verifyBody = z.looseObject({ stream_id: z.string().min(1).max(64), state: z.string().max(1_024).optional() });

/** The status of a stream and its verification (SSF 1.0 §8.1.2, §8.1.4). */
export function statusRoutes(deps: ManageDeps): Route[] {
  return [readStatus(deps), setStatus(deps), verify(deps)];
}

function readStatus(deps: ManageDeps): Route {
  return route({
    method: 'GET',
    path: PATHS.status,
    access: 'token',
    audit: ['stream.refused'],
    summary: 'The status of a stream (stream_id)',
    handle: (call) =>
      asOwner(deps, call, READ, async (owner) => {
        const found = await findOwnStream(deps.database.db, streamIdIn(call.request) ?? '', owner);
        return found === undefined ? noStream(call.request) : json(200, statusWire(found));
      }),
  });
}

function setStatus(deps: ManageDeps): Route {
  return route({
    method: 'POST',
    path: PATHS.status,
    access: 'token',
    audit: ['stream.changed', 'stream.refused'],
    summary: 'Enable, pause or disable a stream',
    handle: (call) =>
      asOwner(deps, call, MANAGE, async (owner, by) => {
        const { request } = call;
        const body = bodyOf(request, statusBody);
        if (body === undefined)
          return badRequest(request, 'The body is {"stream_id", "status": "enabled" | "paused" | "disabled", "reason"?}.');
        const moved = await moveStatus(deps, { owner, by }, { id: body.stream_id, to: body.status, reason: body.reason });
        if (moved.ok) return json(200, statusWire(moved.value));
        if (moved.error === 'unknown') return noStream(request);
        return errorReply(request, 403, {
          error: 'access_denied',
          description: 'An administrator of the hub has switched this stream off.',
        });
      }),
  });
}

function verify(deps: ManageDeps): Route {
  return route({
    method: 'POST',
    path: PATHS.verification,
    access: 'token',
    audit: ['stream.refused'],
    summary: 'Ask for a verification event',
    handle: (call) =>
      asOwner(deps, call, MANAGE, async (owner) => {
        const { request } = call;
        const body = bodyOf(request, verifyBody);
        if (body === undefined) return badRequest(request, 'The body is {"stream_id", "state"?}.');
        const asked = await askVerification(deps, owner, { id: body.stream_id, state: body.state });
        if (asked.ok) return { status: 204, headers: { 'cache-control': 'no-store' } };
        if (asked.error === 'unknown') return noStream(request);
        return errorReply(
          request,
          429,
          { error: 'too_many_requests', description: 'Verification is asked for at most once in min_verification_interval.' },
          { 'retry-after': '10' },
        );
      }),
  });
}
