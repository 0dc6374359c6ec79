import { sql } from 'kysely';
import type { Clock } from '../../base/clock.ts';
import { row, rows, touched, type Database, type Db, type Tx } from '../../base/db.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import { base32, totpUri } from '../../base/totp.ts';
import type { Author } from '../audit/author.ts';
import type { EventOrigin } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import { forgetRemembered, isRemembered, knowBrowser } from './browser.store.ts';
import { parseEmail } from './email.ts';
import { factorEnrolled, factorRemoved, loginFailed } from './events.ts';
import { AMR, hasSecond, type Factors } from './factor.ts';
import type { Guard } from './guard.store.ts';
import type { LoginFailure } from './login.store.ts';
import { factorMail } from './mails.ts';
import type { Post } from './post.store.ts';
import { makeRecovery, recoveryLeft, showRecovery, useRecovery } from './recovery.store.ts';
import { confirmTotp, offerTotp, useTotp, type Enrolment } from './totp.store.ts';
import type { User } from './user.ts';

type Asking = { user: User; ip: string; origin: EventOrigin; client?: string | undefined; browser?: string | undefined };
/** `used`: right, and used before. */
export type SecondFailure = LoginFailure | { kind: 'used' };
export type SecondProven = { amr: readonly string[] };

/** The second factors of people: proving, setting up, taking away. What a first factor proves is login.store.ts's. */
export type SecondFactors = {
  of(userId: string): Promise<Factors>;
  /** A code from the app, or a recovery code. Writes `login.failed` when it is neither. */
  proveCode(of: Asking & { code: string }): Promise<Result<SecondProven, SecondFailure>>;
  /** What the enrolment page shows: the same secret for one journey or session. */
  offerTotp(of: Enrolment & { email: string }): Promise<{ secret: string; uri: string }>;
  /**
   * The first factor that somebody sets up brings recovery codes, to be shown in the same `context`. `asFirst`: by whoever has shown no second
   * factor, so it is over when there is one by now.
   */
  enrolTotp(of: {
    user: User;
    context: string;
    code: string;
    origin: EventOrigin;
    asFirst?: boolean;
  }): Promise<Result<SecondProven, { kind: 'wrong' | 'over' }>>;
  recoveryCodes(of: Enrolment): Promise<readonly string[] | undefined>;
  /** A new batch in place of the old. */
  renewRecovery(of: { user: User; context: string; origin: EventOrigin }): Promise<void>;
  /** Takes one away; with the last of them go recovery codes and remembered browsers. False when it was not there. */
  remove(of: { user: User; factor: 'totp' | { passkey: string }; origin: EventOrigin }): Promise<boolean>;
  /** An administrator takes all of them away, for somebody who lost them. How many there were. */
  reset(user: Pick<User, 'id' | 'email'>, by: Author): Promise<number>;
  /** Somebody signed in in this browser; see browser.store.ts. */
  knowBrowser(of: { secret: string; userId: string; userAgent: string | undefined; remember: boolean }): Promise<void>;
  isRemembered(of: { secret: string | undefined; userId: string }): Promise<boolean>;
  /** Forgets all remembered browsers; how many. */
  forgetBrowsers(of: { user: User; origin: EventOrigin }): Promise<number>;
};

export type FactorDeps = {
  database: Database;
  audit: Audit;
  clock: Clock;
  secretBox: SecretBox;
  guard: Guard;
  post: Post;
  product?: string;
};

export function createSecondFactors(deps: FactorDeps): SecondFactors {
  const { database, clock, secretBox } = deps;
  const { db } = database;
  return {
    of: (userId) => factorsOf(db, userId, clock.now()),
    proveCode: (of) => proveCode(deps, of),
    async offerTotp({ email, ...of }) {
      const secret = await offerTotp(db, secretBox, { ...of, now: clock.now() });
      return { secret: base32(secret), uri: totpUri({ issuer: deps.product ?? 'Writ', account: email, secret }) };
    },
    enrolTotp: (of) => enrolTotp(deps, of),
    recoveryCodes: (of) => showRecovery({ db, secretBox }, { ...of, now: clock.now() }),
    renewRecovery: (of) => renewRecovery(deps, of),
    remove: (of) => remove(deps, of),
    reset: (user, by) => reset(deps, user, by),
    knowBrowser: (of) => knowBrowser(db, { ...of, now: clock.now() }),
    isRemembered: (of) => isRemembered(db, { ...of, now: clock.now() }),
    forgetBrowsers: (of) => forgetBrowsers(deps, of),
  };
}

async function factorsOf(db: Db, userId: string, now: number): Promise<Factors> {
  const [totp, passkeys, recovery, browsers] = await Promise.all([
    row(db, sql<{ created_at: number; used_at: number | null }>`SELECT created_at, used_at FROM totp_factors WHERE user_id = ${userId}`),
    rows(
      db,
      sql<{ id: string; name: string; created_at: number; used_at: number | null }>`SELECT id, name, created_at, used_at FROM passkeys
        WHERE user_id = ${userId} ORDER BY created_at, id`,
    ),
    recoveryLeft(db, userId),
    row(
      db,
      sql<{
        count: number;
      }>`SELECT count(*)::integer AS count FROM known_browsers WHERE user_id = ${userId} AND second_until > ${new Date(now)}`,
    ),
  ]);
  return {
    totp: totp === undefined ? undefined : { createdAt: totp.created_at, usedAt: totp.used_at ?? undefined },
    passkeys: passkeys.map(({ id, name, created_at: createdAt, used_at: usedAt }) => ({
      id,
      name,
      createdAt,
      usedAt: usedAt ?? undefined,
    })),
    recovery,
    browsers: browsers?.count ?? 0,
  };
}

const keyOf = (user: Pick<User, 'email'>): string => parseEmail(user.email)?.key ?? '';

/**
 * Both kinds of code come in one field, and are told apart by their length. They are counted apart: six digits can be guessed and are locked
 * after a few tries, which only somebody can cause who knows the password; the recovery codes still open then.
 */
async function proveCode(deps: FactorDeps, of: Asking & { code: string }): Promise<Result<SecondProven, SecondFailure>> {
  const { database, secretBox, guard, clock } = deps;
  const now = clock.now();
  const emailKey = keyOf(of.user);
  const typed = of.code.normalize('NFKC').replaceAll(/[\s-]/g, '');
  const method = typed.length > 6 ? 'recovery' : 'totp';
  const refuse = (reason: string): Promise<void> =>
    deps.audit.record(loginFailed({ method, reason, email: emailKey, user: of.user.id, client: of.client, origin: of.origin }));
  const entry = await guard.enter({ method, emailKey, ip: of.ip, now, browser: of.browser });
  if (!entry.ok) {
    await refuse(entry.which === 'account' ? 'too many failures on this account' : 'too many failures from this network');
    return fail({ kind: 'locked', retryAfter: Math.ceil(entry.retryAfterMs / 1_000) });
  }
  const used =
    method === 'recovery'
      ? await useRecovery({ db: database.db, secretBox }, { userId: of.user.id, code: typed })
      : await useTotp(database.db, secretBox, { userId: of.user.id, code: typed, now });
  if (used === 'right') {
    await guard.passed(method, emailKey, entry.browser);
    return ok({ amr: AMR.code });
  }
  await guard.failed({ ip: of.ip, now });
  await refuse(used === 'used' ? 'code was used before' : used === 'none' ? 'no such factor' : 'wrong code');
  return fail({ kind: used === 'used' ? 'used' : 'wrong' });
}

async function enrolTotp(
  deps: FactorDeps,
  { user, context, code, origin, asFirst = false }: Parameters<SecondFactors['enrolTotp']>[0],
): ReturnType<SecondFactors['enrolTotp']> {
  const now = deps.clock.now();
  const typed = code.normalize('NFKC').replaceAll(/\s/g, '');
  const outcome = await deps.audit.commit<'enrolled' | 'wrong' | 'over'>(async (tx) => {
    // The user first, as a passkey does: of two that are set up at once the second finds the first.
    await sql`SELECT 1 FROM users WHERE id = ${user.id} FOR UPDATE`.execute(tx);
    const late = asFirst && hasSecond(await factorsOf(tx, user.id, now));
    const confirmed = late ? 'over' : await confirmTotp(tx, deps.secretBox, { userId: user.id, context, code: typed, now });
    if (confirmed !== 'enrolled') {
      const reason = confirmed === 'wrong' ? 'wrong code at enrolment' : 'enrolment is over';
      return { value: confirmed, entries: [loginFailed({ method: 'totp', reason, user: user.id, origin })] };
    }
    await firstRecovery(tx, { userId: user.id, context, now });
    return { value: confirmed, entries: [factorEnrolled(user.id, 'totp', origin)] };
  });
  if (outcome !== 'enrolled') return fail({ kind: outcome });
  tell(deps, user, 'An authenticator app was added to');
  return ok({ amr: AMR.code });
}

/** Only with the first factor: codes that somebody has put away stay good when another is added. */
export async function firstRecovery(tx: Tx, of: { userId: string; context: string; now: number }): Promise<void> {
  if ((await recoveryLeft(tx, of.userId)) === undefined) await makeRecovery(tx, of);
}

async function renewRecovery(deps: FactorDeps, { user, context, origin }: Parameters<SecondFactors['renewRecovery']>[0]): Promise<void> {
  await deps.audit.commit(async (tx) => {
    await makeRecovery(tx, { userId: user.id, context, now: deps.clock.now() });
    return { value: undefined, entries: [factorEnrolled(user.id, 'recovery', origin)] };
  });
  tell(deps, user, 'New recovery codes were made for');
}

async function remove(deps: FactorDeps, { user, factor, origin }: Parameters<SecondFactors['remove']>[0]): Promise<boolean> {
  const by: Author = { initiator: 'human', actor: { user: user.id }, origin };
  const removed = await deps.audit.commit<boolean>(async (tx) => {
    const gone =
      factor === 'totp'
        ? await touched(tx, sql`DELETE FROM totp_factors WHERE user_id = ${user.id}`)
        : await touched(tx, sql`DELETE FROM passkeys WHERE user_id = ${user.id} AND id = ${factor.passkey}`);
    if (gone === 0) return { value: false, entries: [factorRemoved(user.id, ['none'], by, 'there was none')] };
    const kinds = [factor === 'totp' ? 'totp' : 'passkey'];
    // Without a factor to stand in for, a recovery code would be a second factor by itself.
    if (!hasSecond(await factorsOf(tx, user.id, deps.clock.now()))) await forgetRest(tx, user.id);
    return { value: true, entries: [factorRemoved(user.id, kinds, by)] };
  });
  if (removed) tell(deps, user, 'A second factor was removed from');
  return removed;
}

async function forgetRest(tx: Tx, userId: string): Promise<void> {
  await sql`DELETE FROM recovery_batches WHERE user_id = ${userId}`.execute(tx);
  await forgetRemembered(tx, userId);
}

async function reset(deps: FactorDeps, user: Pick<User, 'id' | 'email'>, by: Author): Promise<number> {
  const removed = await deps.audit.commit<readonly string[]>(async (tx) => {
    const totp = await touched(tx, sql`DELETE FROM totp_factors WHERE user_id = ${user.id}`);
    const passkeys = await touched(tx, sql`DELETE FROM passkeys WHERE user_id = ${user.id}`);
    await sql`DELETE FROM totp_offers WHERE user_id = ${user.id}`.execute(tx);
    await forgetRest(tx, user.id);
    // Who signed in with what is taken away now is signed out: the factor may have been somebody else's.
    await sql`UPDATE sessions SET ended_at = ${new Date(deps.clock.now())} WHERE user_id = ${user.id} AND ended_at IS NULL`.execute(tx);
    const kinds = [...(totp > 0 ? ['totp'] : []), ...Array.from({ length: passkeys }, () => 'passkey')];
    return { value: kinds, entries: [factorRemoved(user.id, kinds, by)] };
  });
  await deps.guard.recovered(keyOf(user));
  if (removed.length > 0) tell(deps, user, 'An administrator removed the second factors of');
  return removed.length;
}

async function forgetBrowsers(deps: FactorDeps, { user, origin }: { user: User; origin: EventOrigin }): Promise<number> {
  const by: Author = { initiator: 'human', actor: { user: user.id }, origin };
  return deps.audit.commit<number>(async (tx) => {
    const gone = await forgetRemembered(tx, user.id);
    return { value: gone, entries: [factorRemoved(user.id, Array.from({ length: gone }, () => 'browser').slice(0, 1), by)] };
  });
}

/** Whoever did it, the owner of the mailbox hears of it: an attacker who sets up a factor should not be the only one who knows. */
export function tell({ post, product = 'Writ' }: Pick<FactorDeps, 'post' | 'product'>, user: Pick<User, 'email'>, what: string): void {
  post.send(user.email, factorMail(product, what));
}
