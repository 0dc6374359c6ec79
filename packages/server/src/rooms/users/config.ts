import { z } from 'zod';
import { authorId } from '../tenants/config.ts';
import { parseEmail } from './email.ts';
import type { User } from './user.ts';

/** Ids of users: the author's, or `usr_…` of those who joined by themselves. An e-mail address may be one (imported directories). */
export const userId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$/, 'letters, digits and ._@+- ; at most 128');

const email = z
  .string()
  .max(320)
  .refine((text) => parseEmail(text) !== undefined, 'one plain e-mail address')
  .transform((text) => parseEmail(text)?.address ?? text);

/** A password from the author: a reference, resolved before anything is put. At least eight characters (NIST SP 800-63B-4 §3.1.1.2). */
const passwordConfig = z.union([
  z.strictObject({ value: z.string().min(8).max(1_024) }),
  z.strictObject({ env: z.string().min(1) }),
  z.strictObject({ file: z.string().min(1) }),
]);

const memberships = z
  .array(z.strictObject({ id: authorId, roles: z.array(z.string().min(1).max(64)).max(100).default([]) }))
  .max(1_000)
  .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'a tenant is listed once');

/** A user as the config file says it. */
export const userConfig = z.strictObject({
  id: userId,
  email,
  name: z.string().min(1).max(200).optional(),
  /** Absent: what is there stays. An export never holds passwords, and applying it again must not take them away. */
  password: passwordConfig.optional(),
  /** The author vouches for the address unless this says no; then the user proves it by a code or a link first. */
  emailVerified: z.boolean().default(true),
  tenants: memberships.default([]),
  attributes: z.record(z.string().max(100), z.json()).default({}),
});
export type UserConfig = z.output<typeof userConfig>;

/** The stored user in the same form; never a password, nor its hash. */
export function toUserConfig(user: User): UserConfig {
  const { id, email, name, emailVerifiedAt, tenants, held = [], attributes } = user;
  return {
    id,
    email,
    ...(name === undefined ? {} : { name }),
    emailVerified: emailVerifiedAt !== undefined,
    tenants: [...tenants, ...held]
      .map((membership) => ({ id: membership.id, roles: [...membership.roles] }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    attributes: userConfig.shape.attributes.parse(attributes),
  };
}
