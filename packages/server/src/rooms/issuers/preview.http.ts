import { z } from 'zod';
import { badInput } from '../../base/http/admin.ts';
import { json, problem, type Reply } from '../../base/http/message.ts';
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

type Claims = z.output<typeof previewBody>['claims'];

/** Rehearses with the subject of these claims, and says what it came to. */
export async function previewOf(claims: Claims, rehearse: (subject: string) => Promise<Result<Provisioned, Obstacle>>): Promise<Reply> {
  const { sub } = claims;
  if (typeof sub !== 'string' || sub === '' || sub.length > 512)
    return problem(badInput([{ field: 'claims.sub', message: 'the subject, a text' }]));
  return previewReply(await rehearse(sub));
}

function previewReply(found: Result<Provisioned, Obstacle>): Reply {
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
