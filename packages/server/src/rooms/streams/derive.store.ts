import { sql } from 'kysely';
import type { Clock } from '../../base/clock.ts';
import { row, rows, type Database, type Db } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import { readRound, type Item } from '../sinks/behind.store.ts';
import { moveCursors, STREAM_CURSORS } from '../sinks/cursor.store.ts';
import { countWaiting, MOST_WAITING, putSets } from './outbox.store.ts';
import { setClaims, type SetClaims } from './set.ts';
import { leftOut } from './store.ts';
import { deliveredEvents, type StreamSettings } from './stream.ts';
import { covers } from './subject.ts';
import { TOLD_TYPES, toldBy, type ToldFacts } from './told.ts';

export type DeriveDeps = { database: Database; clock: Clock; issuer: string };

/** Entries read at once. */
const ROUND = 200;

type Reading = { id: string; client_id: string; tenant: string | null; config: StreamSettings };

/**
 * Reads on in the record for one stream, and puts what follows from it into the stream's box: cursors and SETs in one transaction, so each entry is told once,
 * whichever node reads and whenever one dies. The row is held meanwhile; who finds it held leaves it to the other. Answers with the chain that was read last,
 * where the next round begins; undefined: there is nothing more, or not now.
 */
export async function deriveFor({ database, clock, issuer }: DeriveDeps, streamId: string, after: string): Promise<string | undefined> {
  return database.db.transaction().execute(async (tx) => {
    const stream = await row(
      tx,
      sql<Reading>`SELECT s.id, s.client_id, s.tenant, s.config FROM streams s JOIN clients c ON c.id = s.client_id
      WHERE s.id = ${streamId} AND s.status = 'enabled' AND ${MAY_HEAR} FOR UPDATE OF s SKIP LOCKED`,
    );
    if (stream === undefined || (await countWaiting(tx, streamId)) >= MOST_WAITING) return undefined;
    const tenants = stream.tenant === null ? [] : [stream.tenant];
    const reader = {
      id: stream.id,
      filter: { types: TOLD_TYPES, tenants, hub: true, outcomes: SUCCESS },
      most: ROUND,
      cursors: STREAM_CURSORS,
    };
    const round = await readRound(tx, reader, after);
    if (round === undefined) return undefined;
    const facts = await factsFor(tx, { issuer, tenant: stream.tenant ?? undefined }, round.items);
    const unwanted = await leftOut(tx, streamId);
    const events = new Set(deliveredEvents(stream.config));
    const now = clock.now();
    const sets = round.items.flatMap((item) => setsOf(item, stream, { facts, issuer, now }));
    await putSets(
      tx,
      streamId,
      sets.filter((set) => Object.keys(set.events).every((uri) => events.has(uri)) && !unwanted.some((one) => covers(one, set.sub_id))),
      now,
    );
    await sql`WITH mine AS (SELECT ${streamId}::text AS id) ${moveCursors(STREAM_CURSORS, round.reach)}`.execute(tx);
    return round.reach.at(-1)?.chain ?? '';
  });
}

const SUCCESS = ['success'] as const;

/** The client stands, and is one that may hear this: of the whole hub, or of the tenant. */
export const MAY_HEAR = sql`c.state = 'active' AND (cardinality(c.tenants) = 0 OR s.tenant = ANY(c.tenants))`;

/** A SET's id follows from the stream and the entry: told again, it is known again. */
function setsOf(item: Item, stream: Reading, of: { facts: ToldFacts; issuer: string; now: number }): SetClaims[] {
  return toldBy(item.event, of.facts).map(({ uri, subject, payload }, place) =>
    setClaims({
      issuer: of.issuer,
      audience: stream.client_id,
      now: of.now,
      jti: digest(`${stream.id} ${item.id} ${place}`).slice(0, 22),
      txn: item.event.txn,
      subject,
      uri,
      payload,
    }),
  );
}

type StandingRow = { kind: 'agent' | 'grant'; id: string; client_id: string; user_id: string | null; tenant_id: string | null };

/** Who is behind the agents and grants that these entries name, and which of them have to do with the tenant. */
async function factsFor(db: Db, of: { issuer: string; tenant: string | undefined }, items: readonly Item[]): Promise<ToldFacts> {
  const named = (kind: string): string[] => [
    ...new Set(items.flatMap(({ event: { target } }) => (target?.type === kind ? [target.id] : []))),
  ];
  const found = await rows(
    db,
    sql<StandingRow>`SELECT 'agent' AS kind, id, client_id, CASE principal_kind WHEN 'user' THEN principal_id END AS user_id, tenant_id FROM agents
        WHERE id = ANY(${named('agent')}::text[])
      UNION ALL SELECT 'grant', id, client_id, user_id, tenant_id FROM grants WHERE id = ANY(${named('grant')}::text[])`,
  );
  const standing = (kind: StandingRow['kind']): ToldFacts['agents'] =>
    new Map(
      found
        .filter((one) => one.kind === kind)
        .map((one) => [
          one.id,
          {
            clientId: one.client_id,
            ...(one.user_id === null ? {} : { userId: one.user_id }),
            ...(one.tenant_id === null ? {} : { tenantId: one.tenant_id }),
          },
        ]),
    );
  const ours = of.tenant === undefined ? new Set<string>() : await oursAmong(db, of.tenant, named);
  return { ...of, agents: standing('agent'), grants: standing('grant'), isOurs: (kind, id) => ours.has(`${kind} ${id}`) };
}

/** Of the tenant is who belongs to it, or ever had something there: a membership may have ended with the very deed that is told. */
async function oursAmong(db: Db, tenant: string, named: (kind: string) => string[]): Promise<Set<string>> {
  const found = await rows(
    db,
    sql<{ kind: string; id: string }>`SELECT 'user' AS kind, u.id FROM unnest(${named('user')}::text[]) AS u(id)
        WHERE EXISTS (SELECT 1 FROM user_tenants m WHERE m.user_id = u.id AND m.tenant_id = ${tenant})
          OR EXISTS (SELECT 1 FROM grants g WHERE g.user_id = u.id AND g.tenant_id = ${tenant})
          OR EXISTS (SELECT 1 FROM agents a WHERE a.principal_kind = 'user' AND a.principal_id = u.id AND a.tenant_id = ${tenant})
      UNION ALL SELECT 'client', k.id FROM unnest(${named('client')}::text[]) AS k(id)
        WHERE EXISTS (SELECT 1 FROM clients c WHERE c.id = k.id AND (cardinality(c.tenants) = 0 OR ${tenant} = ANY(c.tenants)))
          OR EXISTS (SELECT 1 FROM agents a WHERE a.client_id = k.id AND a.tenant_id = ${tenant})
      UNION ALL SELECT 'agent', a.id FROM agents a WHERE a.id = ANY(${named('agent')}::text[]) AND (a.tenant_id = ${tenant}
        OR (a.principal_kind = 'user' AND EXISTS (SELECT 1 FROM user_tenants m WHERE m.user_id = a.principal_id AND m.tenant_id = ${tenant})))`,
  );
  return new Set(found.map(({ kind, id }) => `${kind} ${id}`));
}
