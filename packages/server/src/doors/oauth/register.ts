import { z } from 'zod';
import { parseJson } from '../../base/json.ts';
import { json, originOf, type Inbound, type Reply } from '../../base/http/message.ts';
import { route, type Call, type Route } from '../../base/http/route.ts';
import type { Knocks } from '../../rooms/clients/knocks.store.ts';
import { usesSecret } from '../../rooms/clients/client.ts';
import { toMembers } from '../../rooms/clients/metadata.ts';
import { describedOf, type RegistrationFault } from '../../rooms/clients/registration.ts';
import type { Registered, RegistrationRequest, Registrations } from '../../rooms/clients/registration.store.ts';
import { FLOW_EVENTS } from '../../rooms/journeys/events.ts';
import { oauthError } from './wire.ts';

export type RegisterDeps = {
  issuer: string;
  registrations: Registrations;
  /** Hears of whoever is not let in. */
  knocks?: Pick<Knocks, 'heard'>;
  /** For metrics: `registered`, or the error's word. */
  onRegistration?(result: string): void;
};

const PATH = '/oauth/register';
const MAX_BODY = 16_384;

/** Dynamic client registration (RFC 7591) and its management by the registration access token (RFC 7592). Always JSON, also when refused. */
export function registerRoutes(deps: RegisterDeps): Route[] {
  const one = { path: `${PATH}/:client`, access: 'token', cors: 'any', maxBody: MAX_BODY } as const;
  return [
    route({
      method: 'POST',
      path: PATH,
      access: 'public',
      cors: 'any',
      maxBody: MAX_BODY,
      audit: ['client.registered', 'client.changed', 'client.refused', ...FLOW_EVENTS],
      summary: 'Register a client (RFC 7591)',
      output: {
        201: 'Client information',
        400: 'invalid_redirect_uri or invalid_client_metadata',
        401: 'invalid_token',
        429: 'Too many from this address',
        503: 'temporarily_unavailable: a review could not be held now',
      },
      handle: (call) => register(deps, call),
    }),
    route({
      ...one,
      method: 'GET',
      audit: ['client.refused'],
      summary: 'Read a registration (RFC 7592)',
      output: { 200: 'Client information', 401: 'invalid_token' },
      async handle({ request, params }) {
        const found = await deps.registrations.read(params['client'] ?? '', requestOf(request));
        return found.ok ? json(200, information(deps.issuer, found.value)) : refusal(found.error, request);
      },
    }),
    route({
      ...one,
      method: 'PUT',
      audit: ['client.changed', 'client.refused', 'drift.found', 'drift.returned', 'client.frozen', 'signal.sent', ...FLOW_EVENTS],
      summary: 'Replace a registration (RFC 7592)',
      output: { 200: 'Client information', 400: 'invalid_redirect_uri or invalid_client_metadata', 401: 'invalid_token' },
      async handle({ request, params }) {
        if (!isJson(request)) return refusal(NOT_JSON, request);
        const updated = await deps.registrations.update(params['client'] ?? '', requestOf(request));
        return updated.ok ? json(200, information(deps.issuer, updated.value)) : refusal(updated.error, request);
      },
    }),
    route({
      ...one,
      method: 'DELETE',
      audit: ['client.removed', 'client.refused', 'signal.sent'],
      summary: 'Withdraw a registration (RFC 7592)',
      output: { 204: 'Withdrawn', 401: 'invalid_token' },
      async handle({ request, params }) {
        const removed = await deps.registrations.remove(params['client'] ?? '', requestOf(request));
        return removed.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : refusal(removed.error, request);
      },
    }),
  ];
}

async function register({ issuer, registrations, knocks, onRegistration }: RegisterDeps, { request, now }: Call): Promise<Reply> {
  if (!isJson(request)) return refusal(NOT_JSON, request);
  const made = await registrations.register(requestOf(request));
  onRegistration?.(made.ok ? 'registered' : made.error.error);
  if (!made.ok)
    knocks?.heard({ ...claimed(request.body), kind: 'registration', reason: wordFor(made.error), door: 'register', ip: request.ip, now });
  return made.ok ? json(201, information(issuer, made.value)) : refusal(made.error, request);
}

/** What a registration that was refused says of itself, as far as it can be read. */
function claimed(body: string): { name: string; asked: string[]; redirectUris: string[] } {
  const read = parseJson(body);
  const said = CLAIMS.safeParse(read.ok ? read.value : {});
  const { client_name: name = '', redirect_uris: redirectUris = [], scope } = said.success ? said.data : {};
  return { name: name === '' ? 'no name' : name, asked: scope === undefined ? [] : [scope], redirectUris };
}

const CLAIMS = z.looseObject({
  client_name: z.string().optional().catch(undefined),
  redirect_uris: z.array(z.string()).optional().catch(undefined),
  scope: z.string().optional().catch(undefined),
});

/** Reasons of metadata name the very member; for a list of who came, the kind of fault is enough. */
function wordFor({ error, reason }: RegistrationFault): string {
  return error === 'invalid_redirect_uri' || error === 'invalid_client_metadata' ? error : reason;
}

const NOT_JSON: RegistrationFault = {
  status: 400,
  error: 'invalid_client_metadata',
  description: 'The body is application/json.',
  reason: 'media_type',
};

function isJson(request: Inbound): boolean {
  return /^application\/json *(; *charset="?utf-8"? *)?$/i.test(request.header('content-type') ?? '');
}

function requestOf(request: Inbound): RegistrationRequest {
  return { authorization: request.header('authorization'), body: request.body, ip: request.ip, origin: originOf(request) };
}

/** RFC 7591 §3.2.1. The secret is told when it is made and never again; a secret of ours does not expire by itself. */
function information(issuer: string, { client, registrationToken, secret }: Registered): Record<string, unknown> {
  return {
    client_id: client.id,
    client_id_issued_at: Math.floor(client.createdAt / 1000),
    ...(secret === undefined ? {} : { client_secret: secret }),
    ...(usesSecret(client.authMethod) ? { client_secret_expires_at: 0 } : {}),
    // Not of RFC 7591: it is registered, and nothing is issued to it before people have let it in.
    ...(client.underReview === true ? { registration_status: 'pending' } : {}),
    ...toMembers(describedOf(client)),
    registration_access_token: registrationToken,
    registration_client_uri: `${issuer}${PATH}/${encodeURIComponent(client.id)}`,
  };
}

function refusal({ status, error, description, retryAfter }: RegistrationFault, { requestId }: Inbound): Reply {
  const challenge: Record<string, string> = status === 401 ? { 'www-authenticate': `Bearer realm="writ", error="${error}"` } : {};
  const later: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  return oauthError({ status, error, description, requestId, headers: { ...challenge, ...later } });
}
