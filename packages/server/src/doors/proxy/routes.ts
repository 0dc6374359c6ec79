import { json, type Inbound, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import type { Clock } from '../../base/clock.ts';
import type { Fault } from '../../base/outbound/fault.ts';
import type { Outbound } from '../../base/outbound/contract.ts';
import type { EventDraft } from '../../rooms/audit/event.ts';
import type { Audit } from '../../rooms/audit/store.ts';
import { servesTenant, type Connection } from '../../rooms/connections/connection.ts';
import type { Credential } from '../../rooms/connections/credential.ts';
import { refusedEntry } from '../../rooms/connections/hand-out-entry.ts';
import type { HandOutRefusal } from '../../rooms/connections/hand-out-refusal.ts';
import type { HandedOut, HandOut } from '../../rooms/connections/hand-out.store.ts';
import { isLabel, type HandOutAsk } from '../../rooms/connections/hand-out.ts';
import { BOUNDS, call, type Bounds, type Ended } from './call.ts';
import { audienceFault, callerOf, type CallerDeps, type CallerFault } from './caller.ts';
import { proxyMetadata } from './metadata.ts';
import { isQuery, pathFault, targetOf, type CallTarget, type PathFault, type TargetFault } from './target.ts';

export type ProxyDeps = CallerDeps & {
  audit: Pick<Audit, 'record'>;
  clock: Clock;
  outbound: Pick<Outbound, 'pass'>;
  handOut: HandOut;
  connection(id: string): Connection | undefined;
  /** As it is now, for calls that last. */
  credential(id: string): Promise<Credential | undefined>;
  mayRecord(ip: string, now: number): boolean;
  bounds?: Bounds;
};

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
/** Calls at once on one node: each holds two sockets. */
const MOST = 1_000;

/**
 * `/proxy/{connection}/…`: the call is made by the hub, with the credential that the caller never sees. HEAD comes as GET does (base/http). Which
 * account: the header `writ-account`.
 */
export function proxyRoutes(deps: ProxyDeps): Route[] {
  const open = { calls: 0 };
  const calls = METHODS.flatMap((method) =>
    ['/proxy/:connection', '/proxy/:connection/*'].map((path) =>
      route({
        method,
        path,
        access: 'token',
        audit: [
          'credential.used',
          'credential.released',
          'credential.refused',
          'credential.stored',
          'credential.refreshed',
          'credential.failed',
          'approval.requested',
          'approval.used',
          'approval.expired',
          'approval.rate_limited',
        ],
        summary: 'A call to a connected service, made by the hub with the credential added',
        body: 'open',
        handle: (of) => limited(deps, open, of),
      }),
    ),
  );
  return [...calls, proxyMetadata(deps.issuer)];
}

async function limited(deps: ProxyDeps, open: { calls: number }, of: Call): Promise<Reply> {
  if (open.calls >= MOST)
    return say(of.request, { status: 503, error: 'temporarily_unavailable', description: 'Too many calls are under way.' });
  open.calls += 1;
  let counted = true;
  const leave = (): void => {
    if (counted) open.calls -= 1;
    counted = false;
  };
  try {
    const reply = await proxied(deps, of);
    // A standing answer counts until its reader is gone.
    const { signal } = of.request;
    if (reply.body instanceof ReadableStream && !signal.aborted) signal.addEventListener('abort', leave, { once: true });
    else leave();
    return reply;
  } catch (error) {
    leave();
    throw error;
  }
}

async function proxied(deps: ProxyDeps, { request, params, now }: Call): Promise<Reply> {
  const connection = params['connection'] ?? '';
  const caller = await callerOf(deps, request, connection, now);
  if (!caller.ok) return unknownCaller(deps, request, caller.error, now);
  const label = request.header('writ-account');
  const ask: HandOutAsk = { ...caller.value.ask, connection, label };
  const form = formFault(ask, request);
  const foreign = form === undefined ? audienceFault(deps, caller.value.token, connection) : undefined;
  if (foreign !== undefined) return unknownCaller(deps, request, foreign, now);
  const target: Placed = form === undefined ? placeOf(deps, ask, request) : { ok: false, why: form };
  if (!target.ok) {
    await deps.audit.record(refusedEntry(ask, target.why, {}));
    return refused(request, target.why);
  }
  const outcome = await deps.handOut(ask, caller.value.ahead);
  if (!outcome.ok) {
    await deps.audit.record(outcome.error.entry);
    return refused(request, outcome.error.why);
  }
  const { handed, entry } = outcome.value;
  // Without an address there is no call; a connection that is unknown has been refused by now.
  if (target.value === undefined) return refused(request, TARGET_WORDS.no_base);
  return make(deps, { request, ask, handed, entry, target: target.value, token: caller.value.token });
}

type Placed = { ok: true; value: CallTarget | undefined } | { ok: false; why: HandOutRefusal };

/** What is wrong with the request as such, whoever sends it. */
function formFault(ask: HandOutAsk, { path, query }: Inbound): HandOutRefusal | undefined {
  if (ask.label !== undefined && !isLabel(ask.label)) return bad('account', 'The header writ-account is the label of an account.');
  // From the path as it was sent: a name that is spelled with percent signs is none of ours.
  const own = `/proxy/${ask.connection}`;
  if (!path.startsWith(own)) return bad('path_characters', PATH_WORDS);
  const fault: PathFault | 'query' | undefined = pathFault(path.slice(own.length)) ?? (isQuery(query) ? undefined : 'query');
  return fault === undefined ? undefined : bad(fault, PATH_WORDS);
}

function placeOf({ connection }: ProxyDeps, ask: HandOutAsk, { method, path, query }: Inbound): Placed {
  const rest = path.slice(`/proxy/${ask.connection}`.length);
  const known = connection(ask.connection);
  // What is not there, or not for this tenant, is refused further on, in the same words.
  if (known === undefined || !servesTenant(known, ask.tenant?.id)) return { ok: true, value: undefined };
  const placed = targetOf(known, { method, rest, query });
  return placed.ok ? placed : { ok: false, why: TARGET_WORDS[placed.error] };
}

const PATH_WORDS = 'The path or the query is not in plain form: no dots, empty segments or encoded separators.';

function bad(reason: string, description: string): HandOutRefusal {
  return { error: 'invalid_request', reason, description };
}

const forbidden = (reason: string, description: string): HandOutRefusal => ({ error: 'access_denied', status: 403, reason, description });

const TARGET_WORDS: Readonly<Record<TargetFault, HandOutRefusal>> = {
  no_base: bad('no_base', 'The connection has no baseUrl, so there is nothing to call.'),
  host_not_allowed: forbidden('host_not_allowed', 'The connection does not allow this host.'),
  method_not_allowed: forbidden('method_not_allowed', 'The connection does not allow this method.'),
  path_not_allowed: forbidden('path_not_allowed', 'The connection does not allow this path.'),
  address_changed: bad('address_changed', PATH_WORDS),
};

type Making = {
  request: Inbound;
  ask: HandOutAsk;
  handed: HandedOut;
  entry: EventDraft;
  target: CallTarget;
  token: Parameters<ProxyDeps['tokens']['standing']>[0] & { expiresAt: number };
};

async function make(deps: ProxyDeps, { request, ask, handed, entry, target, token }: Making): Promise<Reply> {
  let calls = 0;
  const record = async (ended: Ended): Promise<void> => {
    calls += 1;
    await deps.audit.record(calls === 1 ? usedEntry(entry, request, target, ended) : releasedEntry(entry, ended));
  };
  const outcome = await call(deps.outbound, {
    request,
    open: request.open ?? { headers: [], body: undefined },
    target,
    handed,
    proxy: `${deps.issuer}/proxy/${ask.connection}`,
    still: () => stillGood(deps, token, handed),
    record,
    bounds: deps.bounds ?? BOUNDS,
  });
  if ('reply' in outcome) return outcome.reply;
  const { status, error, description } = FAULT_WORDS[outcome.fault.reason];
  await record({ status, bytesIn: outcome.bytesIn, bytesOut: 0, redacted: 0, streamed: false, ended: outcome.fault.reason });
  return say(request, { status, error, description });
}

/** A call that lasts was allowed for as long as what it rests on stands. */
async function stillGood(deps: ProxyDeps, token: Making['token'], { credential, connection }: HandedOut): Promise<string | undefined> {
  const now = deps.clock.now();
  if (token.expiresAt <= now) return 'token_expired';
  if (deps.connection(connection.id)?.state !== 'active') return 'connection_frozen';
  const [{ alive }, current] = await Promise.all([deps.tokens.standing(token, now), deps.credential(credential.id)]);
  if (!alive) return 'token_not_alive';
  return current?.state === 'active' ? undefined : 'credential_gone';
}

/** Names in the order of the canonical text: then it is written three times as fast (base/canonical.ts). */
function callOf(
  { bytesIn, bytesOut, ended, redacted, status, streamed }: Ended,
  of: { method?: string; origin?: string; path?: string } = {},
) {
  const { method, origin, path } = of;
  return { bytesIn, bytesOut, ended, method, origin, path, redacted, status, streamed };
}

function usedEntry(entry: EventDraft, { method }: Inbound, { origin, path }: CallTarget, ended: Ended): EventDraft {
  const { account, ...rest } = entry.data ?? {};
  const failed = ended.ended !== 'done' && ended.ended !== 'open';
  return {
    ...entry,
    type: 'credential.used',
    outcome: failed ? 'failed' : 'success',
    ...(failed ? { reason: ended.ended } : {}),
    // Without the query: people put personal data there, and some services keys.
    data: { account, call: callOf(ended, { method, origin, path: path.slice(0, 512) }), ...rest },
  };
}

function releasedEntry(entry: EventDraft, ended: Ended): EventDraft {
  const { credential, owner } = entry.data ?? {};
  return {
    ...entry,
    type: 'credential.released',
    ...(ended.ended === 'done' ? {} : { reason: ended.ended }),
    data: { call: callOf(ended), credential, owner },
  };
}

/** Ours, in our words: an inner address or the service's own text is in none of them. */
const FAULT_WORDS: Readonly<Record<Fault['reason'], { status: number; error: string; description: string }>> = (() => {
  const gateway = (description: string) => ({ status: 502, error: 'bad_gateway', description });
  const unreached = gateway('The service could not be reached.');
  return {
    blocked_address: gateway('The service has an address that the hub does not call.'),
    bad_url: gateway('The address of the connection cannot be called.'),
    bad_request: { status: 400, error: 'invalid_request', description: 'The request cannot be passed on as it is.' },
    busy: { status: 503, error: 'temporarily_unavailable', description: 'Too many calls to the service are under way.' },
    timeout: { status: 504, error: 'gateway_timeout', description: 'The service did not answer in time.' },
    too_large: {
      status: 413,
      error: 'invalid_request',
      description: 'The body or the header of the request or of its answer is too large.',
    },
    redirect: unreached,
    tls: gateway('The service does not prove who it is.'),
    connect: unreached,
    dns: unreached,
    protocol: gateway('The service answered with something that cannot be passed on.'),
    aborted: { status: 499, error: 'aborted', description: 'The call was broken off.' },
  };
})();

async function unknownCaller(deps: ProxyDeps, request: Inbound, fault: CallerFault, now: number): Promise<Reply> {
  const { reason, error, status, description, headers } = fault;
  if (reason !== 'no_credentials' && deps.mayRecord(request.ip, now))
    await deps.audit.record({
      type: 'credential.refused',
      initiator: 'agent',
      actor: {},
      outcome: 'refused',
      reason,
      origin: { request: request.requestId, ip: request.ip },
      data: { way: 'proxy', error },
    });
  return say(request, { status, error, description }, headers);
}

/** Policy and its words as at the token endpoint; a connection that is not there is a path that is not there. */
function refused(request: Inbound, why: HandOutRefusal): Reply {
  const { error, description, extra, headers, decision } = why;
  const status = error === 'invalid_target' ? 404 : (why.status ?? 400);
  return say(
    request,
    { status, error, description, ...(decision === undefined ? {} : { decision }), ...(extra === undefined ? {} : { extra }) },
    headers,
  );
}

type Saying = { status: number; error: string; description: string; decision?: string; extra?: Readonly<Record<string, unknown>> };

function say(
  request: Inbound,
  { status, error, description, decision, extra }: Saying,
  headers: Readonly<Record<string, string | readonly string[]>> = {},
): Reply {
  return json(
    status,
    { error, error_description: description, ...extra, decision_id: decision, request_id: request.requestId },
    { ...headers },
  );
}
