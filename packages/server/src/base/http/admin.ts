import { z } from 'zod';
import { json, problem, type Inbound, type Reply } from './message.ts';
import type { AdminPrincipal } from './route.ts';

/** Query of every list: at most 200 at a time; the cursor is the `next` of the page before. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,1024}$/)
    .optional(),
});

/** The id behind a cursor: cursors are opaque to callers, and only say where a page begins; what may be seen is decided afresh. */
export function cursorOf(query: { cursor?: string | undefined }): string | undefined {
  return query.cursor === undefined ? undefined : Buffer.from(query.cursor, 'base64url').toString('utf8');
}

/** `{items, next}`; ask the store for `limit + 1` so that `next` is null on the last page. */
export function page<T>(found: readonly T[], limit: number, idOf: (item: T) => string, present: (item: T) => unknown): Reply {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const next = found.length > limit && last !== undefined ? Buffer.from(idOf(last), 'utf8').toString('base64url') : null;
  return json(200, { items: items.map(present), next });
}

export function notFound(kind: string, id: string): Reply {
  return problem({ status: 404, type: 'not_found', title: `No ${kind} has this id`, detail: `${kind} ${id}` });
}

/** The part of a call that says who is calling and from where, whatever the route's body is. */
type Calling = { request: Inbound; admin?: AdminPrincipal | undefined };

export function originOf({ request }: Calling): { request: string; ip: string; userAgent?: string } {
  const userAgent = request.header('user-agent');
  return { request: request.requestId, ip: request.ip, ...(userAgent === undefined ? {} : { userAgent }) };
}

/** The author of an admin call, as rooms/audit/author.ts shapes it. The door sets `admin` before any admin handler runs. */
export function authorOf(call: Calling): { initiator: 'admin'; actor: { user?: string; client: string }; origin: ReturnType<typeof originOf> } {
  const { admin } = call;
  if (admin === undefined) throw new Error('an admin handler ran without its door');
  const actor = { ...(admin.user === undefined ? {} : { user: admin.user }), client: admin.client ?? admin.id };
  return { initiator: 'admin', actor, origin: originOf(call) };
}

export function etag(version: number): { etag: string } {
  return { etag: `"${version}"` };
}

/** 412 when If-Match names another version than the one that is there (RFC 9110 §13.1.1). `version` undefined: nothing is there. */
export function preconditionFailed({ request }: Calling, version: number | undefined): Reply | undefined {
  const wanted = request.header('if-match');
  if (wanted === undefined || (version !== undefined && (wanted === '*' || wanted === `"${version}"`))) return undefined;
  return problem({ status: 412, type: 'precondition_failed', title: 'It was changed in the meantime', detail: 'Read it again and repeat the change on what is there now.' });
}
