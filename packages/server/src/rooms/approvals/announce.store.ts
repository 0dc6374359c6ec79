import type { Clock } from '../../base/clock.ts';
import type { Database } from '../../base/db.ts';
import type { Log } from '../../base/log.ts';
import type { Result } from '../../base/result.ts';
import type { Client } from '../clients/client.ts';
import type { Post } from '../users/post.store.ts';
import { findUser } from '../users/store.ts';
import { rulesOf } from './approval.ts';
import { candidatesFor, findApproval, takeMailing, unmailed } from './approval.store.ts';
import { approvalMail } from './mails.ts';

export type AnnounceDeps = {
  database: Database;
  clock: Clock;
  clients: { find(id: string): Promise<Result<Client, unknown>> };
  post: Pick<Post, 'send'>;
  issuer: string;
  log: Log;
  product?: string;
};

export type Announcer = {
  /** Behind the answer's back. Told of the same approval again, it does nothing. */
  announce(id: string): void;
  /** Tells of everything that nobody was told of: what was asked in another's transaction, or on a node that died. */
  announceDue(): Promise<void>;
  settled(): Promise<void>;
};

/** Mails those whose decision counts. The link is an address and no secret: it opens to whoever signs in as one of them. */
export function createAnnouncer(deps: AnnounceDeps): Announcer {
  const under = new Set<Promise<void>>();
  const start = (id: string): Promise<void> => {
    const telling = tell(deps, id)
      .catch((error: unknown) => deps.log.warn({ err: error }, 'approvers could not be told'))
      .finally(() => under.delete(telling));
    under.add(telling);
    return telling;
  };
  return {
    announce: (id) => void start(id),
    async announceDue() {
      for (const id of await unmailed(deps.database.db)) await start(id);
    },
    async settled() {
      await Promise.all(under);
    },
  };
}

async function tell({ database: { db }, clock, clients, post, issuer, product = 'Writ' }: AnnounceDeps, id: string): Promise<void> {
  if (!(await takeMailing(db, id, clock.now()))) return;
  const approval = await findApproval(db, id);
  if (approval === undefined) return;
  const found = await clients.find(approval.request.clientId);
  const client = found.ok ? found.value : undefined;
  const mail = approvalMail(product, {
    client: client?.status === 'verified' ? client.name : undefined,
    link: `${issuer}/account/approvals/${id}`,
    minutes: Math.max(1, Math.floor((approval.expiresAt - clock.now()) / 60_000)),
  });
  for (const candidate of await candidatesFor(db, approval, client?.owner)) {
    const user = await findUser(db, candidate);
    if (user !== undefined && rulesOf(approval, user, client?.owner).length > 0) post.send(user.email, mail);
  }
}
