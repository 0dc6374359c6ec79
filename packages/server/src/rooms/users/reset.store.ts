import { sql } from 'kysely';
import type { Clock } from '../../base/clock.ts';
import type { Database } from '../../base/db.ts';
import type { PasswordHasher } from '../../base/passwords/hasher.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author } from '../audit/author.ts';
import type { EventOrigin } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import { choosePassword, type PasswordFault } from './choose.store.ts';
import { parseEmail } from './email.ts';
import { factorSent, loginFailed } from './events.ts';
import { forgetFactors, forgetProofs } from './forget.store.ts';
import type { Guard } from './guard.store.ts';
import { consumeLink, makeLink, peekLink } from './link.store.ts';
import { resetMail } from './mails.ts';
import type { Post } from './post.store.ts';
import { changeOf, findUser, findUserByEmail } from './store.ts';
import type { User } from './user.ts';

const LINK_MINUTES = 30;
/** A link that an administrator hands over travels slower than a mail somebody waits for. */
const ADMIN_LINK_MINUTES = 24 * 60;

export type Reset = {
  /** Mails a link, or does not: whoever asks is not told, and waits for nothing (054). */
  request(of: { email: string; ip: string; origin: EventOrigin }): Promise<void>;
  /** For an administrator to hand over; undefined when there is no such active user. */
  linkFor(userId: string, by: Author): Promise<{ link: string; expiresAt: number } | undefined>;
  /** Whose link it is, for the page; uses nothing (057). */
  find(secret: string): Promise<{ email: string } | undefined>;
  /** Sets the password; all sessions end, and so do other links and codes. */
  set(of: { secret: string; password: string; origin: EventOrigin }): Promise<Result<User, { kind: 'dead' } | PasswordFault>>;
};

export type ResetDeps = {
  database: Database;
  audit: Audit;
  clock: Clock;
  hasher: PasswordHasher;
  guard: Guard;
  post: Post;
  issuer: string;
  product?: string;
};

export function createReset(deps: ResetDeps): Reset {
  return {
    request: (of) => request(deps, of),
    linkFor: (userId, by) => linkFor(deps, userId, by),
    find: async (secret) => {
      const user = await ownerOf(deps, secret);
      return user && { email: user.email };
    },
    set: (of) => set(deps, of),
  };
}

async function request(deps: ResetDeps, of: Parameters<Reset['request']>[0]): Promise<void> {
  const { audit, database, clock, guard, issuer, post, product = 'Writ' } = deps;
  const now = clock.now();
  const emailKey = parseEmail(of.email)?.key;
  const entry = { kind: 'password link', email: emailKey, origin: of.origin };
  if (emailKey === undefined) return audit.record(factorSent({ ...entry, reason: 'no address' }));
  if (!(await guard.maySend({ emailKey, ip: of.ip, now }))) return audit.record(factorSent({ ...entry, reason: 'too many mails' }));
  const user = await findUserByEmail(database.db, emailKey);
  const reason = user === undefined ? 'no such account' : user.state === 'active' ? undefined : `user is ${user.state}`;
  // A link is made whoever it is for, because its absence would be measurable; a subject that is no user's id opens nothing.
  const subject = user !== undefined && reason === undefined ? user.id : `nobody:${emailKey}`;
  const secret = await audit.commit(async (tx) => ({
    value: await makeLink(tx, 'password-reset', { subject }, now + LINK_MINUTES * 60_000),
    entries: [factorSent({ ...entry, reason, user: user?.id })],
  }));
  if (user !== undefined && reason === undefined) post.send(user.email, resetMail(product, `${issuer}/reset/${secret}`, LINK_MINUTES));
}

async function linkFor(
  { audit, database, clock, issuer }: ResetDeps,
  userId: string,
  by: Author,
): Promise<{ link: string; expiresAt: number } | undefined> {
  const user = await findUser(database.db, userId);
  if (user?.state !== 'active') return undefined;
  const expiresAt = clock.now() + ADMIN_LINK_MINUTES * 60_000;
  const secret = await audit.commit(async (tx) => ({
    value: await makeLink(tx, 'password-reset', { subject: userId }, expiresAt),
    entries: [
      {
        ...factorSent({ kind: 'password link', user: userId, origin: by.origin }),
        initiator: by.initiator,
        actor: by.actor,
        target: { type: 'user', id: userId },
      },
    ],
  }));
  return { link: `${issuer}/reset/${secret}`, expiresAt };
}

async function ownerOf({ database, clock }: ResetDeps, secret: string): Promise<User | undefined> {
  const data = await peekLink(database.db, 'password-reset', secret, clock.now());
  const user = data === undefined ? undefined : await findUser(database.db, data.subject);
  return user?.state === 'active' ? user : undefined;
}

async function set(deps: ResetDeps, of: Parameters<Reset['set']>[0]): Promise<Result<User, { kind: 'dead' } | PasswordFault>> {
  const owner = await ownerOf(deps, of.secret);
  if (owner === undefined) {
    await deps.audit.record(loginFailed({ method: 'password link', reason: 'link used or expired', origin: of.origin }));
    return fail({ kind: 'dead' });
  }
  const chosen = await choosePassword(deps.hasher, of.password, { email: owner.email, name: owner.name, product: deps.product });
  if (!chosen.ok) return chosen;
  const done = await setByLink(deps, of, { ownerId: owner.id, hash: chosen.value });
  if (done.ok) await deps.guard.recovered(parseEmail(done.value.email)?.key ?? '');
  return done;
}

function setByLink(
  { audit, clock }: ResetDeps,
  of: Parameters<Reset['set']>[0],
  { ownerId, hash }: { ownerId: string; hash: string },
): Promise<Result<User, { kind: 'dead' }>> {
  return audit.commit<Result<User, { kind: 'dead' }>>(async (tx) => {
    // The user first, then what hangs on the user: the order in which every deed of this room takes its locks.
    await sql`SELECT 1 FROM users WHERE id = ${ownerId} FOR UPDATE`.execute(tx);
    const data = await consumeLink(tx, 'password-reset', of.secret, clock.now());
    const before = data === undefined ? undefined : await findUser(tx, data.subject);
    if (before?.state !== 'active') {
      return {
        value: fail({ kind: 'dead' }),
        entries: [loginFailed({ method: 'password link', reason: 'link used or expired', origin: of.origin })],
      };
    }
    await sql`UPDATE users SET password_hash = ${hash}, email_verified_at = coalesce(email_verified_at, now()), version = version + 1 WHERE id = ${before.id}`.execute(
      tx,
    );
    await forgetProofs(tx, { userId: before.id, emailKey: parseEmail(before.email)?.key ?? '' });
    // Nobody had proven the address: a second factor from before is somebody else's (169). One of a proven account stays, or the mailbox alone would open it.
    if (before.emailVerifiedAt === undefined) await forgetFactors(tx, before.id);
    const after = (await findUser(tx, before.id)) ?? before;
    const by: Author = { initiator: 'human', actor: { user: before.id }, origin: of.origin };
    return { value: ok(after), entries: [changeOf(before, after, by)], changed: [{ kind: 'user', key: before.id }] };
  });
}
