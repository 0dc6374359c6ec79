import type { AuthenticationDemand, Caller, Challenge, Resource } from '@writ/sdk';
import { challengeResponse } from '@writ/sdk';
import type { MiddlewareHandler } from 'hono';

/** What the middlewares set on the context: `c.get('caller')`. */
export type CallerEnv = { Variables: { caller: Caller } };

/** Answers the RFC 9728 metadata document. Mount it before everything else: `app.use(metadata(resource))`. */
export function metadata(resource: Resource): MiddlewareHandler {
  return async (c, next) => resource.wellKnown(c.req.raw) ?? (await next());
}

function deny(challenge: Challenge): Response {
  return challengeResponse(challenge);
}

/** Lets only requests with a good token of this resource pass, and sets `caller`. Everything else is answered with a challenge. */
export function authenticate(resource: Resource): MiddlewareHandler<CallerEnv> {
  return async (c, next) => {
    const verified = await resource.authenticate(c.req.header('authorization'), {
      method: c.req.method,
      url: c.req.url,
      dpop: c.req.header('dpop'),
    });
    if (!verified.ok) return deny(resource.refuse(verified, c.req.url));
    c.set('caller', verified.caller);
    return next();
  };
}

/** Lets only callers with all of these scopes pass. Stands after `authenticate`; without it, the request is challenged as anonymous. */
export function requireScope(resource: Resource, ...needed: readonly [string, ...string[]]): MiddlewareHandler<CallerEnv> {
  return demand(resource, (caller, url) => resource.requireScope(caller, needed, url));
}

/** Lets only callers pass whose user logged in as demanded (RFC 9470). Stands after `authenticate`. */
export function requireAuthentication(resource: Resource, wanted: AuthenticationDemand): MiddlewareHandler<CallerEnv> {
  return demand(resource, (caller, url) => resource.requireAuthentication(caller, wanted, url));
}

function demand(resource: Resource, judge: (caller: Caller, url: string) => Challenge | undefined): MiddlewareHandler<CallerEnv> {
  return async (c, next) => {
    // Hono types the variable as always set, but a route may lack `authenticate`; that must refuse, not crash or pass.
    const caller: Caller | undefined = c.get('caller');
    if (caller === undefined) return deny(resource.refuse({ ok: false, error: 'invalid_token', reason: 'missing' }, c.req.url));
    const challenge = judge(caller, c.req.url);
    return challenge === undefined ? next() : deny(challenge);
  };
}
