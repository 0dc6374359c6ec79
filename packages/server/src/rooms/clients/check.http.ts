import { z } from 'zod';
import type { Clock } from '../../base/clock.ts';
import { json } from '../../base/http/message.ts';
import { route, type Route } from '../../base/http/route.ts';
import { PURPOSES } from '../issuers/issuer.ts';
import { checkAssertion, type CheckDeps } from './check.store.ts';

const line = { matches: z.boolean(), reason: z.string().nullable(), sentence: z.string().nullable() };
const checkView = z
  .object({
    verdict: z.object({ ok: z.boolean(), sentence: z.string(), client: z.string().nullable() }),
    token: z.record(z.string(), z.unknown()).nullable().describe('What it says of itself, without the signature'),
    issuers: z.array(z.object({ issuer: z.string(), purpose: z.enum(PURPOSES), ...line })),
    clients: z.array(z.object({ client: z.string(), issuer: z.string(), ...line })),
  })
  .meta({ id: 'AssertionCheck' });

/** The test box for trust rules. A POST, because a token has no place in a URL. */
export function checkRoutes(deps: CheckDeps & { clock: Clock }): Route[] {
  return [
    route({
      method: 'POST',
      path: '/admin/v1/issuers/check',
      access: 'admin:issuers:read',
      audit: ['admin.read'],
      summary: 'Why a JWT matches or not, issuer by issuer and client by client; it is neither kept nor used up',
      input: { body: z.strictObject({ jwt: z.string().min(1).max(65_536) }) },
      output: { 200: checkView, 400: 'No JWT' },
      handle: async ({ body }) => json(200, await checkAssertion(deps, body.jwt, deps.clock.now())),
    }),
  ];
}
