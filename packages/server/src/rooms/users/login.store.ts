import { sql } from 'kysely';
import type { Clock } from '../../base/clock.ts';
import type { Database } from '../../base/db.ts';
import { needsRehash, type PasswordHasher } from '../../base/passwords/hasher.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import type { EventOrigin } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import { CODE_MINUTES, consumeEmailCode, issueEmailCode } from './code.store.ts';
import { parseEmail } from './email.ts';
import { factorSent, loginFailed, SINGLE_FACTOR } from './events.ts';
import type { Guard, Method } from './guard.store.ts';
import { codeMail } from './mails.ts';
import type { Post } from './post.store.ts';
import { findUser, findUserByEmail } from './store.ts';
import type { User } from './user.ts';
import { proveMailbox } from './verify.store.ts';

/** `retryAfter` in seconds. `wrong` is also the answer for an account that does not exist, after the same work. */
export type LoginFailure = { kind: 'wrong' | 'locked' | 'busy' | 'frozen'; retryAfter?: number };
export type LoggedIn<Amr extends 'pwd' | 'otp'> = { user: User; amr: [Amr]; acr: string };

type Asking = { email: string; ip: string; origin: EventOrigin; client?: string | undefined; browser?: string | undefined };

/** Proves who somebody is. `login.succeeded` is written by the session that follows (session.store.ts), `login.failed` here. */
export type Login = {
  withPassword(of: Asking & { password: string }): Promise<Result<LoggedIn<'pwd'>, LoginFailure>>;
  /** Sends a code, or does not: whoever asks is not told. */
  sendCode(of: Asking & { journeyId: string }): Promise<void>;
  withCode(of: Asking & { journeyId: string; code: string }): Promise<Result<LoggedIn<'otp'>, LoginFailure>>;
};

export type LoginDeps = {
  database: Database;
  audit: Audit;
  clock: Clock;
  hasher: PasswordHasher;
  secretBox: SecretBox;
  guard: Guard;
  post: Post;
  issuer: string;
  /** Name of this installation in mails. */
  product?: string;
};

export function createLogin(deps: LoginDeps): Login {
  const secret = emailCodeKey(deps.secretBox);
  return {
    withPassword: (of) => withPassword(deps, of),
    sendCode: (of) => sendCode(deps, secret, of),
    withCode: (of) => withCode(deps, secret, of),
  };
}

export function emailCodeKey(secretBox: SecretBox): Buffer {
  return secretBox.derive('email-codes/1');
}

async function withPassword(deps: LoginDeps, of: Asking & { password: string }): Promise<Result<LoggedIn<'pwd'>, LoginFailure>> {
  const emailKey = parseEmail(of.email)?.key;
  const attempt = { ...of, method: 'password' as const, emailKey };
  const entered = await enter(deps, attempt);
  if (!entered.ok) return entered;
  const browser = entered.value;
  const user = emailKey === undefined ? undefined : await findUserByEmail(deps.database.db, emailKey);
  const stored = user?.passwordHash;
  const checked = stored === undefined ? await deps.hasher.verifyDummy(of.password) : await deps.hasher.verify(stored, of.password);
  if (!checked.ok && checked.reason === 'busy') {
    await deps.guard.unjudged(attempt, browser);
    await refuse(deps, attempt, 'too many logins at once', user);
    return fail({ kind: 'busy', retryAfter: 1 });
  }
  if (user === undefined || stored === undefined || emailKey === undefined || !checked.ok || !checked.match)
    return wrong(deps, attempt, user);
  await deps.guard.passed('password', emailKey, browser);
  if (user.state !== 'active') return frozen(deps, attempt, user);
  await rehash(deps, user, stored, of.password);
  return ok({ user, amr: ['pwd'], acr: SINGLE_FACTOR });
}

type Attempt = Asking & { method: Method; emailKey: string | undefined };

/** The browser whose counter it is, where it is not the account's. */
async function enter(deps: LoginDeps, attempt: Attempt): Promise<Result<string | undefined, LoginFailure>> {
  const entry = await deps.guard.enter({ ...attempt, now: deps.clock.now() });
  if (entry.ok) return ok(entry.browser);
  await refuse(deps, attempt, entry.which === 'account' ? 'too many failures on this account' : 'too many failures from this network');
  return fail({ kind: 'locked', retryAfter: Math.ceil(entry.retryAfterMs / 1_000) });
}

async function wrong(deps: LoginDeps, attempt: Attempt, user: User | undefined): Promise<Result<never, LoginFailure>> {
  await deps.guard.failed({ ip: attempt.ip, now: deps.clock.now() });
  const what =
    user === undefined
      ? 'no such account'
      : attempt.method === 'code'
        ? 'wrong code'
        : user.passwordHash === undefined
          ? 'account without password'
          : 'wrong password';
  await refuse(deps, attempt, what, user);
  return fail({ kind: 'wrong' });
}

/** Said only to somebody who has proven to be that user. */
async function frozen(deps: LoginDeps, attempt: Attempt, user: User): Promise<Result<never, LoginFailure>> {
  await refuse(deps, attempt, `user is ${user.state}`, user);
  return fail({ kind: 'frozen' });
}

function refuse({ audit }: LoginDeps, { method, emailKey, client, origin }: Attempt, reason: string, user?: User): Promise<void> {
  return audit.record(loginFailed({ method, reason, email: emailKey, user: user?.id, client, origin }));
}

/** A hash of yesterday's cost is replaced while the password is at hand; somebody who set a new one meanwhile wins. */
async function rehash({ database, hasher }: LoginDeps, user: User, stored: string, password: string): Promise<void> {
  if (!needsRehash(stored)) return;
  const better = await hasher.hash(password);
  if (better.ok)
    await sql`UPDATE users SET password_hash = ${better.hash} WHERE id = ${user.id} AND password_hash = ${stored}`.execute(database.db);
}

async function sendCode(deps: LoginDeps, secret: Buffer, of: Asking & { journeyId: string }): Promise<void> {
  const { audit, database, clock, guard, post, issuer, product = 'Writ' } = deps;
  const now = clock.now();
  const emailKey = parseEmail(of.email)?.key;
  if (emailKey === undefined) return audit.record(factorSent({ kind: 'login code', reason: 'no address', origin: of.origin }));
  const entry = { kind: 'login code', email: emailKey, origin: of.origin };
  if (!(await guard.maySend({ emailKey, ip: of.ip, now }))) return audit.record(factorSent({ ...entry, reason: 'too many mails' }));
  const user = await findUserByEmail(database.db, emailKey);
  const reason = user === undefined ? 'no such account' : user.state === 'active' ? undefined : `user is ${user.state}`;
  // A row is written whoever it is for, because its absence would be measurable; without a user behind it no code opens anything.
  const code = await audit.commit(async (tx) => ({
    value: await issueEmailCode(tx, {
      purpose: 'login',
      journeyId: of.journeyId,
      emailKey,
      userId: reason === undefined ? user?.id : undefined,
      secret,
      now,
    }),
    entries: [factorSent({ ...entry, reason, user: user?.id })],
  }));
  // To the address on record, not to what was typed: the two are only alike by our own reading of them.
  if (user !== undefined && reason === undefined)
    post.send(user.email, codeMail(product, code, CODE_MINUTES, `${issuer}/journey/${of.journeyId}?code=${code}`));
}

async function withCode(
  deps: LoginDeps,
  secret: Buffer,
  of: Asking & { journeyId: string; code: string },
): Promise<Result<LoggedIn<'otp'>, LoginFailure>> {
  const { database, clock, guard } = deps;
  const emailKey = parseEmail(of.email)?.key;
  const attempt = { ...of, method: 'code' as const, emailKey };
  const entered = await enter(deps, attempt);
  if (!entered.ok) return entered;
  const browser = entered.value;
  const now = clock.now();
  const used =
    emailKey === undefined
      ? undefined
      : await consumeEmailCode(database.db, { purpose: 'login', journeyId: of.journeyId, emailKey, code: of.code, secret, now });
  const user = used?.userId === undefined ? undefined : await findUser(database.db, used.userId);
  if (user === undefined || emailKey === undefined)
    return wrong(deps, attempt, emailKey === undefined ? undefined : await findUserByEmail(database.db, emailKey));
  await guard.passed('code', emailKey, browser);
  if (user.state !== 'active') return frozen(deps, attempt, user);
  const proven = await proveMailbox(deps, user, { initiator: 'human', actor: { user: user.id }, origin: of.origin });
  return ok({ user: proven, amr: ['otp'], acr: SINGLE_FACTOR });
}
