import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import { authorOf, notFound } from '../../base/http/admin.ts';
import { json, problem, type Reply } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { commitDeed } from '../audit/deed.store.ts';
import type { Audit } from '../audit/store.ts';
import { issueSecret, revokeSecret, rotateSecret, type SecretFault } from './secret.store.ts';

export type ClientSecretRoutesDeps = { audit: Audit; clock: Clock };

const PATH = '/admin/v1/clients/:id/secrets';
const issueBody = z
  .strictObject({ name: z.string().min(1).max(64).default('issued'), expiresAt: z.iso.datetime({ offset: true }).optional() })
  .default({ name: 'issued' });
const rotateBody = z.strictObject({ overlap: z.number().int().min(0).max(2_592_000).default(0) }).default({ overlap: 0 });
const issued = z.object({ id: z.string(), secret: z.string().describe('Shown once, here'), client: z.string() });

/** Secrets of a client: made by the hub, told once, kept as digests. */
export function clientSecretRoutes(deps: ClientSecretRoutesDeps): Route[] {
  return [issueRoute(deps), rotateRoute(deps), revokeRoute(deps)];
}

function issueRoute({ audit, clock }: ClientSecretRoutesDeps): Route {
  return route({
    method: 'POST',
    path: PATH,
    access: 'admin:clients:write',
    audit: ['client.changed'],
    summary: 'Make another secret; it is shown in the answer and never again',
    input: { body: issueBody },
    output: { 201: issued, 404: 'No such client', 409: 'The client uses no secret, or has ten that are good' },
    async handle(call) {
      const { name, expiresAt } = call.body;
      const of = {
        clientId: call.params['id'] ?? '',
        name,
        expiresAt: expiresAt === undefined ? undefined : Date.parse(expiresAt),
        now: clock.now(),
        by: authorOf(call),
      };
      const outcome = await commitDeed(audit, (tx) => issueSecret(tx, of));
      return outcome.ok ? told(outcome.value) : refusal(outcome.error, call.params);
    },
  });
}

function rotateRoute({ audit, clock }: ClientSecretRoutesDeps): Route {
  return route({
    method: 'POST',
    path: `${PATH}/:secret/rotate`,
    access: 'admin:clients:write',
    audit: ['client.changed'],
    summary: 'Make the successor of a secret; the old one stays good for `overlap` seconds',
    input: { body: rotateBody },
    output: { 201: issued, 404: 'No such client or secret', 409: 'The client uses no secret, or has ten that are good' },
    async handle(call) {
      const { id = '', secret = '' } = call.params;
      const of = { clientId: id, secretId: secret, overlapMs: call.body.overlap * 1000, now: clock.now(), by: authorOf(call) };
      const outcome = await commitDeed(audit, (tx) => rotateSecret(tx, of));
      return outcome.ok ? told(outcome.value) : refusal(outcome.error, call.params);
    },
  });
}

function revokeRoute({ audit }: ClientSecretRoutesDeps): Route {
  return route({
    method: 'DELETE',
    path: `${PATH}/:secret`,
    access: 'admin:clients:write',
    audit: ['client.changed'],
    summary: 'End a secret at once',
    output: { 204: 'Ended', 404: 'No such client or secret' },
    async handle(call) {
      const { id = '', secret = '' } = call.params;
      const outcome = await commitDeed(audit, (tx) => revokeSecret(tx, { clientId: id, secretId: secret, by: authorOf(call) }));
      return outcome.ok ? { status: 204, headers: { 'cache-control': 'no-store' } } : refusal(outcome.error, call.params);
    },
  });
}

function told({ id, secret, client }: { id: string; secret: string; client: { id: string } }): Reply {
  return json(201, { id, secret, client: client.id });
}

function refusal(fault: SecretFault, { id = '', secret = '' }: Readonly<Record<string, string>>): Reply {
  switch (fault) {
    case 'unknown_client':
      return notFound('client', id);
    case 'unknown_secret':
      return notFound('secret', secret);
    case 'no_secret_method':
      return problem({
        status: 409,
        type: 'no_secret_method',
        title: 'This client uses no secret',
        detail: 'Its authentication method is none or private_key_jwt.',
      });
    case 'too_many':
      return problem({
        status: 409,
        type: 'too_many_secrets',
        title: 'This client has ten secrets that are good',
        detail: 'Revoke one first.',
      });
  }
}
