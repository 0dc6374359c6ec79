import { sql } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import { wasDone, type DeedsOn } from '../audit/about.store.ts';

/** By another's hand: what somebody does to their own account at its page names no client, what comes by the admin API does. */
const byAnother = (user: string) => sql`NOT (entry->'actor'->>'user' IS NOT DISTINCT FROM ${user} AND entry->'actor'->>'client' IS NULL)`;

/** Not by the hub itself, as it keeps its console's registration. */
const BY_SOMEBODY = sql`(entry->'actor'->>'user' IS NOT NULL OR entry->'actor'->>'client' IS NOT NULL)`;

/**
 * Whether somebody else could have made this account theirs since then: a link for a new password, another address or password, factors taken away, another
 * login that leads to it, a provider or issuer that vouches for it and was changed, or the client that the person came by; of a client by itself whatever was
 * changed of it, or of the issuers of its workload. One person could otherwise ask, and confirm as another.
 */
export async function handedOver(db: Db, of: { user?: string | undefined; client?: string | undefined }, since: number): Promise<boolean> {
  const { user, client } = of;
  if (user === undefined) return client !== undefined && clientHandedOver(db, client, since);
  if (await userHandedOver(db, user, since)) return true;
  // Whoever sets where its codes go hears them, once the person is led to sign in by it.
  return client !== undefined && clientChanged(db, client, { since, having: BY_SOMEBODY });
}

async function userHandedOver(db: Db, user: string, since: number): Promise<boolean> {
  const target = { type: 'user', id: user };
  const other = byAnother(user);
  if (await wasDone(db, { target, types: ['factor.sent', 'factor.removed'], since, having: other })) return true;
  const having = sql`${other} AND (entry->'data'->>'deed' = 'linked' OR entry @? '$.data.changes[*] ? (@.field == "email" || @.field == "emailVerified" || @.field == "password")')`;
  if (await wasDone(db, { target, types: ['user.changed'], since, having })) return true;
  return anyChanged(db, await vouchersOfUser(db, user), { since, having: other });
}

async function clientHandedOver(db: Db, client: string, since: number): Promise<boolean> {
  return (await clientChanged(db, client, { since })) || anyChanged(db, await vouchersOfClient(db, client), { since });
}

function clientChanged(db: Db, client: string, of: Pick<DeedsOn, 'since' | 'having'>): Promise<boolean> {
  return wasDone(db, { ...of, target: { type: 'client', id: client }, types: ['client.changed'] });
}

type Voucher = { type: 'identity provider' | 'issuer'; id: string };

/** Whoever sets where a provider's keys are or its tokens come from can be anybody whom it vouches for. */
async function anyChanged(db: Db, vouchers: readonly Voucher[], of: Pick<DeedsOn, 'since' | 'having'>): Promise<boolean> {
  for (const target of vouchers) if (await wasDone(db, { ...of, target, types: ['admin.changed'] })) return true;
  return false;
}

/** Those of the whole hub: what one of a tenant vouches for opens no administration. */
function vouchersOfUser(db: Db, user: string): Promise<Voucher[]> {
  return rows(
    db,
    sql<Voucher>`SELECT DISTINCT 'identity provider' AS type, p.id FROM provider_users l JOIN identity_providers p ON p.id = l.provider_id
        WHERE l.user_id = ${user} AND p.provider->>'tenant' IS NULL
      UNION SELECT 'issuer', i.id FROM issuer_users l JOIN issuers i ON i.id = l.issuer_id WHERE l.user_id = ${user} AND i.trust->>'tenant' IS NULL LIMIT 100`,
  );
}

function vouchersOfClient(db: Db, client: string): Promise<Voucher[]> {
  return rows(
    db,
    sql<Voucher>`SELECT DISTINCT 'issuer' AS type, rule->>'issuer' AS id FROM clients c, jsonb_array_elements(c.workload) AS rule WHERE c.id = ${client}`,
  );
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
