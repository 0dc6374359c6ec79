import { sql } from 'kysely';
import type { Clock } from '../../base/clock.ts';
import { row, rows, touched, type Database, type Db } from '../../base/db.ts';
import { keyedDigest, sameDigest } from '../../base/digest.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { SecretBox } from '../../base/secretbox.ts';
import { claimedKey, verifyMade, verifyUsed, type PublicKey } from '../../base/webauthn.ts';
import type { EventOrigin } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import { factorEnrolled, loginFailed, MULTI_FACTOR } from './events.ts';
import { AMR } from './factor.ts';
import { firstRecovery, tell } from './factors.store.ts';
import type { Guard } from './guard.store.ts';
import { KEY_ALGS, MOST_PASSKEYS, type KeyName, type PasskeyCreation, type PasskeyRequest } from './passkey.ts';
import type { Post } from './post.store.ts';
import { findUser } from './store.ts';
import type { User } from './user.ts';

/** `context`: the journey or session whose page it is; what was signed for one is nothing in another. */
type Asked = { context: string };
type Using = Asked & { credential: string; ip: string; origin: EventOrigin; client?: string | undefined };
export type PasskeyFailure = { kind: 'wrong' | 'locked' | 'frozen' };

export type Passkeys = {
  /** For whoever has one: nobody is named, the browser knows. Undefined where the hub has no name that passkeys could be for. */
  login(of: Asked): PasskeyRequest | undefined;
  /** For one person, besides a first factor. */
  second(of: Asked & { userId: string }): Promise<PasskeyRequest | undefined>;
  /** Alone it counts as two factors: the key, and what unlocked it, which therefore has to be shown. */
  proveAlone(of: Using): Promise<Result<{ user: User; amr: readonly string[]; acr: string }, PasskeyFailure>>;
  proveSecond(of: Using & { user: User }): Promise<Result<{ amr: readonly string[] }, PasskeyFailure>>;
  creation(of: Asked & { user: User }): Promise<PasskeyCreation | undefined>;
  enrol(
    of: Asked & { user: User; credential: string; name: string; origin: EventOrigin },
  ): Promise<Result<undefined, { kind: 'wrong' | 'taken' | 'full' }>>;
};

export type PasskeyDeps = {
  database: Database;
  audit: Audit;
  clock: Clock;
  secretBox: SecretBox;
  guard: Guard;
  post: Post;
  issuer: string;
  product?: string;
};

const TIMEOUT_MS = 5 * 60_000;

export function createPasskeys(deps: PasskeyDeps): Passkeys {
  const { clock, secretBox, issuer, product = 'Writ' } = deps;
  const { db } = deps.database;
  const key = secretBox.derive('passkeys/1');
  const rpId = new URL(issuer).hostname;
  // A passkey is for a name; browsers make none for an address.
  const possible = !/^[\d.]+$|:|\[/.test(rpId);
  const challenge = (what: string, now: number, ago = 0): string => keyedDigest(key, `${what}\n${Math.floor(now / TIMEOUT_MS) - ago}`);
  const expected = (what: string) => ({
    origin: issuer,
    isChallenge: (sent: string): boolean => [0, 1].some((ago) => sameDigest(sent, challenge(what, clock.now(), ago))),
  });
  const request = (what: string, rest: Pick<PasskeyRequest, 'userVerification' | 'allowCredentials'>): PasskeyRequest | undefined =>
    possible ? { challenge: challenge(what, clock.now()), rpId, timeout: TIMEOUT_MS, ...rest } : undefined;

  return {
    login: ({ context }) => request(`login\n${context}`, { userVerification: 'required', allowCredentials: [] }),
    async second({ context, userId }) {
      const allowCredentials = await keysOf(db, userId);
      if (allowCredentials.length === 0) return undefined;
      return request(`second\n${context}\n${userId}`, { userVerification: 'preferred', allowCredentials });
    },
    async proveAlone(of) {
      const proven = await prove(deps, of, expected(`login\n${of.context}`), undefined);
      return proven.ok ? ok({ user: proven.value, amr: [...AMR.passkey, 'mfa'], acr: MULTI_FACTOR }) : proven;
    },
    async proveSecond(of) {
      const proven = await prove(deps, of, expected(`second\n${of.context}\n${of.user.id}`), of.user);
      return proven.ok ? ok({ amr: AMR.passkey }) : proven;
    },
    async creation({ context, user }) {
      if (!possible) return undefined;
      return {
        challenge: challenge(`make\n${context}\n${user.id}`, clock.now()),
        rp: { id: rpId, name: product },
        // Not the id itself: authenticators show and sync it.
        user: { id: keyedDigest(key, `handle\n${user.id}`), name: user.email, displayName: user.name ?? user.email },
        pubKeyCredParams: KEY_ALGS,
        timeout: TIMEOUT_MS,
        excludeCredentials: await keysOf(db, user.id),
        authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
        attestation: 'none',
      };
    },
    enrol: (of) => enrol(deps, of, expected(`make\n${of.context}\n${of.user.id}`)),
  };
}

async function keysOf(db: Db, userId: string): Promise<KeyName[]> {
  const found = await rows(
    db,
    sql<{ id: string; transports: string[] }>`SELECT id, transports FROM passkeys WHERE user_id = ${userId} ORDER BY created_at, id`,
  );
  return found.map(({ id, transports }) => ({ type: 'public-key', id, transports }));
}

type Expected = Parameters<typeof verifyUsed>[1];

/** `owner` undefined: whoever's key it is, and then it must have verified its user. */
async function prove(deps: PasskeyDeps, of: Using, expected: Expected, owner: User | undefined): Promise<Result<User, PasskeyFailure>> {
  const { database, guard, clock, audit } = deps;
  const refuse = async (kind: PasskeyFailure['kind'], reason: string, user = owner): Promise<Result<never, PasskeyFailure>> => {
    await audit.record(loginFailed({ method: 'passkey', reason, user: user?.id, client: of.client, origin: of.origin }));
    return fail({ kind });
  };
  // A signature cannot be guessed, so no account is ever locked by wrong ones; the network that sends many waits.
  const entry = await guard.enter({ method: 'passkey', emailKey: undefined, ip: of.ip, now: clock.now() });
  if (!entry.ok) return refuse('locked', 'too many failures from this network');
  const wrong = async (reason: string, user = owner): Promise<Result<never, PasskeyFailure>> => {
    await guard.failed({ ip: of.ip, now: clock.now() });
    return refuse('wrong', reason, user);
  };
  const found = await findKey(database.db, claimedKey(of.credential));
  if (found === undefined || (owner !== undefined && found.userId !== owner.id)) return wrong('unknown passkey');
  const used = await verifyUsed(of.credential, expected, found);
  if (used === undefined) return wrong('passkey not verified');
  const user = owner ?? (await findUser(database.db, found.userId));
  if (user === undefined) return wrong('unknown passkey');
  if (owner === undefined && !used.verified) return wrong('passkey without user verification', user);
  if (!(await markUsed(database.db, found, used, clock.now()))) return wrong('passkey answer was used before', user);
  return user.state === 'active' ? ok(user) : refuse('frozen', `user is ${user.state}`, user);
}

async function findKey(db: Db, id: string | undefined): Promise<(PublicKey & { userId: string }) | undefined> {
  if (id === undefined) return undefined;
  const found = await row(
    db,
    sql<{
      id: string;
      user_id: string;
      public_key: Buffer;
      counter: number;
    }>`SELECT id, user_id, public_key, counter FROM passkeys WHERE id = ${id}`,
  );
  return found && { id: found.id, userId: found.user_id, publicKey: found.public_key, counter: found.counter };
}

/** One conditional statement: an answer to one challenge counts once, and a counter that was seen does not come back (WebAuthn §6.1.1). */
async function markUsed(
  db: Db,
  { id, counter: before }: PublicKey,
  used: { counter: number; challenge: string },
  now: number,
): Promise<boolean> {
  const moved = await touched(
    db,
    sql`UPDATE passkeys SET counter = ${used.counter}, last_challenge = ${used.challenge}, used_at = ${new Date(now)}
      WHERE id = ${id} AND counter = ${before} AND last_challenge <> ${used.challenge}`,
  );
  return moved === 1;
}

async function enrol(
  deps: PasskeyDeps,
  { user, context, credential, name, origin }: Parameters<Passkeys['enrol']>[0],
  expected: Expected,
): ReturnType<Passkeys['enrol']> {
  const now = deps.clock.now();
  const key = await verifyMade(credential, expected);
  const outcome = await deps.audit.commit<'enrolled' | 'wrong' | 'taken' | 'full'>(async (tx) => {
    const refused = (value: 'wrong' | 'taken' | 'full') => ({
      value,
      entries: [loginFailed({ method: 'passkey', reason: `enrolment: ${value}`, user: user.id, origin })] as const,
    });
    if (key === undefined) return refused('wrong');
    // The user first: of many at once none goes beyond the most.
    await sql`SELECT 1 FROM users WHERE id = ${user.id} FOR UPDATE`.execute(tx);
    if ((await keysOf(tx, user.id)).length >= MOST_PASSKEYS) return refused('full');
    const made = await touched(
      tx,
      sql`INSERT INTO passkeys (id, user_id, public_key, counter, transports, name, last_challenge, created_at)
        VALUES (${key.id}, ${user.id}, ${key.publicKey}, ${key.counter}, ${[...key.transports]}, ${name.slice(0, 64)}, '', ${new Date(now)})
        ON CONFLICT (id) DO NOTHING`,
    );
    if (made === 0) return refused('taken');
    await firstRecovery(tx, { userId: user.id, context, now });
    return { value: 'enrolled', entries: [factorEnrolled(user.id, 'passkey', origin)] };
  });
  if (outcome !== 'enrolled') return fail({ kind: outcome });
  tell(deps, user, 'A passkey was added to');
  return ok(undefined);
}
