import type { Inbound, Reply } from '../../../base/http/message.ts';
import { route, type Route } from '../../../base/http/route.ts';

/** `POST /oauth/token`. Readable from any origin: MCP clients in browsers call it, and it takes no cookie. */
export function tokenRoutes(endpoint: (request: Inbound, now: number) => Promise<Reply>): Route[] {
  return [
    route({
      method: 'POST',
      path: '/oauth/token',
      access: 'client',
      audit: [
        'token.issued',
        'token.refreshed',
        'token.exchanged',
        'credential.issued',
        'credential.stored',
        'credential.refreshed',
        'credential.failed',
        'credential.refused',
        'token.refused',
        'token.replayed',
        'agent.created',
        'user.created',
        'user.changed',
        'signal.sent',
        'approval.requested',
        'approval.used',
        'approval.expired',
        'approval.rate_limited',
      ],
      summary: 'Tokens: authorization_code, refresh_token, client_credentials, token exchange, jwt-bearer',
      cors: 'any',
      // Room for a scope of 100 KB, so that it is answered as a bad scope and not as a bad body.
      maxBody: 256 * 1024,
      handle: ({ request, now }) => endpoint(request, now),
    }),
  ];
}
