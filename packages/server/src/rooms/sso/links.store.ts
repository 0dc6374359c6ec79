import { sql } from 'kysely';
import { row } from '../../base/db.ts';
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
