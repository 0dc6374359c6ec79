import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { json, originOf, problem, type Inbound, type Origin, type Problem, type Reply } from './message.ts';
import type { AdminPrincipal } from './route.ts';

/** Query of every list: at most 200 at a time; the cursor is the `next` of the page before. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,1024}$/)
    .refine((value) => decoded(value) !== undefined, 'the next of the page before')
    .optional(),
});

/** The answer of every list. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}

/** The id behind a cursor: cursors are opaque to callers, and only say where a page begins; what may be seen is decided afresh. */
export function cursorOf(query: { cursor?: string | undefined }): string | undefined {
  return query.cursor === undefined ? undefined : decoded(query.cursor);
}

/** As {@link cursorOf}, for lists in the order of a time and then of ids: `<milliseconds> <id>`. */
export function placeOf(query: { cursor?: string | undefined }): { at: number; id: string } | undefined {
  const [at = '', id] = cursorOf(query)?.split(' ') ?? [];
  return id === undefined || !/^\d{1,15}$/.test(at) ? undefined : { at: Number(at), id };
}

/** The admin door gives a cursor back only to the list and filters it came from; this keeps out what no database would take as text. */
function decoded(cursor: string): string | undefined {
  const bytes = Buffer.from(cursor, 'base64url');
  return isUtf8(bytes) && !bytes.includes(0) ? bytes.toString('utf8') : undefined;
}

/** The number of a version as a path says it; undefined for what is none, or would not be one any more as a number. */
export function versionIn(text: string): number | undefined {
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
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

/** One thing wrong with what was sent: where (`policies[3].subject.clients[0]`) and what would be right. */
export type FieldFault = { field: string; message: string };

const MAX_FAULTS = 50;

/** 400 that names the first field and lists all of them. */
export function badInput(faults: readonly FieldFault[], title = 'The request is not well-formed'): Problem {
  const [first] = faults;
  const shown = faults.slice(0, MAX_FAULTS);
  return {
    status: 400,
    type: 'invalid_input',
    title,
    ...(first === undefined ? {} : { field: first.field, detail: first.message }),
    errors: shown,
  };
}

/** The part of a call that says who is calling and from where, whatever the route's body is. */
type Calling = { request: Inbound; admin?: AdminPrincipal | undefined };

/** The author of an admin call, as rooms/audit/author.ts shapes it. The door sets `admin` before any admin handler runs. */
export function authorOf(call: Calling): {
  initiator: 'admin';
  actor: { user?: string; client: string };
  origin: Origin;
} {
  const { admin } = call;
  if (admin === undefined) throw new Error('an admin handler ran without its door');
  const actor = { ...(admin.user === undefined ? {} : { user: admin.user }), client: admin.client ?? admin.id };
  return { initiator: 'admin', actor, origin: originOf(call.request) };
}

export function etag(version: number): { etag: string } {
  return { etag: `"${version}"` };
}

/** Whether If-Match names another version than the one that is there (RFC 9110 §13.1.1). `version` undefined: nothing is there. */
export function preconditionFailed({ request }: Calling, version: number | undefined): Reply | undefined {
  return isPreconditionMet(request, version) ? undefined : problem(CHANGED_MEANWHILE);
}

export function isPreconditionMet(request: Inbound, version: number | undefined): boolean {
  const wanted = request.header('if-match');
  if (wanted === undefined) return true;
  if (version === undefined) return false;
  return wanted.split(',').some((one) => one.trim() === '*' || one.trim() === `"${version}"`);
}

export const CHANGED_MEANWHILE: Problem = {
  status: 412,
  type: 'precondition_failed',
  title: 'It was changed in the meantime',
  detail: 'Read it again and repeat the change on what is there now.',
};
