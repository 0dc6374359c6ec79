import { z } from 'zod';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { moveSubject } from '../../rooms/streams/deeds.store.ts';
import { subjectId } from '../../rooms/streams/subject.ts';
import { errorReply, MANAGE } from './caller.ts';
import { asOwner, badRequest, bodyOf, noStream, type ManageDeps } from './configuration.ts';
import { PATHS } from './metadata.ts';

const body = z.looseObject({ stream_id: z.string().min(1).max(64), subject: subjectId, verified: z.boolean().optional() });

/** Add and remove subjects (SSF 1.0 §8.1.3). All are in at first; whom the receiver removed is left out until it adds them. */
export function subjectRoutes(deps: ManageDeps): Route[] {
  return [subjectRoute(deps, 'in'), subjectRoute(deps, 'out')];
}

function subjectRoute(deps: ManageDeps, to: 'in' | 'out'): Route {
  return route({
    method: 'POST',
    path: to === 'in' ? PATHS.addSubject : PATHS.removeSubject,
    access: 'token',
    audit: ['stream.changed', 'stream.refused'],
    summary: to === 'in' ? 'Hear of a subject again' : 'Hear of a subject no more',
    handle: (call) =>
      asOwner(deps, call, MANAGE, async (owner, by) => {
        const { request } = call;
        const asked = bodyOf(request, body);
        if (asked === undefined) return badRequest(request, 'The body is {"stream_id", "subject"}, the subject as RFC 9493 writes it.');
        const moved = await moveSubject(deps, { owner, by }, { id: asked.stream_id, subject: asked.subject, to });
        // SSF 1.0 §8.1.3.2 answers 200 with nothing in it, §8.1.3.3 answers 204.
        if (moved.ok) return to === 'in' ? json(200, {}) : { status: 204, headers: { 'cache-control': 'no-store' } };
        if (moved.error === 'unknown') return noStream(request);
        return errorReply(request, 429, { error: 'too_many_requests', description: 'So many subjects cannot be left out.' });
      }),
  });
}
