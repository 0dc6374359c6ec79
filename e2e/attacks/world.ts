import { randomBytes } from 'node:crypto';
import { startHub } from '../harness.ts';
import type { Hub } from '../harness.ts';
import { ask, encode, FORM } from './ask.ts';
import type { Answer, Asked, Params } from './ask.ts';
import { freshDatabase } from './database.ts';
import type { TestDatabase } from './database.ts';
import { furniture, PASSWORD } from './furniture.ts';
import { authorizePath, redeemForm, VERIFIER } from './requests.ts';
import { Visitor } from './visitor.ts';

export type World = {
  hub: Hub;
  database: TestDatabase;
  origin: string;
  /** One request from an address of its own, so that one attack does not use up the allowance of the next. */
  ask(path: string, asked?: Asked): Promise<Answer>;
  /** A form post. */
  post(path: string, params: Params, headers?: Record<string, string>): Promise<Answer>;
  /** From now on requests come from another address. */
  moveOn(): void;
  visitor(): Visitor;
  /** Signs a user in and keeps the browser. */
  signedIn(user?: string): Promise<Visitor>;
  /** A code for `web` that nobody has used, and what is needed to redeem it. */
  code(changes?: Params): Promise<{ code: string; verifier: string }>;
  /** Tokens of `web` for Ann, with a refresh token. */
  tokens(changes?: Params): Promise<{ access: string; refresh: string; family: string; id: string | undefined }>;
  /** Everything that was said in confidence so far: none of it may turn up in an entry, a log or another row. */
  secrets: Set<string>;
  close(): Promise<void>;
};

/** A hub as a process, on a database into which the tests can look; the peer may say where it comes from. */
export async function openWorld(options: { env?: Record<string, string>; port?: number } = {}): Promise<World> {
  const database = await freshDatabase();
  const hub = await startHub({
    ...options,
    env: {
      WRIT_DATABASE_URL: database.url,
      WRIT_KEK: randomBytes(32).toString('base64'),
      WRIT_TRUST_PROXY: '127.0.0.1',
      WRIT_LOG_LEVEL: 'info',
      ...options.env,
    },
  });
  await hub.apply(furniture());
  return worldOf(hub, database);
}

/** The same conveniences around a hub that runs already. */
export function worldOf(hub: Hub, database: TestDatabase): World {
  let place = 0;
  const secrets = new Set<string>([PASSWORD, VERIFIER, hub.adminToken]);
  const address = (): string => `203.0.${Math.floor(place / 250)}.${(place % 250) + 1}`;
  const send: World['ask'] = (path, asked = {}) =>
    ask(hub.issuer, path, { ...asked, headers: { 'x-forwarded-for': address(), ...asked.headers } });
  const world: World = {
    hub,
    database,
    origin: hub.issuer,
    ask: send,
    post: (path, params, headers = {}) => send(path, { method: 'POST', headers: { ...FORM, ...headers }, body: encode(params) }),
    moveOn: () => void (place += 1),
    visitor: () => new Visitor(hub.issuer, send),
    async signedIn(user = 'ann') {
      const visitor = world.visitor();
      await visitor.signIn(`/account`, `${user}@acme.test`, PASSWORD);
      return visitor;
    },
    code: (changes) => takeCode(world, changes),
    tokens: (changes) => takeTokens(world, changes),
    secrets,
    async close() {
      await hub.stop();
      await database.drop();
    },
  };
  return world;
}

const visitors = new WeakMap<World, Promise<Visitor>>();

async function takeCode(world: World, changes: Params = {}): Promise<{ code: string; verifier: string }> {
  const path = authorizePath({ scope: 'openid incidents:read incidents:write', ...changes });
  const end = (await authorizeKept(world, path)) ?? (await (await signInAgain(world)).authorize(path));
  const code = new URL(end).searchParams.get('code');
  if (code === null) throw new Error(`no code: ${end}`);
  world.secrets.add(code);
  return { code, verifier: VERIFIER };
}

/** By the browser of before; undefined where its session has ended meanwhile. */
async function authorizeKept(world: World, path: string): Promise<string | undefined> {
  const kept = visitors.get(world);
  return kept === undefined ? undefined : (await kept).authorize(path).catch(() => undefined);
}

function signInAgain(world: World): Promise<Visitor> {
  const visitor = world.signedIn();
  visitors.set(world, visitor);
  return visitor;
}

async function takeTokens(world: World, changes: Params = {}): ReturnType<World['tokens']> {
  const { code } = await world.code({ prompt: 'consent', ...changes });
  const answer = await world.post('/oauth/token', redeemForm(code));
  const { access_token: access, refresh_token: refresh, id_token: id } = JSON.parse(answer.text);
  if (typeof access !== 'string' || typeof refresh !== 'string') throw new Error(`no tokens: ${answer.text}`);
  world.secrets.add(access).add(refresh.split('.')[1] ?? refresh);
  if (typeof id === 'string') world.secrets.add(id);
  return { access, refresh, family: refresh.split('.')[0] ?? '', id: typeof id === 'string' ? id : undefined };
}
