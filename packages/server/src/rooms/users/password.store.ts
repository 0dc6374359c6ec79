import { sql } from 'kysely';
import { row, type Database } from '../../base/db.ts';
import type { PasswordHasher } from '../../base/passwords/hasher.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author } from '../audit/author.ts';
import { commitDeed, type Done } from '../audit/deed.store.ts';
import type { EventOrigin } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import { choosePassword, type PasswordFault } from './choose.store.ts';
import { factorMail } from './mails.ts';
import type { Post } from './post.store.ts';
import { changeOf, findUser } from './store.ts';
import type { User } from './user.ts';

export type PasswordDeps = {
  database: Pick<Database, 'db'>;
  audit: Audit;
  hasher: PasswordHasher;
  post: Pick<Post, 'send'>;
  product?: string;
};

/**
 * A first password for somebody who is signed in and has none. There is nothing that it could take the place of: whoever has one changes it by a
 * link to their mailbox. `over`: there is one by now, or the account was stopped.
 */
export async function setFirstPassword(
  { audit, hasher, post, product = 'Writ' }: PasswordDeps,
  of: { user: User; password: string; origin: EventOrigin },
): Promise<Result<undefined, { kind: 'over' } | PasswordFault>> {
  const { user, origin } = of;
  const chosen = await choosePassword(hasher, of.password, { email: user.email, name: user.name, product });
  if (!chosen.ok) return chosen;
  const by: Author = { initiator: 'human', actor: { user: user.id }, origin };
  const set = await commitDeed<Done, { kind: 'over' }>(audit, async (tx) => {
    const before = await findUser(tx, user.id);
    const moved = await row(
      tx,
      sql`UPDATE users SET password_hash = ${chosen.value}, version = version + 1
        WHERE id = ${user.id} AND state = 'active' AND password_hash IS NULL RETURNING id`,
    );
    const after = moved === undefined ? undefined : await findUser(tx, user.id);
    if (before === undefined || after === undefined) return fail({ kind: 'over' });
    return ok({ entries: [changeOf(before, after, by)], changed: [{ kind: 'user', key: user.id }] });
  });
  if (!set.ok) return set;
  post.send(user.email, factorMail(product, 'A password was set for'));
  return ok(undefined);
}
