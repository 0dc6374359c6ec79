import { sql } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import { eventIdAt, momentOfId } from './decision.ts';
import type { AuditEvent } from './event.ts';
import { askedOf, graphOf, missingAncestors, type Present, type StandingNow, type TxnGraph } from './txn.ts';

/** A transaction that a program kept open for weeks has more than anybody could look at. */
const MOST = 500;
/** The entry of a token is written within this time of its id. Clocks of two nodes may differ. */
const BEFORE_MS = 60_000;
const AFTER_MS = 120_000;
/** From the beginning of a transaction, where a person logs in, to its first token. */
const BEGINNING_MS = 15 * 60_000;

type Body = { body: string };
const parsed = (found: readonly Body[]): AuditEvent[] => found.map(({ body }) => JSON.parse(body));

/** The delegation graph of a transaction; undefined when nothing is known of it. Reads the present of everybody named, at one moment. */
export async function delegationOf(db: Db, txn: string, now: number): Promise<TxnGraph | undefined> {
  const handed = await handedOn(db, txn);
  const kept = handed.slice(0, MOST);
  const first = await beginning(db, txn);
  const before = await ancestors(db, txn, missingAncestors([...kept, ...first]));
  const events = [...new Map([...first, ...before, ...kept].map((event) => [event.id, event])).values()];
  return graphOf(txn, events, { present: await presentOf(db, events), now, truncated: handed.length > MOST || first.length >= MOST });
}

/** Exchanges and refusals: the index holds these and nothing else. */
async function handedOn(db: Db, txn: string): Promise<AuditEvent[]> {
  return parsed(
    await rows(
      db,
      sql<Body>`SELECT body FROM audit_events WHERE txn = ${txn} AND type IN ('token.exchanged', 'token.refused') ORDER BY id LIMIT ${MOST + 1}`,
    ),
  );
}

/** The first tokens: written soon after the transaction's id was made, which the id tells. */
async function beginning(db: Db, txn: string): Promise<AuditEvent[]> {
  const at = momentOfId(txn);
  if (at === undefined) return [];
  return parsed(
    await rows(
      db,
      sql<Body>`SELECT body FROM audit_events WHERE id >= ${eventIdAt(at - BEFORE_MS)} AND id < ${eventIdAt(at + BEGINNING_MS)} AND txn = ${txn}
        AND type IN ('token.issued', 'token.refreshed') ORDER BY id LIMIT ${MOST}`,
    ),
  );
}

/** Tokens that were exchanged later than that, from a refresh: each id tells where its entry stands. */
async function ancestors(db: Db, txn: string, jtis: readonly string[]): Promise<AuditEvent[]> {
  const wanted = jtis.slice(0, MOST).flatMap((jti) => {
    const at = momentOfId(jti);
    return at === undefined ? [] : [{ jti: `"jti":"${jti}"`, from: eventIdAt(at - BEFORE_MS), to: eventIdAt(at + AFTER_MS) }];
  });
  if (wanted.length === 0) return [];
  return parsed(
    await rows(
      db,
      sql<Body>`SELECT e.body FROM json_to_recordset(${JSON.stringify(wanted)}::json) AS w(jti text, "from" text, "to" text)
        CROSS JOIN LATERAL (SELECT body FROM audit_events WHERE id >= w."from" AND id < w."to" AND txn = ${txn}
          AND type IN ('token.issued', 'token.refreshed') AND position(w.jti IN body) > 0 LIMIT 1) e`,
    ),
  );
}

/** States as they are now, in one statement. */
async function presentOf(db: Db, events: readonly AuditEvent[]): Promise<Present> {
  const { jtis, agents, clients, users, tenants, grants } = askedOf(events);
  const found = await rows(
    db,
    sql<{ kind: string; id: string; state: StandingNow }>`
      SELECT 'agent' AS kind, id, state FROM agents WHERE id = ANY(${agents})
      UNION ALL SELECT 'client', id, state FROM clients WHERE id = ANY(${clients})
      UNION ALL SELECT 'user', id, state FROM users WHERE id = ANY(${users})
      UNION ALL SELECT 'tenant', id, state FROM tenants WHERE id = ANY(${tenants})
      UNION ALL SELECT 'grant', id, state FROM grants WHERE id = ANY(${grants})
      UNION ALL SELECT 'token', jti, 'revoked' FROM revoked_tokens WHERE jti = ANY(${jtis})`,
  );
  const states = new Map(found.map(({ kind, id, state }) => [`${kind} ${id}`, state]));
  return {
    revoked: new Set(found.filter(({ kind }) => kind === 'token').map(({ id }) => id)),
    state: (kind, id) => states.get(`${kind} ${id}`) ?? 'revoked',
  };
}
