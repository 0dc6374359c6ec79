import type { AuthenticationDemand, Caller, Challenge, Resource, Shown } from '@writ/sdk';
import { METADATA_HEADERS } from '@writ/sdk';
import type { Request, RequestHandler, Response } from 'express';

export type Guard = {
  /** Answers the RFC 9728 metadata document. Mount it before everything else: `app.use(guard.metadata)`. */
  readonly metadata: RequestHandler;
  /** Lets only requests with a good token of this resource pass. */
  readonly authenticate: RequestHandler;
  /** Lets only callers with all of these scopes pass. Stands after `authenticate`; without it, the request is challenged as anonymous. */
  requireScope(...needed: readonly [string, ...string[]]): RequestHandler;
  /** Lets only callers pass whose user logged in as demanded (RFC 9470). Stands after `authenticate`. */
  requireAuthentication(demand: AuthenticationDemand): RequestHandler;
  /** Who calls, or undefined on a route without `authenticate`. */
  callerOf(request: Request): Caller | undefined;
};

/** The address as the client wrote it. It only chooses among configured aliases, so a forged Host header gains nothing. */
function addressOf(request: Request): string {
  return `${request.protocol}://${request.headers.host ?? ''}${request.originalUrl}`;
}

/** What a proof of possession must fit. Two DPoP headers are joined, and then none is a proof. */
function shownBy(request: Request): Shown {
  return { method: request.method, url: addressOf(request), dpop: request.headersDistinct['dpop']?.join(', ') };
}

function deny(response: Response, challenge: Challenge): void {
  const { 'access-control-expose-headers': exposed, ...headers } = challenge.headers;
  // Added to, not set: a CORS middleware in front may have exposed names of its own.
  if (exposed !== undefined) response.append('access-control-expose-headers', exposed);
  response.status(challenge.status).set(headers).json(challenge.body);
}

/** Express middlewares for one resource. */
export function guard(resource: Resource): Guard {
  // Beside the request, not on it: nothing a body parser or another middleware writes can pass for a verified caller.
  const callers = new WeakMap<Request, Caller>();

  const metadata: RequestHandler = (request, response, next) => {
    if (!resource.metadataPaths.has(request.path.replace(/(?<=.)\/$/, ''))) return next();
    if (request.method === 'OPTIONS') return void response.set(METADATA_HEADERS).status(204).end();
    if (request.method !== 'GET' && request.method !== 'HEAD') return void response.set('allow', 'GET, HEAD, OPTIONS').status(405).end();
    response.set(METADATA_HEADERS).json(resource.metadata(addressOf(request)));
  };

  const authenticate: RequestHandler = async (request, response, next) => {
    const verified = await resource.authenticate(request.headers.authorization, shownBy(request));
    if (!verified.ok) return deny(response, resource.refuse(verified, addressOf(request)));
    callers.set(request, verified.caller);
    next();
  };

  const demand =
    (judge: (caller: Caller, url: string) => Challenge | undefined): RequestHandler =>
    (request, response, next) => {
      const caller = callers.get(request);
      const url = addressOf(request);
      if (caller === undefined) return deny(response, resource.refuse({ ok: false, error: 'invalid_token', reason: 'missing' }, url));
      const challenge = judge(caller, url);
      if (challenge !== undefined) return deny(response, challenge);
      next();
    };

  return {
    metadata,
    authenticate,
    requireScope: (...needed) => demand((caller, url) => resource.requireScope(caller, needed, url)),
    requireAuthentication: (wanted) => demand((caller, url) => resource.requireAuthentication(caller, wanted, url)),
    callerOf: (request) => callers.get(request),
  };
}
