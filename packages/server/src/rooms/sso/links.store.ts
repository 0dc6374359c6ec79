import { sql } from 'kysely';
import { row, rows, type Db, type Tx } from '../../base/db.ts';
import type { Author } from '../audit/author.ts';
import type { EventDraft } from '../audit/event.ts';
import type { Links } from '../issuers/person.store.ts';

/** Whom a subject of a provider is here. By the provider's id and the subject, and by nothing that the provider may say of them beside. */
export const providerLinks: Links = {
  kind: 'identity provider',
  async find(db, { voucher, subject }) {
    const link = await row(
      db,
      sql<{ user_id: string }>`SELECT user_id FROM provider_users WHERE provider_id = ${voucher} AND subject = ${subject}`,
    );
    return link?.user_id;
  },
  async add(tx, { voucher, subject, userId, now }) {
    await sql`INSERT INTO provider_users (provider_id, subject, user_id, created_at) VALUES (${voucher}, ${subject}, ${userId}, ${new Date(now)})`.execute(
      tx,
    );
  },
};

export type Link = { subject: string; user: string; createdAt: number };

/** A page of a provider's links, by subject; of one user where one is named. */
export async function listLinks(
  db: Db,
  { provider, user }: { provider: string; user?: string | undefined },
  page: { limit: number; cursor?: string | undefined },
): Promise<Link[]> {
  const found = await rows(
    db,
    sql<{ subject: string; user_id: string; created_at: number }>`SELECT subject, user_id, created_at FROM provider_users
      WHERE provider_id = ${provider} ${user === undefined ? sql`` : sql`AND user_id = ${user}`}
      ${page.cursor === undefined ? sql`` : sql`AND subject > ${page.cursor}`} ORDER BY subject LIMIT ${page.limit}`,
  );
  return found.map(({ subject, user_id, created_at }) => ({ subject, user: user_id, createdAt: created_at }));
}

/** The entry of it; undefined where there is no such link. */
export async function removeLink(tx: Tx, of: { provider: string; subject: string }, by: Author): Promise<EventDraft | undefined> {
  const gone = await row(
    tx,
    sql<{ user_id: string; tenant: string | null }>`DELETE FROM provider_users l USING identity_providers p
      WHERE l.provider_id = ${of.provider} AND l.subject = ${of.subject} AND p.id = l.provider_id RETURNING l.user_id, p.provider->>'tenant' AS tenant`,
  );
  if (gone === undefined) return undefined;
  return {
    tenant: gone.tenant ?? undefined,
    type: 'user.changed',
    initiator: by.initiator,
    actor: by.actor,
    target: { type: 'user', id: gone.user_id },
    outcome: 'success',
    origin: by.origin,
    data: { deed: 'unlinked', provider: of.provider, subject: of.subject },
  };
}
