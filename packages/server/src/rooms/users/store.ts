import { sql, type RawBuilder } from 'kysely';
import { canonical } from '../../base/canonical.ts';
import { row, rows, touched, type Db, type Tx } from '../../base/db.ts';
import type { PasswordHasher } from '../../base/passwords/hasher.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { adminChange } from '../audit/change.ts';
import type { EventDraft } from '../audit/event.ts';
import type { State } from '../tenants/tenant.ts';
import { toUserConfig, type UserConfig } from './config.ts';
import { parseEmail } from './email.ts';
import { forgetFactors, forgetProofs } from './forget.store.ts';
import type { User } from './user.ts';

type UserRow = {
  id: string;
  email: string;
  email_verified_at: number | null;
  name: string | null;
  password_hash: string | null;
  attributes: Record<string, unknown>;
  state: State;
  version: number;
  created_at: number;
  tenants: { id: string; roles: string[]; held: boolean }[];
};

const SELECT: RawBuilder<UserRow> = sql.raw(
  `SELECT u.id, u.email, u.email_verified_at, u.name, u.password_hash, u.attributes, u.state, u.version, u.created_at,
    coalesce((SELECT json_agg(json_build_object('id', m.tenant_id, 'roles', m.roles, 'held', m.held_by IS NOT NULL) ORDER BY m.tenant_id) FROM user_tenants m WHERE m.user_id = u.id), '[]') AS tenants
  FROM users u`,
);

function toUser(found: UserRow): User {
  const { id, email, attributes, state, version } = found;
  const memberships = (held: boolean) =>
    found.tenants.filter((one) => one.held === held).map(({ id: tenant, roles }) => ({ id: tenant, roles }));
  const held = memberships(true);
  return {
    id,
    email,
    ...(found.email_verified_at === null ? {} : { emailVerifiedAt: found.email_verified_at }),
    ...(found.name === null ? {} : { name: found.name }),
    ...(found.password_hash === null ? {} : { passwordHash: found.password_hash }),
    attributes,
    state,
    tenants: memberships(false),
    ...(held.length === 0 ? {} : { held }),
    version,
    createdAt: found.created_at,
  };
}

/** Also a removed user, who is `revoked` for good and has no address any more. */
export async function findUser(db: Db, id: string): Promise<User | undefined> {
  const found = await row(db, sql<UserRow>`${SELECT} WHERE u.id = ${id}`);
  return found === undefined ? undefined : toUser(found);
}

/** By the key of the address, see email.ts; never by what somebody typed. */
export async function findUserByEmail(db: Db, emailKey: string): Promise<User | undefined> {
  const found = await row(db, sql<UserRow>`${SELECT} WHERE u.email_key = ${emailKey}`);
  return found === undefined ? undefined : toUser(found);
}

export type UserFilter = { email?: string | undefined; tenant?: string | undefined; state?: State | undefined };

/** A page of users in the order of their ids, without those who were removed. `email` is a key. */
export async function listUsers(db: Db, filter: UserFilter, page: { limit: number; cursor?: string | undefined }): Promise<User[]> {
  const found = await rows(
    db,
    sql<UserRow>`${SELECT} WHERE u.removed_at IS NULL
      ${filter.email === undefined ? sql`` : sql`AND u.email_key = ${filter.email}`}
      ${filter.tenant === undefined ? sql`` : sql`AND EXISTS (SELECT 1 FROM user_tenants m WHERE m.user_id = u.id AND m.tenant_id = ${filter.tenant})`}
      ${filter.state === undefined ? sql`` : sql`AND u.state = ${filter.state}`}
      ${page.cursor === undefined ? sql`` : sql`AND u.id > ${page.cursor}`}
      ORDER BY u.id LIMIT ${page.limit}`,
  );
  return found.map(toUser);
}

/** What is put: the config with its password hashed, because hashing is slow and does not belong in a transaction. */
export type PreparedUser = Omit<UserConfig, 'password'> & { password?: never; passwordHash?: string };

export type PutFault = { field: 'id' | 'email' | 'password' | 'tenants'; reason: string; message: string };

/** Hashes the password of a config, or finds that it is the one already there (then putting it changes nothing). Before any transaction. */
export async function prepareUser(deps: { db: Db; hasher: PasswordHasher }, input: UserConfig): Promise<Result<PreparedUser, PutFault>> {
  const { password, ...rest } = input;
  if (password === undefined) return ok(rest);
  if (!('value' in password))
    return fail({ field: 'password', reason: 'unresolved', message: 'a reference that only the config file can hold' });
  const stored = (await findUser(deps.db, input.id))?.passwordHash;
  const same = stored === undefined ? undefined : await deps.hasher.verify(stored, password.value);
  if (stored !== undefined && same?.ok === true && same.match) return ok({ ...rest, passwordHash: stored });
  const hashed = await deps.hasher.hash(password.value);
  return hashed.ok
    ? ok({ ...rest, passwordHash: hashed.hash })
    : fail({ field: 'password', reason: hashed.reason, message: PASSWORD_FAULTS[hashed.reason] });
}

const PASSWORD_FAULTS = {
  busy: 'too many passwords are being checked; try again',
  too_long: 'at most 1024 bytes',
  malformed: 'holds a character that cannot be stored',
} as const;

/** What stands in the way of putting this: an id that was removed, an address of somebody else, a tenant that is not there. Ask before {@link putUser}. */
export async function userObstacle(db: Db, input: Pick<PreparedUser, 'id' | 'email' | 'tenants'>): Promise<PutFault | undefined> {
  const removed = await row(db, sql`SELECT 1 FROM users WHERE id = ${input.id} AND removed_at IS NOT NULL`);
  if (removed !== undefined)
    return { field: 'id', reason: 'removed', message: 'a user of this id was removed, and ids are not used again' };
  const key = keyOf(input.email);
  const holder = await row(db, sql<{ id: string }>`SELECT id FROM users WHERE email_key = ${key} AND id <> ${input.id}`);
  if (holder !== undefined) return { field: 'email', reason: 'taken', message: `user ${holder.id} has this address` };
  const wanted = input.tenants.map(({ id }) => id);
  const missing = await row(
    db,
    sql<{
      id: string;
    }>`SELECT w.id FROM unnest(${wanted}::text[]) AS w(id) WHERE NOT EXISTS (SELECT 1 FROM tenants t WHERE t.id = w.id) LIMIT 1`,
  );
  return missing === undefined ? undefined : { field: 'tenants', reason: 'unknown', message: `there is no tenant ${missing.id}` };
}

function keyOf(email: string): string {
  const parsed = parseEmail(email);
  if (parsed === undefined) throw new Error('an address reached the users room unparsed');
  return parsed.key;
}

/**
 * Creates or replaces by the author's id. The caller has asked {@link userObstacle}; the unique index on `email_key` is the last word.
 * A new password or address ends sessions and kills codes and links that were sent for the old one.
 */
export async function putUser(tx: Tx, input: PreparedUser, by: Author): Promise<PutOutcome<User>> {
  const before = await findUser(tx, input.id);
  const plan = effective(input, before);
  if (before !== undefined && plan.same) return { outcome: 'unchanged', value: before, entries: [], changed: [] };
  const saved = await row(
    tx,
    sql`INSERT INTO users (id, email, email_key, email_verified_at, name, password_hash, attributes)
      VALUES (${input.id}, ${input.email}, ${keyOf(input.email)}, ${plan.verifiedAt}, ${input.name ?? null}, ${plan.hash ?? null}, ${JSON.stringify(input.attributes)})
      ON CONFLICT (id) DO UPDATE SET email = excluded.email, email_key = excluded.email_key, email_verified_at = excluded.email_verified_at, name = excluded.name,
        password_hash = excluded.password_hash, attributes = excluded.attributes, version = users.version + 1
      WHERE users.removed_at IS NULL RETURNING id`,
  );
  if (saved === undefined) throw new Error('a removed user was put: ask userObstacle first');
  await saveMemberships(tx, input);
  if (before !== undefined && plan.proofChanged) await forgetProofs(tx, { userId: input.id, emailKey: keyOf(before.email) });
  const value = await findUser(tx, input.id);
  if (value === undefined) throw new Error('a user was not saved');
  return {
    outcome: before === undefined ? 'created' : 'changed',
    value,
    entries: [changeOf(before, value, by)],
    changed: [{ kind: 'user', key: input.id }],
  };
}

/** What putting comes to on top of what is there. */
function effective(input: PreparedUser, before: User | undefined) {
  const sameAddress = before !== undefined && before.email !== '' && keyOf(before.email) === keyOf(input.email);
  const provenBefore = sameAddress ? before.emailVerifiedAt : undefined;
  const verified = input.emailVerified || provenBefore !== undefined;
  const { password, passwordHash, ...config } = input;
  const hash = passwordHash ?? before?.passwordHash;
  const wanted = toUserConfig({ ...config, ...(verified ? { emailVerifiedAt: 0 } : {}), state: 'active', version: 0, createdAt: 0 });
  const proofChanged = before !== undefined && (hash !== before.passwordHash || !sameAddress);
  return {
    hash,
    verifiedAt: !verified ? sql`NULL` : provenBefore === undefined ? sql`now()` : sql`${new Date(provenBefore)}`,
    proofChanged,
    same: before !== undefined && !proofChanged && canonical(toUserConfig(before)) === canonical(wanted),
  };
}

async function saveMemberships(tx: Tx, { id, tenants }: Pick<PreparedUser, 'id' | 'tenants'>): Promise<void> {
  await sql`DELETE FROM user_tenants WHERE user_id = ${id} AND tenant_id <> ALL (${tenants.map((membership) => membership.id)}::text[])`.execute(
    tx,
  );
  for (const membership of tenants) await addMembership(tx, id, membership);
}

/** Puts the user into a tenant with exactly these roles. */
export async function addMembership(tx: Tx, userId: string, of: { id: string; roles: readonly string[] }): Promise<void> {
  await sql`INSERT INTO user_tenants (user_id, tenant_id, roles) VALUES (${userId}, ${of.id}, ${[...of.roles]})
    ON CONFLICT (user_id, tenant_id) DO UPDATE SET roles = excluded.roles`.execute(tx);
}

/** The entry for a user put or removed; that the password changed is said, what it was is not. `left`: tenants they are no longer in, however many those are. */
export function changeOf(before: User | undefined, after: User | undefined, by: Author): EventDraft {
  const type = before === undefined ? 'user.created' : after === undefined ? 'user.revoked' : 'user.changed';
  const replaced = before?.passwordHash !== after?.passwordHash;
  const shown = (user: User, password: string) => ({ ...toUserConfig(user), ...(user.passwordHash === undefined ? {} : { password }) });
  const entry = adminChange({
    kind: 'user',
    id: after?.id ?? before?.id ?? '',
    by,
    before: before && shown(before, 'set'),
    after: after && shown(after, replaced ? 'set anew' : 'set'),
    type,
  });
  const left = (before?.tenants ?? []).map(({ id }) => id).filter((id) => after?.tenants.some((one) => one.id === id) !== true);
  return left.length === 0 ? entry : { ...entry, data: { ...entry.data, left } };
}

/**
 * Removes for good. The id stays as a tombstone that nobody can take: tokens, agents and events name users by it, and a newcomer would
 * inherit them. Address, name, password, attributes and memberships are erased; the address is free for another account.
 */
export async function removeUser(tx: Tx, id: string, by: Author): Promise<PutOutcome<User> | undefined> {
  const before = await findUser(tx, id);
  const gone = await touched(
    tx,
    sql`UPDATE users SET state = 'revoked', state_reason = 'removed', email = '', email_key = 'removed:' || id, email_verified_at = NULL, name = NULL,
        password_hash = NULL, attributes = '{}', removed_at = now(), version = version + 1 WHERE id = ${id} AND removed_at IS NULL`,
  );
  if (before === undefined || gone === 0) return undefined;
  await sql`DELETE FROM user_tenants WHERE user_id = ${id}`.execute(tx);
  await forgetProofs(tx, { userId: id, emailKey: keyOf(before.email) });
  await forgetFactors(tx, id);
  return {
    outcome: 'removed',
    value: { ...before, state: 'revoked' },
    entries: [changeOf(before, undefined, by)],
    changed: [{ kind: 'user', key: id }],
  };
}

/** Moves the state; false when nothing moved (already there, unknown, or revoked, which is final). Who is not active any more loses sessions, codes and links. */
export async function setUserState(tx: Tx, id: string, state: State, reason: string): Promise<boolean> {
  const moved = await row(
    tx,
    sql<{
      email_key: string;
    }>`UPDATE users SET state = ${state}, state_reason = ${reason}, version = version + 1 WHERE id = ${id} AND state <> ${state} AND state <> 'revoked' RETURNING email_key`,
  );
  if (moved !== undefined && state !== 'active') await forgetProofs(tx, { userId: id, emailKey: moved.email_key });
  return moved !== undefined;
}
