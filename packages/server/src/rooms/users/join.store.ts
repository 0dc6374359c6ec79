import { sql } from 'kysely';
import type { Clock } from '../../base/clock.ts';
import { row, type Database, type Tx } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import { newId, newSecret } from '../../base/ids.ts';
import { holdName } from '../../base/lock.ts';
import type { PasswordHasher } from '../../base/passwords/hasher.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import type { Author } from '../audit/author.ts';
import type { EventOrigin } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import { choosePassword, type PasswordFault } from './choose.store.ts';
import { CODE_MINUTES, consumeEmailCode, issueEmailCode } from './code.store.ts';
import { parseEmail, type Email } from './email.ts';
import { factorSent, loginFailed, userInvited } from './events.ts';
import type { Guard } from './guard.store.ts';
import { emailCodeKey } from './login.store.ts';
import { alreadyJoinedMail, codeMail, inviteMail } from './mails.ts';
import type { Post } from './post.store.ts';
import type { Registration } from './setting.ts';
import { addMembership, changeOf, findUser, findUserByEmail } from './store.ts';
import type { User } from './user.ts';

const INVITE_DAYS = 7;

export type Invite = { id: string; email: string; tenant?: string; expiresAt: number };
/** `dead`: used, expired, or never there; `password`: the sentence is for the person. */
export type JoinFailure = { kind: 'dead' | 'closed' | 'wrong' | 'frozen' } | { kind: 'locked'; retryAfter: number } | PasswordFault;
/** `created` false: somebody with an account took the invitation; a link proves no password, so they still have to log in. */
export type Joined = { user: User; created: boolean };

export type Join = {
  /** As set at this moment. */
  registration(): Registration;
  /** Makes an invitation and mails it; the link is also given to the inviter. */
  invite(of: {
    email: string;
    tenant?: string | undefined;
    roles?: readonly string[];
    by: Author;
  }): Promise<Result<{ id: string; link: string; expiresAt: number }, { field: 'email' | 'tenant'; message: string }>>;
  /** What the page of a link shows. Uses nothing: mail scanners open links (057). */
  findInvite(secret: string): Promise<Invite | undefined>;
  accept(of: {
    secret: string;
    password: string;
    name?: string | undefined;
    ip: string;
    origin: EventOrigin;
  }): Promise<Result<Joined, JoinFailure>>;
  /** Open registration, first step: proves the address. The same answer whether there is an account already. */
  sendJoinCode(of: { email: string; journeyId: string; ip: string; origin: EventOrigin }): Promise<Result<undefined, { kind: 'closed' }>>;
  /** Second step: the account only comes to be once the address is proven, so that nobody can sit in it beforehand. */
  register(of: {
    email: string;
    journeyId: string;
    code: string;
    password: string;
    name?: string | undefined;
    ip: string;
    origin: EventOrigin;
  }): Promise<Result<Joined, JoinFailure>>;
};

export type JoinDeps = {
  database: Database;
  audit: Audit;
  clock: Clock;
  hasher: PasswordHasher;
  secretBox: SecretBox;
  guard: Guard;
  post: Post;
  issuer: string;
  registration(): Registration;
  product?: string;
};

export function createJoin(deps: JoinDeps): Join {
  const secret = emailCodeKey(deps.secretBox);
  return {
    registration: deps.registration,
    invite: (of) => invite(deps, of),
    findInvite: (inviteSecret) => findInvite(deps, inviteSecret),
    accept: (of) => accept(deps, of),
    sendJoinCode: (of) => sendJoinCode(deps, secret, of),
    register: (of) => register(deps, secret, of),
  };
}

async function invite(deps: JoinDeps, of: Parameters<Join['invite']>[0]): ReturnType<Join['invite']> {
  const { audit, clock, issuer, post, product = 'Writ' } = deps;
  const email = parseEmail(of.email);
  if (email === undefined) return fail({ field: 'email', message: 'one plain e-mail address' });
  const known =
    of.tenant === undefined ||
    (await row(deps.database.db, sql`SELECT 1 FROM tenants WHERE id = ${of.tenant} AND state <> 'revoked'`)) !== undefined;
  if (!known) return fail({ field: 'tenant', message: `there is no tenant ${of.tenant}` });
  const now = clock.now();
  const made = { id: newId('inv', now), secret: newSecret(), expiresAt: now + INVITE_DAYS * 86_400_000 };
  await audit.commit(async (tx) => {
    await sql`INSERT INTO invites (id, secret_digest, email, tenant_id, roles, expires_at, created_by, created_at)
      VALUES (${made.id}, ${digest(made.secret)}, ${email.address}, ${of.tenant ?? null}, ${[...(of.roles ?? [])]}, ${new Date(made.expiresAt)},
        ${of.by.actor.user ?? of.by.actor.client ?? of.by.initiator}, ${new Date(now)})`.execute(tx);
    return { value: undefined, entries: [userInvited(made.id, { email: email.key, tenant: of.tenant, roles: of.roles ?? [] }, of.by)] };
  });
  const link = `${issuer}/join/${made.secret}`;
  post.send(email.address, inviteMail(product, link, INVITE_DAYS));
  return ok({ id: made.id, link, expiresAt: made.expiresAt });
}

type InviteRow = { id: string; email: string; tenant_id: string | null; roles: string[]; expires_at: number };

async function findInvite({ database, clock }: JoinDeps, secret: string): Promise<Invite | undefined> {
  const found = await row(
    database.db,
    sql<InviteRow>`SELECT id, email, tenant_id, roles, expires_at FROM invites WHERE secret_digest = ${digest(secret)} AND used_at IS NULL AND expires_at > ${new Date(clock.now())}`,
  );
  return (
    found && {
      id: found.id,
      email: found.email,
      ...(found.tenant_id === null ? {} : { tenant: found.tenant_id }),
      expiresAt: found.expires_at,
    }
  );
}

async function accept(deps: JoinDeps, of: Parameters<Join['accept']>[0]): Promise<Result<Joined, JoinFailure>> {
  const open = await findInvite(deps, of.secret);
  const email = open === undefined ? undefined : parseEmail(open.email);
  if (email === undefined) return fail({ kind: 'dead' });
  const holder = await findUserByEmail(deps.database.db, email.key);
  if (holder !== undefined && holder.state !== 'active') return fail({ kind: 'frozen' });
  // Hashed before the link is spent: a password that will not do must not cost the person the invitation.
  const chosen =
    holder === undefined
      ? await choosePassword(deps.hasher, of.password, { email: email.address, name: of.name, product: deps.product })
      : ok(undefined);
  if (!chosen.ok) return chosen;
  const now = deps.clock.now();
  return deps.audit.commit<Result<Joined, JoinFailure>>(async (tx) => {
    const used = await row(
      tx,
      sql<InviteRow>`UPDATE invites SET used_at = ${new Date(now)} WHERE secret_digest = ${digest(of.secret)} AND used_at IS NULL AND expires_at > ${new Date(now)}
        RETURNING id, email, tenant_id, roles, expires_at`,
    );
    if (used === undefined)
      return {
        value: fail({ kind: 'dead' }),
        entries: [loginFailed({ method: 'invite', reason: 'link used or expired', email: email.key, origin: of.origin })],
      };
    const made = chosen.value === undefined ? undefined : await createUser(tx, { email, name: of.name, hash: chosen.value, now });
    const before = made === undefined ? await findUserByEmail(tx, email.key) : undefined;
    const id = made ?? before?.id;
    if (id === undefined) throw new Error('an address is neither free nor taken');
    if (used.tenant_id !== null) await addMembership(tx, id, { id: used.tenant_id, roles: used.roles });
    return joined(tx, id, before, of.origin);
  });
}

/** The new id, or undefined when the address was taken a moment ago. */
async function createUser(tx: Tx, of: { email: Email; name: string | undefined; hash: string; now: number }): Promise<string | undefined> {
  await holdName(tx, `user-email ${of.email.key}`);
  const at = new Date(of.now);
  const made = await row(
    tx,
    sql<{ id: string }>`INSERT INTO users (id, email, email_key, email_verified_at, name, password_hash, created_at)
      VALUES (${newId('usr', of.now)}, ${of.email.address}, ${of.email.key}, ${at}, ${of.name ?? null}, ${of.hash}, ${at}) ON CONFLICT (email_key) DO NOTHING RETURNING id`,
  );
  return made?.id;
}

async function joined(tx: Tx, id: string, before: User | undefined, origin: EventOrigin) {
  const user = await findUser(tx, id);
  if (user === undefined) throw new Error('a user who just joined is not there');
  const by: Author = { initiator: 'human', actor: { user: id }, origin };
  return {
    value: ok({ user, created: before === undefined }),
    entries: [changeOf(before, user, by)] as const,
    changed: [{ kind: 'user', key: id }],
  };
}

async function sendJoinCode(deps: JoinDeps, secret: Buffer, of: Parameters<Join['sendJoinCode']>[0]): ReturnType<Join['sendJoinCode']> {
  const { audit, database, clock, guard, issuer, post, product = 'Writ' } = deps;
  if (deps.registration() !== 'open') return fail({ kind: 'closed' });
  const now = clock.now();
  const email = parseEmail(of.email);
  const entry = { kind: 'join code', email: email?.key, origin: of.origin };
  const barred =
    email === undefined ? 'no address' : (await guard.maySend({ emailKey: email.key, ip: of.ip, now })) ? undefined : 'too many mails';
  if (email === undefined || barred !== undefined) {
    await audit.record(factorSent({ ...entry, reason: barred }));
    return ok(undefined);
  }
  const holder = await findUserByEmail(database.db, email.key);
  const code = await audit.commit(async (tx) => ({
    value: await issueEmailCode(tx, { purpose: 'join', journeyId: of.journeyId, emailKey: email.key, userId: undefined, secret, now }),
    entries: [factorSent({ ...entry, ...(holder === undefined ? {} : { reason: 'has an account', user: holder.id }) })],
  }));
  if (holder === undefined) post.send(email.address, codeMail(product, code, CODE_MINUTES));
  else post.send(holder.email, alreadyJoinedMail(product, issuer));
  return ok(undefined);
}

async function register(deps: JoinDeps, secret: Buffer, of: Parameters<Join['register']>[0]): Promise<Result<Joined, JoinFailure>> {
  const { audit, clock, database, guard, hasher } = deps;
  if (deps.registration() !== 'open') return fail({ kind: 'closed' });
  const email = parseEmail(of.email);
  const entry = await guard.enter({ method: 'code', emailKey: email?.key, ip: of.ip, now: clock.now() });
  if (!entry.ok) return fail({ kind: 'locked', retryAfter: Math.ceil(entry.retryAfterMs / 1_000) });
  const chosen = await choosePassword(hasher, of.password, { email: of.email, name: of.name, product: deps.product });
  if (!chosen.ok) {
    // Nothing was guessed yet: the code is looked at only when the rest will do.
    await guard.unjudged({ method: 'code', emailKey: email?.key }, undefined);
    return chosen;
  }
  const now = clock.now();
  const used =
    email === undefined
      ? undefined
      : await consumeEmailCode(database.db, { purpose: 'join', journeyId: of.journeyId, emailKey: email.key, code: of.code, secret, now });
  if (email === undefined || used === undefined) {
    await guard.failed({ ip: of.ip, now });
    await audit.record(loginFailed({ method: 'join', reason: 'wrong code', email: email?.key, origin: of.origin }));
    return fail({ kind: 'wrong' });
  }
  await guard.passed('code', email.key, undefined);
  return audit.commit<Result<Joined, JoinFailure>>(async (tx) => {
    const id = await createUser(tx, { email, name: of.name, hash: chosen.value, now });
    if (id !== undefined) return joined(tx, id, undefined, of.origin);
    return {
      value: fail({ kind: 'wrong' }),
      entries: [loginFailed({ method: 'join', reason: 'has an account', email: email.key, origin: of.origin })],
    };
  });
}
