import { sql } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import { wasDone } from '../audit/about.store.ts';

/** By another's hand: what somebody does to their own account at its page names no client, what comes by the admin API does. */
const byAnother = (user: string) => sql`NOT (entry->'actor'->>'user' IS NOT DISTINCT FROM ${user} AND entry->'actor'->>'client' IS NULL)`;

/**
 * Whether somebody else could have made this account theirs since then: a link for a new password, another address or password, factors taken away, another
 * login that leads to it; of a client whatever was changed of it. One person could otherwise ask, and confirm as another.
 */
export async function handedOver(db: Db, of: { user?: string | undefined; client?: string | undefined }, since: number): Promise<boolean> {
  const { user, client } = of;
  if (user !== undefined) {
    const target = { type: 'user', id: user };
    const other = byAnother(user);
    if (await wasDone(db, { target, types: ['factor.sent', 'factor.removed'], since, having: other })) return true;
    const having = sql`${other} AND (entry->'data'->>'deed' = 'linked' OR entry @? '$.data.changes[*] ? (@.field == "email" || @.field == "emailVerified" || @.field == "password")')`;
    return wasDone(db, { target, types: ['user.changed'], since, having });
  }
  return client !== undefined && wasDone(db, { target: { type: 'client', id: client }, types: ['client.changed'], since });
}

/** What providers and trusted issuers call this user, as parties: two accounts that one subject leads to are one person. */
export async function loginsOf(db: Db, user: string): Promise<string[]> {
  const found = await rows(
    db,
    sql<{
      issuer: string;
      subject: string;
    }>`SELECT p.provider->>'issuer' AS issuer, l.subject FROM provider_users l JOIN identity_providers p ON p.id = l.provider_id
        WHERE l.user_id = ${user} AND p.provider->>'issuer' IS NOT NULL
      UNION SELECT i.trust->>'issuer', l.subject FROM issuer_users l JOIN issuers i ON i.id = l.issuer_id
        WHERE l.user_id = ${user} AND i.trust->>'issuer' IS NOT NULL LIMIT 100`,
  );
  return found.map(({ issuer, subject }) => `login:${issuer} ${subject}`);
}
