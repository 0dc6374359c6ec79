import { sql } from 'kysely';
import { row, type Db, type Tx } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import { newSecret } from '../../base/ids.ts';
import { holdName } from '../../base/lock.ts';

/** What a link is for. The redeemer of one purpose finds nothing under a secret of another. */
export type LinkPurpose = 'console' | 'password-reset';

/** `subject`: the user (or other principal) whose link it is. The rest is what the redeemer needs to know; no secrets. */
export type LinkData = { subject: string; readonly [name: string]: string };

/** Makes a link's secret (256 bits; only its digest is kept). Times in milliseconds. */
export async function makeLink(tx: Tx, purpose: LinkPurpose, data: LinkData, expiresAt: number): Promise<string> {
  const secret = newSecret();
  await sql`INSERT INTO one_time_links (secret_digest, purpose, subject, data, expires_at)
    VALUES (${digest(secret)}, ${purpose}, ${data.subject}, ${JSON.stringify(data)}, ${new Date(expiresAt)})`.execute(tx);
  return secret;
}

/** What a link would give, without using it: for the page that a GET shows (mail scanners open links, people press buttons). */
export async function peekLink(db: Db, purpose: LinkPurpose, secret: string, now: number): Promise<LinkData | undefined> {
  const found = await row(
    db,
    sql<{
      data: LinkData;
    }>`SELECT data FROM one_time_links WHERE purpose = ${purpose} AND secret_digest = ${digest(secret)} AND used_at IS NULL AND expires_at > ${new Date(now)}`,
  );
  return found?.data;
}

/**
 * Uses a link: of many at once, one gets the data, the others nothing. The subject's other links of the purpose die with it; an old mail
 * must not open what a newer one has just closed.
 */
export async function consumeLink(tx: Tx, purpose: LinkPurpose, secret: string, now: number): Promise<LinkData | undefined> {
  const at = new Date(now);
  const mine = await peekLink(tx, purpose, secret, now);
  if (mine === undefined) return undefined;
  // Two links of one subject used at the same moment would each hold their own row and wait for the other's.
  await holdName(tx, `link ${purpose} ${mine.subject}`);
  const used = await row(
    tx,
    sql<{ data: LinkData }>`UPDATE one_time_links SET used_at = ${at}
      WHERE purpose = ${purpose} AND secret_digest = ${digest(secret)} AND used_at IS NULL AND expires_at > ${at} RETURNING data`,
  );
  if (used === undefined) return undefined;
  await sql`UPDATE one_time_links SET used_at = ${at} WHERE purpose = ${purpose} AND subject = ${used.data.subject} AND used_at IS NULL`.execute(
    tx,
  );
  return used.data;
}
