import { sql } from 'kysely';
import { row } from '../../base/db.ts';
import type { Author } from '../audit/author.ts';
import type { Audit } from '../audit/store.ts';
import { parseEmail } from './email.ts';
import { forgetFactors, forgetProofs } from './forget.store.ts';
import { changeOf, findUser } from './store.ts';
import type { User } from './user.ts';

/**
 * Somebody has proven to own the mailbox of this account. If nobody had before, then whoever set its password or logged in until now may
 * have been a stranger who took the address first (pre-hijack): password, second factors, sessions and links from before the proof die (169).
 */
export async function proveMailbox({ audit }: { audit: Audit }, user: User, by: Author): Promise<User> {
  if (user.emailVerifiedAt !== undefined) return user;
  return audit.commit(async (tx) => {
    const moved = await row(
      tx,
      sql`UPDATE users SET email_verified_at = now(), password_hash = NULL, version = version + 1 WHERE id = ${user.id} AND email_verified_at IS NULL RETURNING id`,
    );
    const emailKey = parseEmail(user.email)?.key ?? '';
    if (moved !== undefined) {
      await forgetProofs(tx, { userId: user.id, emailKey });
      await forgetFactors(tx, user.id);
    }
    const after = (await findUser(tx, user.id)) ?? user;
    return { value: after, entries: [changeOf(user, after, by)], changed: [{ kind: 'user', key: user.id }] };
  });
}
