import type { PolicyRule } from '@writ/policy';
import { sql, type RawBuilder } from 'kysely';
import { row, rows, type Db, type Tx } from '../../base/db.ts';
import type { Author } from '../audit/author.ts';
import { changedBy, type ChangedBy, type PolicyVersion } from './version.ts';

type VersionRow = { policy_id: string; version: number; rule: PolicyRule | null; changed_by: ChangedBy; changed_at: number };

const COLUMNS: RawBuilder<unknown> = sql.raw('policy_id, version, rule, changed_by, changed_at');

function toVersion({ policy_id, version, rule, changed_by, changed_at }: VersionRow): PolicyVersion {
  return { policy: policy_id, version, by: changed_by, at: changed_at, ...(rule === null ? {} : { rule }) };
}

/** Writes the next version down and says its number; the caller holds the name of the policies. No rule: the policy was removed. */
export async function addVersion(tx: Tx, id: string, rule: PolicyRule | undefined, by: Author): Promise<number> {
  const added = await row(
    tx,
    sql<{ version: number }>`INSERT INTO policy_versions (policy_id, version, rule, changed_by)
      SELECT ${id}, coalesce(max(version), 0) + 1, ${rule === undefined ? null : JSON.stringify(rule)}::jsonb, ${JSON.stringify(changedBy(by))}::jsonb
      FROM policy_versions WHERE policy_id = ${id} RETURNING version`,
  );
  if (added === undefined) throw new Error('a version was not saved');
  return added.version;
}

/** Newest first. `cursor` is the number of the last version seen. */
export async function listVersions(db: Db, id: string, page: { limit: number; cursor?: string | undefined }): Promise<PolicyVersion[]> {
  const beyond = page.cursor === undefined ? sql`` : sql`AND version < ${Number(page.cursor)}`;
  const found = await rows(
    db,
    sql<VersionRow>`SELECT ${COLUMNS} FROM policy_versions WHERE policy_id = ${id} ${beyond} ORDER BY version DESC LIMIT ${page.limit}`,
  );
  return found.map(toVersion);
}

/** A version and, beside it, the one before. */
export async function findVersion(
  db: Db,
  id: string,
  version: number,
): Promise<{ version: PolicyVersion; before: PolicyVersion | undefined } | undefined> {
  const found = await rows(
    db,
    sql<VersionRow>`SELECT ${COLUMNS} FROM policy_versions WHERE policy_id = ${id} AND version IN (${version}, ${version - 1}) ORDER BY version DESC`,
  );
  const [one, before] = found.map(toVersion);
  return one?.version === version ? { version: one, before } : undefined;
}
