import { sql } from 'kysely';
import { createChangeFeed } from '../../base/changes.ts';
import { fixedClock } from '../../base/clock.ts';
import { openDatabase, rows, type Database } from '../../base/db.ts';
import { createLog } from '../../base/log.ts';
import { createMailer } from '../../base/mail/mailer.ts';
import { createPasswordHasher } from '../../base/passwords/hasher.ts';
import { createSecretBox } from '../../base/secretbox.ts';
import { freshDatabase, type Engine } from '../../../testing/database.ts';
import type { Author } from '../audit/author.ts';
import { commitDeed } from '../audit/deed.store.ts';
import { createAudit } from '../audit/store.ts';
import { ok } from '../../base/result.ts';
import type { LoginLimits } from './attempt.ts';
import { userConfig, type UserConfig } from './config.ts';
import { createGuard } from './guard.store.ts';
import { createJoin } from './join.store.ts';
import { createLogin } from './login.store.ts';
import { createPost } from './post.store.ts';
import { createReset } from './reset.store.ts';
import { createSessions } from './session.store.ts';
import type { Registration } from './setting.ts';
import { prepareUser, putUser } from './store.ts';
import type { User } from './user.ts';

export const START = Date.parse('2026-03-01T09:00:00Z');
export const ISSUER = 'https://hub.test';
export const PASSWORD = 'horse-battery-tulip-9';
export const origin = { request: 'req_test', ip: '198.51.100.7', userAgent: 'test' };
export const admin: Author = { initiator: 'admin', actor: { client: 'admin-token' }, origin };
export const from = { ip: '198.51.100.7', origin };

const log = createLog('silent');
const secretBox = createSecretBox(Buffer.alloc(32, 7));
const clock = fixedClock(START);

type Options = { limits?: Partial<LoginLimits>; registration?: Registration };

/** The users room of one node, on a database it shares with others. */
function createNode(database: Database, { limits, registration = 'open' }: Options) {
  const feed = createChangeFeed(database, log);
  const audit = createAudit(database, feed, clock);
  const hasher = createPasswordHasher();
  const mailer = createMailer({ from: 'Writ <noreply@hub.test>', clock });
  const post = createPost({ mailer, log });
  const guard = createGuard({ db: database.db, secretBox, limits });
  const deps = {
    database,
    db: database.db,
    audit,
    clock,
    hasher,
    secretBox,
    guard,
    post,
    issuer: ISSUER,
    registration: () => registration,
  };
  return {
    ...deps,
    login: createLogin(deps),
    sessions: createSessions(deps),
    join: createJoin(deps),
    reset: createReset(deps),
    /** Everything mailed so far, newest first, once it is sent. */
    async mails() {
      await post.settled();
      return mailer.kept();
    },
  };
}
export type Node = ReturnType<typeof createNode>;

/** Two nodes with a pool each on one fresh database, and a clock moved by hand. */
export async function openUsers(engine: Engine, options: Options = {}) {
  const fresh = await freshDatabase(engine);
  const databases = [openDatabase(fresh.url), openDatabase(fresh.url)] as const;
  const nodes = [createNode(databases[0], options), createNode(databases[1], options)] as const;
  const { db } = databases[0];
  clock.set(START);
  return {
    ...nodes[0],
    nodes,
    clock,
    put: (input: Partial<UserConfig> & { id: string }) => put(nodes[0], input),
    events: (type: string) => events(db, type),
    async addTenant(id: string) {
      await sql`INSERT INTO tenants (id, name) VALUES (${id}, ${id})`.execute(db);
    },
    async close() {
      await Promise.all(databases.map((database) => database.close()));
      await fresh.drop();
    },
  };
}
export type Users = Awaited<ReturnType<typeof openUsers>>;

async function put(node: Node, input: Partial<UserConfig> & { id: string }): Promise<User> {
  const config = userConfig.parse({ email: `${input.id}@acme.test`, password: { value: PASSWORD }, ...input });
  const prepared = await prepareUser(node, config);
  if (!prepared.ok) throw new Error(prepared.error.message);
  const done = await commitDeed(node.audit, async (tx) => ok(await putUser(tx, prepared.value, admin)));
  if (!done.ok) throw new Error('not put');
  return done.value.value;
}

export type Entry = {
  type: string;
  outcome: string;
  reason?: string;
  actor: { user?: string; client?: string };
  data: Record<string, unknown>;
};

/** The bodies of the audit entries of a type, oldest first. */
async function events(db: Database['db'], type: string): Promise<Entry[]> {
  const found = await rows(db, sql<{ body: string }>`SELECT body FROM audit_events WHERE type = ${type} ORDER BY id`);
  return found.map(({ body }) => JSON.parse(body));
}

/** The code in a mail. */
export function codeIn(mail: { text: string } | undefined): string {
  return /\b(\d{6})\b/.exec(mail?.text ?? '')?.[1] ?? 'no code';
}

/** The secret at the end of the link in a mail or answer. */
export function secretIn(text: string | undefined): string {
  return /\/(?:join|reset)\/([A-Za-z0-9_-]{43})/.exec(text ?? '')?.[1] ?? 'no link';
}
