import { sql } from 'kysely';
import { rows, type Db } from '../../base/db.ts';
import type { Principal } from '../agents/agent.ts';
import type { ContainKind } from './stop.ts';

/** What people know something by that can be stopped; of an agent and of a grant the name of the client, and whom it acts for there. */
export type Called = { name?: string; actsFor?: { kind: Exclude<Principal['kind'], 'client'>; id: string; name?: string } };

type Thing = { kind: ContainKind; id: string };
export type Calling = (thing: Thing) => Called;
type CalledRow = Thing & {
  name: string | null;
  principal_kind: 'user' | 'tenant' | null;
  principal_id: string | null;
  principal_name: string | null;
};

const keyOf = ({ kind, id }: Thing): string => `${kind} ${id}`;

/**
 * Of the things of one page. What is gone is called nothing, and so is an agent whose client is gone: under the same id somebody else may have come. By id alone
 * nobody knows at three at night what they let go.
 */
export async function calledOf(db: Db, things: readonly Thing[]): Promise<Calling> {
  if (things.length === 0) return () => ({});
  const found = await rows(
    db,
    sql<CalledRow>`SELECT s.kind, s.id, w.principal_kind, w.principal_id, coalesce(c.name, u.email, t.name, n.name) AS name,
        CASE w.principal_kind WHEN 'user' THEN coalesce(p.name, p.email) ELSE o.name END AS principal_name
      FROM unnest(${things.map(({ kind }) => kind)}::text[], ${things.map(({ id }) => id)}::text[]) AS s (kind, id)
      LEFT JOIN LATERAL (
        SELECT client_id, nullif(principal_kind, 'client') AS principal_kind, principal_id FROM agents WHERE s.kind = 'agent' AND id = s.id AND retired_at IS NULL
        UNION ALL SELECT client_id, CASE WHEN user_id IS NULL THEN 'tenant' ELSE 'user' END, coalesce(user_id, tenant_id) FROM grants WHERE s.kind = 'grant' AND id = s.id
      ) w ON true
      LEFT JOIN clients c ON c.id = CASE s.kind WHEN 'client' THEN s.id ELSE w.client_id END
      LEFT JOIN users u ON s.kind = 'user' AND u.id = s.id AND u.removed_at IS NULL
      LEFT JOIN tenants t ON s.kind = 'tenant' AND t.id = s.id
      LEFT JOIN connections n ON s.kind = 'connection' AND n.id = s.id
      LEFT JOIN users p ON w.principal_kind = 'user' AND p.id = w.principal_id AND p.removed_at IS NULL
      LEFT JOIN tenants o ON w.principal_kind = 'tenant' AND o.id = w.principal_id`,
  );
  const called = new Map(found.map((one) => [keyOf(one), toCalled(one)]));
  return (thing) => called.get(keyOf(thing)) ?? {};
}

function toCalled({ name, principal_kind: kind, principal_id: id, principal_name: of }: CalledRow): Called {
  return {
    ...(name === null ? {} : { name }),
    ...(kind === null || id === null ? {} : { actsFor: { kind, id, ...(of === null ? {} : { name: of }) } }),
  };
}
