import { sql } from 'kysely';
import { rows, type Db } from '../../base/db.ts';

/** The tenants of a user, by name; `active`: the tenant stands. */
export function tenantsOf(db: Db, userId: string): Promise<{ id: string; name: string; active: boolean }[]> {
  return rows(
    db,
    sql<{ id: string; name: string; active: boolean }>`SELECT t.id, t.name, t.state = 'active' AS active
      FROM user_tenants ut JOIN tenants t ON t.id = ut.tenant_id WHERE ut.user_id = ${userId} ORDER BY t.name, t.id`,
  );
}
