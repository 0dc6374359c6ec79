import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import { authorOf, notFound } from '../../base/http/admin.ts';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { settingRoutes } from '../audit/setting.http.ts';
import { registrationSetting } from './setting.ts';
import type { RegistrationSettings } from './setting.store.ts';

export type RegistrationRoutesDeps = { settings: RegistrationSettings; clock: Clock };

const PATH = '/admin/v1/registration';
const tokenBody = z.strictObject({ name: z.string().min(1).max(64), ttl: z.number().int().min(60).max(31_536_000).default(86_400) });
const tokenView = z.object({ id: z.string(), name: z.string(), expiresAt: z.number() });

/** Who may register by themselves: the hub-wide setting, and the initial access tokens that closed registration asks for. */
export function registrationRoutes(deps: RegistrationRoutesDeps): Route[] {
  return [
    ...settingRoutes(deps.settings, {
      path: PATH,
      room: 'clients',
      schema: registrationSetting,
      look: 'Who may register by themselves, hub-wide',
      say: 'Say who may register by themselves, hub-wide; a resource can only be stricter',
    }),
    ...tokenRoutes(deps),
  ];
}

function tokenRoutes({ settings, clock }: RegistrationRoutesDeps): Route[] {
  return [
    route({
      method: 'GET',
      path: `${PATH}/tokens`,
      access: 'admin:clients:read',
      audit: ['admin.read'],
      summary: 'Initial access tokens, by name; never the tokens themselves',
      output: { 200: z.object({ items: z.array(tokenView), next: z.null() }) },
      handle: async () => json(200, { items: await settings.tokens(), next: null }),
    }),
    route({
      method: 'POST',
      path: `${PATH}/tokens`,
      access: 'admin:clients:write',
      audit: ['admin.changed'],
      summary: 'Make an initial access token (RFC 7591 section 3), good for `ttl` seconds and shown once',
      input: { body: tokenBody },
      output: { 201: tokenView.extend({ token: z.string() }) },
      async handle(call) {
        const { name, ttl } = call.body;
        const expiresAt = clock.now() + ttl * 1000;
        return json(201, { ...(await settings.issueToken({ name, expiresAt }, authorOf(call))), name, expiresAt });
      },
    }),
    route({
      method: 'DELETE',
      path: `${PATH}/tokens/:id`,
      access: 'admin:clients:write',
      audit: ['admin.changed'],
      summary: 'Revoke an initial access token; what it registered stays',
      output: { 204: 'Revoked', 404: 'No such token' },
      async handle(call) {
        const id = call.params['id'] ?? '';
        const gone = await settings.revokeToken(id, authorOf(call));
        return gone ? { status: 204, headers: { 'cache-control': 'no-store' } } : notFound('token', id);
      },
    }),
  ];
}
