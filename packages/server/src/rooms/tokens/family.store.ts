import { sql, type RawBuilder } from 'kysely';
import type { Database, Db, Tx } from '../../base/db.ts';
import { row, rows } from '../../base/db.ts';
import { digest, keyedDigest, sameDigest } from '../../base/digest.ts';
import type { State } from '../tenants/tenant.ts';
import type { AuthorizationFacts } from './facts.ts';
import { liveWord, readLive, type Family, type LiveToken } from './family.ts';

type FamilyRow = {
  id: string;
  client_id: string;
  agent_id: string;
  grant_id: string;
  user_id: string | null;
  tenant_id: string | null;
  facts: AuthorizationFacts;
  hash: string;
  previous_hash: string | null;
  generation: number;
  rotated_at: number;
  idle_expires_at: number;
  expires_at: number;
  revoked_at: number | null;
  grant_scopes: string[] | null;
  grant_expires_at: number | null;
  grant_consented_at: number | null;
  fence: number;
  client_state: State | null;
  agent_state: State | null;
  user_state: State | null;
  tenant_state: State | null;
  grant_state: State | null;
};

// States by single look-ups: left to choose, the planner reads whole tables while they are small.
const SELECT = `SELECT f.id, f.client_id, f.agent_id, f.grant_id, f.user_id, f.tenant_id, f.facts, f.hash, f.previous_hash, f.generation, f.rotated_at,
    f.idle_expires_at, f.expires_at, f.revoked_at, f.fence, g.scopes AS grant_scopes, g.expires_at AS grant_expires_at,
    g.consented_at AS grant_consented_at, g.state AS grant_state,
    (SELECT c.state FROM clients c WHERE c.id = f.client_id) AS client_state, (SELECT a.state FROM agents a WHERE a.id = f.agent_id) AS agent_state,
    (SELECT u.state FROM users u WHERE u.id = f.user_id) AS user_state, (SELECT t.state FROM tenants t WHERE t.id = f.tenant_id) AS tenant_state
  FROM families f LEFT JOIN LATERAL (SELECT * FROM grants WHERE id = f.grant_id OFFSET 0) g ON true`;

/** What is gone counts as revoked: a row that was deleted must not look like one that was never needed. */
function toFamily(found: FamilyRow): Family {
  return {
    id: found.id,
    clientId: found.client_id,
    agentId: found.agent_id,
    grantId: found.grant_id,
    userId: found.user_id ?? undefined,
    tenantId: found.tenant_id ?? undefined,
    facts: found.facts,
    hash: found.hash,
    previousHash: found.previous_hash ?? undefined,
    generation: found.generation,
    rotatedAt: found.rotated_at,
    idleExpiresAt: found.idle_expires_at,
    expiresAt: found.expires_at,
    revokedAt: found.revoked_at ?? undefined,
    grantScopes: found.grant_scopes ?? [],
    grantExpiresAt: found.grant_expires_at ?? undefined,
    grantConsentedAt: found.grant_consented_at ?? undefined,
    fence: found.fence,
    states: {
      client: found.client_state ?? 'revoked',
      agent: found.agent_state ?? 'revoked',
      grant: found.grant_state ?? 'revoked',
      user: found.user_id === null ? undefined : (found.user_state ?? 'revoked'),
      tenant: found.tenant_id === null ? undefined : (found.tenant_state ?? 'revoked'),
    },
  };
}

export async function findFamily(db: Db, id: string): Promise<Family | undefined> {
  const found = await row(db, sql<FamilyRow>`${sql.raw(SELECT)} WHERE f.id = ${id}`);
  return found === undefined ? undefined : toFamily(found);
}

/** Reads families for many requests at once: those that ask within one turn of the event loop share a statement. */
export function createFamilyReader(database: Database): (id: string) => Promise<Family | undefined> {
  let waiting = new Map<
    string,
    { promise: Promise<Family | undefined>; resolve(family: Family | undefined): void; reject(error: unknown): void }
  >();
  const read = async (): Promise<void> => {
    const batch = waiting;
    waiting = new Map();
    try {
      const found = await database.pool.query<FamilyRow>({
        name: 'families-read',
        text: `${SELECT} WHERE f.id = ANY($1)`,
        values: [[...batch.keys()]],
      });
      const byId = new Map(found.rows.map((one) => [one.id, toFamily(one)]));
      for (const [id, waiter] of batch) waiter.resolve(byId.get(id));
    } catch (error) {
      for (const waiter of batch.values()) waiter.reject(error);
    }
  };
  return (id) => {
    const known = waiting.get(id);
    if (known !== undefined) return known.promise;
    if (waiting.size === 0) setImmediate(() => void read());
    const waiter = Promise.withResolvers<Family | undefined>();
    waiting.set(id, waiter);
    return waiter.promise;
  };
}

/** The secret that follows `secret`. Whoever holds the parent gets the same child however often it asks; the table alone leads nowhere. */
export function childSecret(key: Buffer, of: { familyId: string; secret: string }): string {
  return keyedDigest(key, `${of.familyId}|${of.secret}`);
}

/** About five weeks of a client that refreshes every ten minutes, and some milliseconds of work at most. */
const LONGEST_WALK = 4_096;

/**
 * How many rotations lead from `secret` to the current secret of the family, by walking there; undefined when it was never a secret of this
 * family (or so long ago that it does not matter who has it).
 */
export function stepsToCurrent(key: Buffer, family: Family, secret: string): number | undefined {
  let walked = secret;
  for (let steps = 1; steps <= Math.min(family.generation, LONGEST_WALK); steps += 1) {
    walked = childSecret(key, { familyId: family.id, secret: walked });
    if (sameDigest(digest(walked), family.hash)) return steps;
  }
  return undefined;
}

export type NewFamily = {
  id: string;
  clientId: string;
  facts: AuthorizationFacts;
  hash: string;
  token: LiveToken;
  now: number;
  idleExpiresAt: number;
  expiresAt: number;
};

export async function startFamily(tx: Tx, of: NewFamily): Promise<void> {
  const { facts } = of;
  const now = new Date(of.now);
  await sql`INSERT INTO families (id, client_id, agent_id, grant_id, user_id, tenant_id, facts, hash, live, rotated_at, idle_expires_at, expires_at, created_at)
    VALUES (${of.id}, ${of.clientId}, ${facts.agentId}, ${facts.grantId}, ${facts.userId}, ${facts.tenantId ?? null}, ${JSON.stringify(facts)}, ${of.hash},
      ${liveWord(of.token)}, ${now}, ${new Date(of.idleExpiresAt)}, ${new Date(of.expiresAt)}, ${now})`.execute(tx);
}

/** Which families: exactly one of these. */
export type FamilySelector = { id?: string; grantId?: string; agentId?: string; clientId?: string; userId?: string; tenantId?: string };

const SELECTORS: readonly { member: keyof FamilySelector; column: RawBuilder<unknown> }[] = [
  { member: 'id', column: sql.raw('id') },
  { member: 'grantId', column: sql.raw('grant_id') },
  { member: 'agentId', column: sql.raw('agent_id') },
  { member: 'clientId', column: sql.raw('client_id') },
  { member: 'userId', column: sql.raw('user_id') },
  { member: 'tenantId', column: sql.raw('tenant_id') },
];

/** Ends families for good. Returns the access tokens of each that may still be alive, so that the caller can tell resource servers. */
export async function revokeFamilies(
  tx: Tx,
  of: FamilySelector,
  reason: string,
  now: number,
): Promise<{ id: string; live: LiveToken[] }[]> {
  const chosen = SELECTORS.find(({ member }) => of[member] !== undefined);
  if (chosen === undefined) throw new Error('no families were named');
  const ended = await rows(
    tx,
    sql<{ id: string; live: string }>`UPDATE families SET revoked_at = ${new Date(now)}, revoked_reason = ${reason}
      WHERE id IN (SELECT id FROM families WHERE ${chosen.column} = ${of[chosen.member]} AND revoked_at IS NULL ORDER BY id FOR UPDATE)
      RETURNING id, live`,
  );
  return ended.map(({ id, live }) => ({ id, live: readLive(live).filter(({ expiresAt }) => expiresAt > now) }));
}
