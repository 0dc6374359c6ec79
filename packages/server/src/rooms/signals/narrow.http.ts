import { z } from 'zod';
import { authorOf } from '../../base/http/admin.ts';
import { json, problem, type Reply } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import type { NarrowFault, UndoFault } from '../consent/narrow.ts';
import { grantView, presentGrant } from '../consent/http.ts';
import type { EndFault, GrantEnd } from './end-date.store.ts';
import type { GrantNarrowing } from './narrow.store.ts';

const reason = z.string().min(1).max(500).default('by an administrator');
const narrowBody = z.strictObject({ remove: z.array(z.string().min(1).max(200)).min(1).max(500), reason });
const undoBody = z.strictObject({ narrowing: z.string().min(1).max(64).optional() }).default({});
/** Milliseconds since the epoch; null: without end. */
const endBody = z.strictObject({ expiresAt: z.number().int().min(0).max(253_402_300_799_999).nullable(), reason });

const SENTENCES: Record<Exclude<NarrowFault | UndoFault | EndFault, 'unknown'>, string> = {
  ended: 'The grant is over or was revoked.',
  nothing_left: 'Nothing would be left of it. Revoke it instead.',
  identity: 'Who somebody is (openid, profile, email) is not narrowed.',
  undone: 'This was given back already.',
  late: 'It was taken more than thirty days ago. The person can allow it anew.',
  asked_anew: 'The person was asked anew since, and that answer counts.',
  others: 'The person took it from the agent themselves. They can give it back, or allow it anew.',
  past: 'The end lies behind.',
  later: 'What a person allowed can end earlier, not later. They can allow it anew.',
  under: 'It follows from a grant for the whole tenant, and cannot be good for longer than that.',
};

/** Taking scopes from a grant, giving them back, and saying until when it is good. */
export function narrowRoutes({ narrowing, grantEnd }: { narrowing: GrantNarrowing; grantEnd: GrantEnd }): Route[] {
  return [
    route({
      method: 'POST',
      path: '/admin/v1/grants/:id/narrow',
      access: 'admin:grants:write',
      audit: ['grant.narrowed', 'signal.sent'],
      summary:
        'Take scopes from a grant; tokens that are out die by signal. `narrowing` names it for the undo; null: none of them was in it',
      input: { body: narrowBody },
      output: {
        200: z.object({ grant: grantView, removed: z.array(z.string()), narrowing: z.string().nullable() }),
        409: 'No longer to be narrowed',
      },
      async handle(call) {
        const id = call.params['id'] ?? '';
        const done = await narrowing.narrow({ id, remove: call.body.remove, reason: call.body.reason, by: authorOf(call) });
        if (!done.ok) return refused(done.error, id);
        const { grant, removed, narrowing: made } = done.value;
        return json(200, { grant: presentGrant(grant), removed, narrowing: made ?? null });
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/grants/:id/undo',
      access: 'admin:grants:write',
      audit: ['grant.restored'],
      summary: 'Give back what the last narrowing took, within thirty days and while the person was not asked anew',
      input: { body: undoBody },
      output: { 200: z.object({ grant: grantView }), 409: 'No longer to be undone' },
      async handle(call) {
        const id = call.params['id'] ?? '';
        const done = await narrowing.undo({ id, narrowing: call.body.narrowing, by: authorOf(call) });
        return done.ok ? json(200, { grant: presentGrant(done.value) }) : refused(done.error, id);
      },
    }),
    route({
      method: 'POST',
      path: '/admin/v1/grants/:id/end',
      access: 'admin:grants:write',
      audit: ['grant.bounded', 'signal.sent'],
      summary: 'Say until when a grant is good; tokens that would outlive it die by signal',
      input: { body: endBody },
      output: { 200: z.object({ grant: grantView, moved: z.boolean() }), 409: 'No longer to be moved' },
      async handle(call) {
        const id = call.params['id'] ?? '';
        const done = await grantEnd({ id, ...call.body, by: authorOf(call) });
        return done.ok ? json(200, { grant: presentGrant(done.value.grant), moved: done.value.moved }) : refused(done.error, id);
      },
    }),
  ];
}

function refused(fault: NarrowFault | UndoFault | EndFault, id: string): Reply {
  if (fault === 'unknown')
    return problem({ status: 404, type: 'not_found', title: 'No grant has this id, or nothing was taken from it', detail: `grant ${id}` });
  return problem({ status: 409, type: fault, title: 'The grant cannot be changed like this', detail: SENTENCES[fault] });
}
