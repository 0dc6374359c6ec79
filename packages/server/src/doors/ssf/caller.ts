import type { Inbound, Reply } from '../../base/http/message.ts';
import { json } from '../../base/http/message.ts';
import { ok, fail, type Result } from '../../base/result.ts';
import type { StreamOwner } from '../../rooms/streams/stream.ts';

/** Who a token of this hub for its streams proves: a client, what it may do, and in which tenant. */
export type SsfCaller = { owner: StreamOwner; scopes: ReadonlySet<string> };

export const READ = 'ssf.read';
export const MANAGE = 'ssf.manage';

/** Judges the request's token; the error is the reason for the entry, undefined where nothing was presented. */
export type CallerOf = (request: Inbound, now: number) => Promise<Result<SsfCaller, string | undefined>>;

export type Refusal = { reply: Reply; reason: string | undefined };

/** Who may read may read; who may manage may do both. */
export async function admit(
  callerOf: CallerOf,
  request: Inbound,
  of: { now: number; scope: string },
): Promise<Result<StreamOwner, Refusal>> {
  const who = await callerOf(request, of.now);
  if (!who.ok) return fail({ reason: who.error, reply: unauthorized(request, who.error !== undefined) });
  const { owner, scopes } = who.value;
  if (scopes.has(of.scope) || scopes.has(MANAGE)) return ok(owner);
  return fail({ reason: 'insufficient_scope', reply: forbidden(request, of.scope) });
}

/** RFC 6750 §3: what is missing is said by the challenge. */
function unauthorized(request: Inbound, presented: boolean): Reply {
  return errorReply(
    request,
    401,
    { error: presented ? 'invalid_token' : 'unauthorized', description: 'A token of this hub for its streams is needed.' },
    {
      'www-authenticate': `Bearer realm="ssf"${presented ? ', error="invalid_token"' : ''}`,
    },
  );
}

function forbidden(request: Inbound, scope: string): Reply {
  return errorReply(
    request,
    403,
    { error: 'insufficient_scope', description: `The scope ${scope} is needed.` },
    {
      'www-authenticate': `Bearer realm="ssf", error="insufficient_scope", scope="${scope}"`,
    },
  );
}

/** SSF 1.0 names statuses and no words for them; the words are those of OAuth where it has one. */
export function errorReply(
  request: Inbound,
  status: number,
  of: { error: string; description: string },
  headers: Reply['headers'] = {},
): Reply {
  return json(status, { error: of.error, error_description: of.description, request_id: request.requestId }, headers);
}
