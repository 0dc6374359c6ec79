import { sql } from 'kysely';
import { rows, type Tx } from '../../base/db.ts';
import { readLive, type LiveToken } from './family.ts';

/** No resource lets an access token live longer (rooms/resources/config.ts), so an older code has none that is alive. */
const LONGEST = '86400 seconds';

/**
 * The access tokens that were issued under a grant and may still be alive: those of its refresh families, and those of codes and polled requests that
 * started none. The caller has changed the grant's row in this transaction. Whoever is redeeming at this moment holds the row that it redeems: it is
 * waited for, and what it got is found; whoever comes later finds the fence moved, or waits and reads the grant as it is then. What was exchanged follows from these.
 */
export async function liveTokensOf(tx: Tx, grantId: string, now: number): Promise<LiveToken[]> {
  const at = new Date(now);
  const families = await rows(
    tx,
    sql<{ live: string }>`UPDATE families SET fence = fence + 1
      WHERE id IN (SELECT id FROM families WHERE grant_id = ${grantId} AND revoked_at IS NULL ORDER BY id FOR UPDATE) RETURNING live`,
  );
  const codes = await rows(
    tx,
    sql<Remembered>`SELECT access_jti, access_expires_at FROM codes
      WHERE grant_id = ${grantId} AND expires_at > ${at}::timestamptz - ${LONGEST}::interval ORDER BY digest FOR UPDATE`,
  );
  const polled = await rows(
    tx,
    sql<Remembered>`SELECT access_jti, access_expires_at FROM pending_authorizations
      WHERE facts ->> 'grantId' = ${grantId} AND expires_at > ${at}::timestamptz - ${LONGEST}::interval ORDER BY id FOR UPDATE`,
  );
  const remembered = [...codes, ...polled].flatMap(({ access_jti: jti, access_expires_at: expiresAt }) =>
    jti === null || expiresAt === null ? [] : [{ jti, expiresAt }],
  );
  const all = [...families.flatMap(({ live }) => readLive(live)), ...remembered].filter(({ expiresAt }) => expiresAt > now);
  return [...new Map(all.map((token) => [token.jti, token])).values()];
}

type Remembered = { access_jti: string | null; access_expires_at: number | null };
