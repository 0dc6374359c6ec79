import { freshDatabase, type Engine } from '../../../testing/database.ts';
import { createChangeFeed, type ChangeFeed } from '../../base/changes.ts';
import { fixedClock } from '../../base/clock.ts';
import { openDatabase, type Database } from '../../base/db.ts';
import { createDispatch } from '../../base/http/dispatch.ts';
import { fetchHandler } from '../../base/http/fetch.ts';
import type { Route } from '../../base/http/route.ts';
import { createRouter } from '../../base/http/router.ts';
import { createLog } from '../../base/log.ts';
import { fail, ok } from '../../base/result.ts';
import { createSecretBox } from '../../base/secretbox.ts';
import { createAudit, type Audit } from '../../rooms/audit/store.ts';
import { createAdminDoor } from './door.ts';

export const ISSUER = 'http://localhost:8787';
export const ADMIN_TOKEN = 'an-admin-token-of-at-least-32-characters';
export const NOW = Date.parse('2026-07-01T12:00:00Z');

/** A hub that is only its admin door and the routes of a test: real database, real road of a request, tokens and sessions by name. */
export type AdminHub = {
  database: Database;
  feed: ChangeFeed;
  audit: Audit;
  clock: ReturnType<typeof fixedClock>;
  routes: readonly Route[];
  /** As the admin token unless the headers say otherwise. */
  ask(path: string, init?: { method?: string; body?: unknown; raw?: string; headers?: Record<string, string> }): Promise<Answer>;
  close(): Promise<void>;
};
export type Answer = { status: number; headers: Headers; body: Record<string, unknown>; text: string };

/** Sessions of the console by cookie, and what they may do. */
const SESSIONS: ReadonlyMap<string, 'all' | readonly string[]> = new Map<string, 'all' | readonly string[]>([
  ['writ_admin=good', 'all'],
  ['writ_admin=reader', ['admin:users:read']],
  ['writ_admin=nobody', []],
]);

/** Tokens that the tests' token judge knows: `token with <scopes>`. */
export function tokenWith(...scopes: string[]): { authorization: string } {
  return { authorization: `Bearer t.${Buffer.from(scopes.join(' ')).toString('base64url')}.t` };
}

export async function startAdminHub(
  engine: Engine,
  routesOf: (house: {
    database: Database;
    feed: ChangeFeed;
    audit: Audit;
    clock: ReturnType<typeof fixedClock>;
  }) => readonly Route[] | Promise<readonly Route[]>,
  plainValues = true,
): Promise<AdminHub> {
  const fresh = await freshDatabase(engine);
  const database = openDatabase(fresh.url);
  const log = createLog('silent');
  const feed = createChangeFeed(database, log);
  const clock = fixedClock(NOW);
  const audit = createAudit(database, feed, clock);
  const failures: unknown[] = [];
  const door = createAdminDoor({
    database,
    audit,
    box: createSecretBox(Buffer.alloc(32, 7)),
    issuer: ISSUER,
    secrets: { env: { APP_SECRET: 'the-secret-of-the-environment', WRIT_KEK: 'never' }, plainValues },
    mayRecord: () => true,
    adminToken: ADMIN_TOKEN,
    judge: (bearer) => {
      const [head, scopes, tail] = bearer.split('.');
      if (head !== 't' || tail !== 't' || scopes === undefined) return Promise.resolve(fail('bad_signature'));
      return Promise.resolve(
        ok({ subject: 'ann', userId: 'ann', clientId: 'cli', claims: {}, scopes: Buffer.from(scopes, 'base64url').toString().split(' ') }),
      );
    },
    holding: () => Promise.resolve(ok(undefined)),
    proofs: { nonce: () => 'nonce' },
    session: (request) => {
      const scopes = SESSIONS.get(request.header('cookie') ?? '');
      return Promise.resolve(
        scopes === undefined ? undefined : { user: 'root', client: 'writ-console', scopes, token: 'of-the-page', madeBy: [] },
      );
    },
  });
  const routes = door(await routesOf({ database, feed, audit, clock }));
  const dispatch = createDispatch({
    router: createRouter(routes),
    clock,
    log,
    clientAddress: (peer) => peer,
    hostAllowed: () => true,
    isUnavailable(error) {
      failures.push(error);
      return false;
    },
    observe: () => {},
  });
  const send = fetchHandler(dispatch);
  return {
    database,
    feed,
    audit,
    clock,
    routes,
    async ask(path, { method = 'GET', body, raw, headers = {} } = {}) {
      const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
      const all = new Headers({
        authorization: `Bearer ${ADMIN_TOKEN}`,
        ...(content === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      });
      if (all.get('authorization') === '') all.delete('authorization');
      const response = await send(
        new Request(`${ISSUER}${path}`, { method, headers: all, ...(content === undefined ? {} : { body: content }) }),
      );
      const text = await response.text();
      if (response.status >= 500) throw new Error(`${method} ${path} failed`, { cause: failures.at(-1) });
      return { status: response.status, headers: response.headers, text, body: text === '' || !isJson(response) ? {} : JSON.parse(text) };
    },
    async close() {
      await audit.close();
      await database.close();
      await fresh.drop();
    },
  };
}

function isJson(response: Response): boolean {
  return (response.headers.get('content-type') ?? '').includes('json');
}
