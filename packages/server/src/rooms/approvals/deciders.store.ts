import type { Db } from '../../base/db.ts';
import { findUser } from '../users/store.ts';
import { rulesOf, type Approval } from './approval.ts';
import { candidatesFor } from './approval.store.ts';

/**
 * Whether enough people could ever say yes. What nobody may decide is not asked: it would wait for its whole time and end as if somebody had
 * refused. `owner`: the user who answers for the client.
 */
export async function canBeDecided(db: Db, asked: Pick<Approval, 'request' | 'needs'>, owner: string | undefined): Promise<boolean> {
  const users = await Promise.all((await candidatesFor(db, asked, owner)).map((id) => findUser(db, id)));
  const votes = users.flatMap((user) => (user === undefined ? [] : rulesOf(asked, user, owner)));
  return asked.needs.every(({ rule, count }) => votes.filter((one) => one === rule).length >= count);
}
