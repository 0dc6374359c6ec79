import { parsePolicy, type Known as PolicyKnown, type Parsed, type PolicyRule } from '@writ/policy';
import { sql, type RawBuilder } from 'kysely';
import { canonical } from '../../base/canonical.ts';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import { holdName } from '../../base/lock.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { adminChange } from '../audit/change.ts';
import type { EventData, EventDraft } from '../audit/event.ts';
import type { Resource } from '../resources/resource.ts';
import type { Policy } from './policy.ts';
import type { KnownConnection } from './scenario.ts';
import { addVersion } from './version.store.ts';

type PolicyRow = { id: string; rule: PolicyRule; version: number; created_at: number; updated_at: number };

const COLUMNS: RawBuilder<unknown> = sql.raw('id, rule, version, created_at, updated_at');

function toPolicy({ created_at, updated_at, ...found }: PolicyRow): Policy {
  return { ...found, createdAt: created_at, updatedAt: updated_at };
}

/** Every policy, by id: what is compiled. */
export async function findPolicies(db: Db): Promise<Policy[]> {
  return (await rows(db, sql<PolicyRow>`SELECT ${COLUMNS} FROM policies ORDER BY id COLLATE "C"`)).map(toPolicy);
}

export async function listPolicies(db: Db, page: { limit: number; cursor?: string | undefined }): Promise<Policy[]> {
  const beyond = page.cursor === undefined ? sql`` : sql`WHERE id COLLATE "C" > ${page.cursor}`;
  return (await rows(db, sql<PolicyRow>`SELECT ${COLUMNS} FROM policies ${beyond} ORDER BY id COLLATE "C" LIMIT ${page.limit}`)).map(
    toPolicy,
  );
}

export async function findPolicy(db: Db, id: string): Promise<Policy | undefined> {
  const found = await row(db, sql<PolicyRow>`SELECT ${COLUMNS} FROM policies WHERE id = ${id}`);
  return found === undefined ? undefined : toPolicy(found);
}

/** The targets there are now, so that a rule cannot name a resource or scope that does not exist. */
export async function knownTargets(db: Db, builtIn: readonly Resource[] = []): Promise<PolicyKnown> {
  const known = await rows(db, sql<Pick<Resource, 'id' | 'scopes'>>`SELECT id, scopes FROM resources`);
  const scopes = new Map([...known, ...builtIn].map((resource) => [resource.id, resource.scopes.map((scope) => scope.name)]));
  const connections = await connectionScopes(db);
  return { scopesOf: ({ kind, id }) => (kind === 'resource' ? scopes : connections).get(id) };
}

/** Read here because connections are a room below: a rule is judged by what it may name, not by what the vault holds. None: it is handed out whole. */
async function connectionScopes(db: Db): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = await rows(db, sql<KnownConnection>`SELECT ${CONNECTION} FROM connections`);
  return new Map(found.map(({ id, scopes }) => [id, scopes]));
}

const CONNECTION = sql.raw(
  `id, type, config -> 'tags' AS tags, CASE WHEN type IN ('oauth', 'mcp') THEN config -> 'scopes' ELSE '[]' END AS scopes`,
);

/** What a made-up request may leave out about a connection. */
export function findConnectionFacts(db: Db, id: string): Promise<KnownConnection | undefined> {
  return row(db, sql<KnownConnection>`SELECT ${CONNECTION} FROM connections WHERE id = ${id}`);
}

/** Reads a rule as the author wrote it, against {@link knownTargets}. */
export async function readPolicy(db: Db, input: unknown, builtIn: readonly Resource[] = []): Promise<Parsed> {
  return parsePolicy(input, await knownTargets(db, builtIn));
}

/** What whoever changes any policy (or what is expected of them) holds first: of two changes at once, the second is tried against the first. */
export async function holdPolicies(tx: Tx): Promise<void> {
  await holdName(tx, 'policies');
}

/** Creates or replaces by the author's id. `rule` comes from {@link readPolicy}. `note` goes into the entry beside what changed. */
export async function putPolicy(tx: Tx, rule: PolicyRule, by: Author, note: EventData = {}): Promise<PutOutcome<Policy>> {
  await holdPolicies(tx);
  const before = await findPolicy(tx, rule.id);
  if (before !== undefined && canonical(before.rule) === canonical(rule))
    return { outcome: 'unchanged', value: before, entries: [], changed: [] };
  const version = await addVersion(tx, rule.id, rule, by);
  const saved = await row(
    tx,
    sql<PolicyRow>`INSERT INTO policies (id, rule, version) VALUES (${rule.id}, ${JSON.stringify(rule)}, ${version})
      ON CONFLICT (id) DO UPDATE SET rule = excluded.rule, version = excluded.version, updated_at = now() RETURNING ${COLUMNS}`,
  );
  if (saved === undefined) throw new Error('a policy was not saved');
  const entry = changeEntry({ id: rule.id, by, before: before?.rule, after: rule }, { ...note, version });
  return {
    outcome: before === undefined ? 'created' : 'changed',
    value: toPolicy(saved),
    entries: [entry],
    changed: [{ kind: 'policy', key: rule.id }],
  };
}

export async function removePolicy(tx: Tx, id: string, by: Author): Promise<PutOutcome<Policy> | undefined> {
  await holdPolicies(tx);
  const before = await findPolicy(tx, id);
  if (before === undefined || (await touched(tx, sql`DELETE FROM policies WHERE id = ${id}`)) === 0) return undefined;
  const version = await addVersion(tx, id, undefined, by);
  const entry = changeEntry({ id, by, before: before.rule, after: undefined }, { version });
  return { outcome: 'removed', value: before, entries: [entry], changed: [{ kind: 'policy', key: id }] };
}

type Changed = { id: string; by: Author; before: PolicyRule | undefined; after: PolicyRule | undefined };

function changeEntry(of: Changed, note: EventData): EventDraft {
  const entry = adminChange({ kind: 'policy', ...of, type: 'policy.changed' });
  return { ...entry, data: { ...entry.data, ...note } };
}
