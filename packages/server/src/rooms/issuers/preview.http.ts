import { z } from 'zod';
import { json, type Reply } from '../../base/http/message.ts';
import type { Result } from '../../base/result.ts';
import type { Obstacle } from './issuer.ts';
import type { Provisioned } from './person.store.ts';

/** Claims as whoever vouches would say them. */
export const previewBody = z.strictObject({
  claims: z.record(z.string().max(200), z.json()).describe('Claims as they would be asserted, with sub'),
});
export const previewView = z
  .object({
    deed: z.enum(['known', 'linked', 'created', 'updated', 'refused']).describe('What an assertion with these claims would do'),
    reason: z.string().nullable(),
    sentence: z.string().nullable(),
    user: z
      .object({
        id: z.string().nullable().describe('Null for a user who would be made'),
        email: z.string(),
        name: z.string().nullable(),
        emailVerified: z.boolean(),
        tenants: z.array(z.object({ id: z.string(), roles: z.array(z.string()) })),
        attributes: z.record(z.string(), z.unknown()),
      })
      .nullable(),
    rolesGiven: z.array(z.string()),
    attributesGiven: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'IssuerPreview' });

/** What a rehearsal came to. */
export function previewReply(found: Result<Provisioned, Obstacle>): Reply {
  if (!found.ok) return json(200, { deed: 'refused', ...found.error, user: null, rolesGiven: [], attributesGiven: {} });
  const { user, deed, described } = found.value;
  return json(200, {
    deed,
    reason: null,
    sentence: null,
    user: {
      id: deed === 'created' ? null : user.id,
      email: user.email,
      name: user.name ?? null,
      emailVerified: user.emailVerifiedAt !== undefined,
      tenants: user.tenants,
      attributes: user.attributes,
    },
    rolesGiven: described.roles,
    attributesGiven: described.attributes,
  });
}
