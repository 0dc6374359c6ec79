import { WELL_KNOWN } from '@writ/protocol';
import { authorOf } from '../../base/http/admin.ts';
import { problem, originOf, type Reply } from '../../base/http/message.ts';
import type { AdminPrincipal, Call, Route } from '../../base/http/route.ts';
import { createIdempotency, type Idempotency } from '../../base/idempotency.ts';
import type { Database } from '../../base/db.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import type { EventData, EventDraft } from '../../rooms/audit/event.ts';
import type { Audit } from '../../rooms/audit/store.ts';
import type { BearerFault } from '../../rooms/tokens/bearer.http.ts';
import type { DpopProofs } from '../../rooms/tokens/dpop.store.ts';
import { holderChallenge } from '../../rooms/tokens/presented.http.ts';
import { createCursorSeal, type CursorSeal } from './cursor.ts';
import { readInput } from './input.ts';
import { mayUse, principalOf, type PrincipalDeps } from './principal.ts';
import type { SecretSource } from './secrets.ts';

export type AdminDoorDeps = PrincipalDeps & {
  database: Database;
  audit: Audit;
  box: SecretBox;
  secrets: SecretSource;
  proofs: Pick<DpopProofs, 'nonce'>;
  /** False when this address has had so many refusals recorded that more would only fill the log. */
  mayRecord(ip: string, now: number): boolean;
};

type Door = AdminDoorDeps & { cursors: CursorSeal; idempotency: Idempotency };

/**
 * Stands before every route with an `admin:` access word: who calls, may they, is the input well-formed, was it asked before; afterwards,
 * what was read is an entry. A handler behind it finds `admin`, `body` and `query` set. Other routes pass unchanged.
 */
export function createAdminDoor(deps: AdminDoorDeps): (routes: readonly Route[]) => Route[] {
  const door: Door = {
    ...deps,
    cursors: createCursorSeal(deps.box.derive('admin-cursor')),
    idempotency: createIdempotency({ db: deps.database.db, box: deps.box }),
  };
  return (routes) =>
    routes.map((route) => (route.access.startsWith('admin:') ? { ...route, handle: (call) => pass(door, route, call) } : route));
}

async function pass(door: Door, route: Route, call: Call): Promise<Reply> {
  const who = await principalOf(door, call.request, call.now);
  if (!who.ok) return unauthenticated(door, route, call, who.error);
  const admin = who.value;
  if (!mayUse(admin, route.access)) return forbidden(door, route, { ...call, admin });
  const input = readInput(door, route, call);
  if (!input.ok) return problem(input.error);
  const ready: Call = { ...call, admin, body: input.value.body, query: input.value.query };
  const reply = isRead(call) ? await route.handle(ready) : await write(door, route, ready);
  if (tellsOnly(route)) await door.audit.record(readEntry(route, ready, reply));
  return isRead(call) ? door.cursors.seal(reply, input.value.place) : reply;
}

function isRead({ request }: Call): boolean {
  return request.method === 'GET' || request.method === 'HEAD';
}

/** What changes something writes its own entries; what only tells is recorded here, before the answer leaves. */
function tellsOnly({ audit }: Route): boolean {
  return !('none' in audit) && audit[0] === 'admin.read';
}

async function write(door: Door, route: Route, call: Call): Promise<Reply> {
  const key = call.request.header('idempotency-key');
  if (key === undefined) return route.handle(call);
  if (!/^[\x21-\x7e]{1,255}$/.test(key))
    return problem({
      status: 400,
      type: 'invalid_input',
      title: 'An Idempotency-Key is 1 to 255 printable characters',
      field: 'Idempotency-Key',
    });
  const { method, path, query, body } = call.request;
  return door.idempotency.once(
    { principal: principalKey(call.admin), key, method, path: `${path}?${query}`, body, now: call.now },
    async () => route.handle(call),
  );
}

/** Two clients of one user do not share answers. */
function principalKey(admin: AdminPrincipal | undefined): string {
  return `${admin?.kind ?? ''} ${admin?.client ?? ''} ${admin?.id ?? ''}`;
}

const MAX_SHOWN = 200;

function readEntry(route: Route, call: Call, reply: Reply): EventDraft {
  const author = authorOf(call);
  const query: Record<string, EventData[string]> = {};
  for (const [name, value] of new URLSearchParams(call.request.query)) query[name] = value.slice(0, MAX_SHOWN).toWellFormed();
  return {
    type: 'admin.read',
    initiator: author.initiator,
    actor: author.actor,
    target: { type: roomOf(route), id: Object.values(call.params)[0] ?? '*' },
    outcome: reply.status < 400 ? 'success' : 'failed',
    origin: author.origin,
    data: { route: `${route.method} ${route.path}`, status: reply.status, query },
  };
}

/** `agents` of `admin:agents:read`. */
function roomOf(route: Route): string {
  return route.access.split(':')[1] ?? '';
}

async function unauthenticated(door: Door, route: Route, call: Call, why: BearerFault): Promise<Reply> {
  // A knock without any credential changes nothing and says nothing about anybody: no entry, or strangers could fill the log.
  if (why.kind !== 'none' && door.mayRecord(call.request.ip, call.now)) await door.audit.record(refusedEntry(route, call, {}, why.reason));
  const title = 'The admin API needs a bearer token';
  if (why.kind === 'holder') {
    const { description, headers } = holderChallenge(why.fault, door.proofs.nonce(call.now));
    return problem({ status: 401, type: 'unauthenticated', title, detail: description }, headers);
  }
  const error = why.kind === 'none' ? '' : ', error="invalid_token"';
  return problem(
    {
      status: 401,
      type: 'unauthenticated',
      title,
      detail: 'WRIT_ADMIN_TOKEN, or an access token of this hub for the admin API.',
    },
    {
      'www-authenticate': `Bearer realm="writ admin"${error}, resource_metadata="${door.issuer}${WELL_KNOWN.protectedResource}/admin/v1"`,
    },
  );
}

async function forbidden(door: Door, route: Route, call: Call): Promise<Reply> {
  await door.audit.record(refusedEntry(route, call, authorOf(call).actor, `insufficient_scope: ${route.access}`));
  return problem(
    { status: 403, type: 'forbidden', title: 'The token does not hold the scope this needs', detail: route.access },
    { 'www-authenticate': `Bearer realm="writ admin", error="insufficient_scope", scope="${route.access}"` },
  );
}

function refusedEntry(route: Route, call: Call, actor: EventDraft['actor'], reason: string): EventDraft {
  return {
    type: 'admin.refused',
    initiator: 'admin',
    actor,
    target: { type: roomOf(route), id: Object.values(call.params)[0] ?? '*' },
    outcome: 'refused',
    reason,
    origin: originOf(call.request),
    data: { route: `${route.method} ${route.path}` },
  };
}
