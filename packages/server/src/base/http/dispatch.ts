import { isIP } from 'node:net';
import { newId } from '../ids.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { json, type Inbound, type OpenRequest, type Reply } from './message.ts';
import type { Route } from './route.ts';
import type { Router } from './router.ts';

/** A request before its body is read. */
export type Raw = {
  method: string;
  path: string;
  query: string;
  header(name: string): string | undefined;
  /** A header that may stand once and was sent more than once. */
  doubled: 'Authorization' | 'Host' | undefined;
  peer: string;
  signal: AbortSignal;
  /** The body as text, or why not. */
  read(max: number): Promise<{ ok: true; text: string } | { ok: false; reason: 'too_large' | 'not_utf8' | 'aborted' }>;
  /** Instead of {@link read}. */
  open(): OpenRequest;
};

export type Dispatch = (raw: Raw) => Promise<Reply>;

export type DispatchDeps = {
  router: Router;
  clock: Clock;
  log: Log;
  /** Given the peer and the X-Forwarded-For header, the address to hold responsible. */
  clientAddress(peer: string, forwardedFor: string | undefined): string;
  /** False refuses the Host header (421): a page elsewhere that rebinds its name to our loopback address must not talk to us. */
  hostAllowed(host: string | undefined): boolean;
  /** True for failures of infrastructure that pass by themselves (database away): 503 instead of 500. */
  isUnavailable(error: unknown): boolean;
  observe(route: Route | undefined, status: number, seconds: number): void;
};

const DEFAULT_MAX_BODY = 64 * 1024;
const BODILESS = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);

/** The one road of every request: host, route, body, handler, headers that every answer carries. */
export function createDispatch(deps: DispatchDeps): Dispatch {
  return async (raw) => {
    const began = performance.now();
    const requestId = newId('req', deps.clock.now());
    const found = deps.router.match(raw.method === 'HEAD' ? 'GET' : raw.method, raw.path);
    const route = found !== undefined && 'route' in found ? found.route : undefined;
    let reply: Reply;
    try {
      reply = await answer(deps, raw, found, requestId);
    } catch (error) {
      reply = failure(deps, error, requestId, route);
    }
    // AuthZEN wants the asker's own id back; everywhere else it is ours.
    reply.headers['x-request-id'] ??= requestId;
    reply.headers['x-content-type-options'] = 'nosniff';
    if (route?.cors === 'any') allowAnyOrigin(reply);
    deps.observe(route, reply.status, (performance.now() - began) / 1000);
    return reply;
  };
}

async function answer(deps: DispatchDeps, raw: Raw, found: ReturnType<Router['match']>, requestId: string): Promise<Reply> {
  if (!deps.hostAllowed(raw.header('host')))
    return plain(421, 'misdirected_request', 'This hub does not answer to that host name.', requestId);
  if (raw.doubled !== undefined) return plain(400, 'invalid_request', `More than one ${raw.doubled} header.`, requestId);
  if (found === undefined) return plain(404, 'not_found', 'There is nothing at this path.', requestId);
  if (!('route' in found)) return raw.method === 'OPTIONS' ? preflight(deps.router, raw) : methodNotAllowed(found.allow, requestId);
  const { route, params } = found;
  let body = '';
  if (route.body !== 'open' && !BODILESS.has(raw.method)) {
    if (raw.header('content-encoding') !== undefined)
      return plain(415, 'invalid_request', 'Compressed bodies are not accepted.', requestId);
    const read = await raw.read(route.maxBody ?? DEFAULT_MAX_BODY);
    if (!read.ok) return plain(read.reason === 'too_large' ? 413 : 400, 'invalid_request', BODY_FAULTS[read.reason], requestId);
    body = read.text;
  }
  const request: Inbound = new Received(raw, { body, ip: deps.clientAddress(raw.peer, raw.header('x-forwarded-for')), requestId });
  if (route.body === 'open') request.open = raw.open();
  return route.handle({ request, params, now: deps.clock.now(), body: undefined, query: undefined });
}

/** A class, so that `signal` is one accessor for all of them (listener.ts says what the other way costs). Only streams ask for it. */
class Received implements Inbound {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: string;
  readonly ip: string;
  readonly requestId: string;
  open?: OpenRequest;
  readonly #raw: Raw;

  constructor(raw: Raw, of: { body: string; ip: string; requestId: string }) {
    this.method = raw.method;
    this.path = raw.path;
    this.query = raw.query;
    this.body = of.body;
    this.ip = of.ip;
    this.requestId = of.requestId;
    this.#raw = raw;
  }

  header(name: string): string | undefined {
    return this.#raw.header(name);
  }

  get signal(): AbortSignal {
    return this.#raw.signal;
  }
}

const BODY_FAULTS = { too_large: 'The body is too large.', not_utf8: 'The body is not UTF-8.', aborted: 'The body ended early.' };

function plain(status: number, error: string, description: string, requestId: string, headers: Reply['headers'] = {}): Reply {
  return json(status, { error, error_description: description, request_id: requestId }, headers);
}

function methodNotAllowed(allow: string[], requestId: string): Reply {
  return plain(405, 'invalid_request', `This path answers ${allow.join(', ')}.`, requestId, { allow: allow.join(', ') });
}

/** Browsers of MCP clients ask first, with MCP-Protocol-Version among the headers. Only routes that declare `cors` answer. */
function preflight(router: Router, raw: Raw): Reply {
  const wanted = raw.header('access-control-request-method') ?? 'GET';
  const found = router.match(wanted, raw.path);
  const open = found !== undefined && 'route' in found && found.route.cors === 'any';
  if (!open) return { status: 204, headers: {} };
  return {
    status: 204,
    headers: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': `${wanted}, OPTIONS`,
      'access-control-allow-headers': 'Authorization, Content-Type, MCP-Protocol-Version, DPoP',
      'access-control-max-age': '600',
      vary: 'Access-Control-Request-Method',
    },
  };
}

function allowAnyOrigin(reply: Reply): void {
  reply.headers['access-control-allow-origin'] = '*';
  reply.headers['access-control-expose-headers'] = 'WWW-Authenticate, X-Request-Id, DPoP-Nonce';
}

function failure(deps: DispatchDeps, error: unknown, requestId: string, route: Route | undefined): Reply {
  if (deps.isUnavailable(error)) {
    sayUnavailable(deps, error, requestId, route);
    return plain(
      503,
      'temporarily_unavailable',
      'The hub cannot reach its database, or what keeps its keys. Try again shortly.',
      requestId,
      {
        'retry-after': '2',
      },
    );
  }
  deps.log.error({ err: error, requestId, route: route?.path }, 'unexpected failure');
  return plain(500, 'server_error', 'The hub failed. The request id finds the reason in its log.', requestId);
}

let lastSaid = 0;
let unsaid = 0;

/** Once a second, with how many were left unsaid: while the database is away every request fails for the same reason. */
function sayUnavailable({ clock, log }: DispatchDeps, error: unknown, requestId: string, route: Route | undefined): void {
  const now = clock.now();
  if (now - lastSaid < 1_000 && now >= lastSaid) {
    unsaid += 1;
    return;
  }
  log.warn({ err: error, requestId, route: route?.path, unsaid }, 'unavailable');
  lastSaid = now;
  unsaid = 0;
}

/**
 * Whom to hold responsible: the peer, unless it is a proxy we were told to trust; then the last address in X-Forwarded-For that is not
 * itself a trusted proxy. Anything unreadable falls back to the peer, so a forged header moves nobody's rate limit.
 */
export function forwardedAddress(isTrusted: (ip: string) => boolean): DispatchDeps['clientAddress'] {
  return (peer, forwardedFor) => {
    if (forwardedFor === undefined || !isTrusted(peer)) return peer;
    const hops = forwardedFor.split(',').map((hop) => hop.trim());
    for (let index = hops.length - 1; index >= 0; index -= 1) {
      const hop = hops[index] ?? '';
      if (isIP(hop) === 0) return peer;
      if (!isTrusted(hop)) return hop;
    }
    return peer;
  };
}
