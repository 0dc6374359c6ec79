import { sql, type RawBuilder } from 'kysely';
import type { Clock } from '../../base/clock.ts';
import { row, rows, type Db } from '../../base/db.ts';
import { digest } from '../../base/digest.ts';
import { newId, newSecret } from '../../base/ids.ts';
import { hubAuthor, type Author } from '../audit/author.ts';
import type { EventOrigin } from '../audit/event.ts';
import type { Audit } from '../audit/store.ts';
import { sessionCookie } from './cookie.ts';
import { loginEnded, loginSucceeded } from './events.ts';
import { findUser } from './store.ts';
import type { Session, SessionScopes, User } from './user.ts';

const HOUR = 3_600_000;
/** From the login, and since it was last used. An administrator logs in every working day. */
const LIFETIME: Record<Session['purpose'], { absolute: number; idle: number }> = {
  user: { absolute: 14 * 24 * HOUR, idle: 24 * HOUR },
  admin: { absolute: 8 * HOUR, idle: 8 * HOUR },
};
/** In the column of scopes: all of them. No scope is called so. */
const EVERYTHING = '*';
/** A session in use is written down at most this often. */
const TOUCH_MS = 5 * 60_000;

export type NewSession = {
  user: Pick<User, 'id'>;
  amr: readonly string[];
  acr: string;
  by?: readonly string[];
  purpose: Session['purpose'];
  /** Of an administrator; absent: none. */
  scopes?: SessionScopes;
  /** Who had a hand in making the link that opens it. */
  madeBy?: readonly string[];
  ip?: string | undefined;
  userAgent?: string | undefined;
  origin: EventOrigin;
  client?: string | undefined;
  /** When the first factor was proven, where that was before now. A second one does not make it younger, nor the session longer. */
  authTime?: number | undefined;
  /** The session that this browser had before; it ends, so that nobody who knew it shares the new one (046). */
  replaces?: Session | undefined;
};

/** `cookie` is the whole value of a `set-cookie` header. */
export type StartedSession = { session: Session; cookie: string };
export type FoundSession = { session: Session; user: User };
/** A session as its user sees it in the list of their logins. */
export type ListedSession = Session & { seenAt: number; ip?: string; userAgent?: string };

export type Sessions = {
  /** Writes `login.succeeded` with it. A fresh secret each time: nothing from before the login is good after it. */
  start(of: NewSession): Promise<StartedSession>;
  /** By the secret of the cookie; undefined when ended, expired, unused for too long, of the other purpose, or when the user is not active. */
  find(secret: string | undefined, purpose?: Session['purpose']): Promise<FoundSession | undefined>;
  list(userId: string): Promise<ListedSession[]>;
  /** Writes `login.ended`; false when it had ended already. */
  end(session: Pick<Session, 'id' | 'userId'>, origin: EventOrigin): Promise<boolean>;
  /** Ends all, or all but one, or of these only, and says how many. */
  endAllOf(userId: string, options?: { by?: Author; except?: string; only?: readonly string[] }): Promise<number>;
};

type SessionRow = {
  id: string;
  user_id: string;
  auth_time: number;
  amr: string[];
  acr: string;
  ways: string[];
  purpose: Session['purpose'];
  scopes: string[];
  made_by: string[];
  ip: string | null;
  user_agent: string | null;
  created_at: number;
  seen_at: number;
  expires_at: number;
};

const COLUMNS: RawBuilder<unknown> = sql.raw(
  'id, user_id, auth_time, amr, acr, ways, purpose, scopes, made_by, ip, user_agent, created_at, seen_at, expires_at',
);

function toSession(found: SessionRow): Session {
  const { id, amr, acr, purpose } = found;
  return {
    id,
    userId: found.user_id,
    authTime: found.auth_time,
    amr,
    acr,
    by: found.ways,
    purpose,
    scopes: found.scopes.includes(EVERYTHING) ? 'all' : found.scopes,
    madeBy: found.made_by,
    createdAt: found.created_at,
    expiresAt: found.expires_at,
  };
}

export function createSessions(deps: { db: Db; audit: Audit; clock: Clock; issuer: string }): Sessions {
  return {
    start: (of) => start(deps, of),
    find: (secret, purpose = 'user') => find(deps, secret, purpose),
    list: (userId) => list(deps, userId),
    end: async (session, origin) => {
      const by: Author = { initiator: 'human', actor: { user: session.userId }, origin };
      return (await end(deps, session.userId, by, sql`id = ${session.id}`)) > 0;
    },
    endAllOf: (userId, { by = hubAuthor('sessions'), except = '', only } = {}) =>
      end(deps, userId, by, only === undefined ? sql`id <> ${except}` : sql`id = ANY(${[...only]}::text[])`),
  };
}

type Deps = Parameters<typeof createSessions>[0];

async function start({ audit, clock, issuer }: Deps, of: NewSession): Promise<StartedSession> {
  const now = clock.now();
  const secret = newSecret();
  const { absolute } = LIFETIME[of.purpose];
  const authTime = of.authTime ?? now;
  const session: Session = {
    id: newId('ses', now),
    userId: of.user.id,
    authTime,
    amr: of.amr,
    acr: of.acr,
    by: of.by ?? [],
    purpose: of.purpose,
    scopes: of.scopes ?? [],
    madeBy: of.madeBy ?? [],
    createdAt: now,
    expiresAt: authTime + absolute,
  };
  const at = new Date(now);
  await audit.commit(async (tx) => {
    await sql`INSERT INTO sessions (id, secret_digest, user_id, auth_time, amr, acr, ways, purpose, scopes, made_by, ip, user_agent, created_at, seen_at, expires_at)
      VALUES (${session.id}, ${digest(secret)}, ${session.userId}, ${new Date(authTime)}, ${[...of.amr]}, ${of.acr}, ${[...session.by]}, ${of.purpose}, ${session.scopes === 'all' ? [EVERYTHING] : [...session.scopes]}, ${[...session.madeBy]}, ${of.ip ?? null}, ${of.userAgent?.slice(0, 256) ?? null},
        ${at}, ${at}, ${new Date(session.expiresAt)})`.execute(tx);
    if (of.replaces !== undefined)
      await sql`UPDATE sessions SET ended_at = ${at} WHERE id = ${of.replaces.id} AND ended_at IS NULL`.execute(tx);
    return { value: undefined, entries: [loginSucceeded(session, of)] };
  });
  return { session, cookie: sessionCookie(issuer, of.purpose, secret, Math.floor((session.expiresAt - now) / 1_000)) };
}

async function find({ db, clock }: Deps, secret: string | undefined, purpose: Session['purpose']): Promise<FoundSession | undefined> {
  if (secret === undefined) return undefined;
  const now = clock.now();
  const unusedSince = new Date(now - LIFETIME[purpose].idle);
  const found = await row(
    db,
    sql<SessionRow>`SELECT ${COLUMNS} FROM sessions
      WHERE secret_digest = ${digest(secret)} AND purpose = ${purpose} AND ended_at IS NULL AND expires_at > ${new Date(now)} AND seen_at > ${unusedSince}`,
  );
  if (found === undefined) return undefined;
  const user = await findUser(db, found.user_id);
  if (user?.state !== 'active') return undefined;
  if (found.seen_at < now - TOUCH_MS) await sql`UPDATE sessions SET seen_at = ${new Date(now)} WHERE id = ${found.id}`.execute(db);
  return { session: toSession(found), user };
}

async function list({ db, clock }: Deps, userId: string): Promise<ListedSession[]> {
  const now = clock.now();
  const found = await rows(
    db,
    sql<SessionRow>`SELECT ${COLUMNS} FROM sessions WHERE user_id = ${userId} AND ended_at IS NULL AND expires_at > ${new Date(now)} ORDER BY seen_at DESC, id LIMIT 100`,
  );
  return found
    .filter((one) => one.seen_at > now - LIFETIME[one.purpose].idle)
    .map((one) => ({
      ...toSession(one),
      seenAt: one.seen_at,
      ...(one.ip === null ? {} : { ip: one.ip }),
      ...(one.user_agent === null ? {} : { userAgent: one.user_agent }),
    }));
}

async function end({ db, audit, clock }: Deps, userId: string, by: Author, which: RawBuilder<unknown>): Promise<number> {
  const live = sql`user_id = ${userId} AND ended_at IS NULL AND ${which}`;
  if ((await row(db, sql`SELECT 1 FROM sessions WHERE ${live} LIMIT 1`)) === undefined) return 0;
  return audit.commit(async (tx) => {
    const ended = await rows(tx, sql<{ id: string }>`UPDATE sessions SET ended_at = ${new Date(clock.now())} WHERE ${live} RETURNING id`);
    return {
      value: ended.length,
      entries: [
        loginEnded(
          userId,
          ended.map(({ id }) => id),
          by,
        ),
      ],
    };
  });
}
