import { randomBytes } from 'node:crypto';
import { fixedClock } from '../src/base/clock.ts';
import { localKek } from '../src/base/kek/local.ts';
import { createLog, type Log } from '../src/base/log.ts';
import { readConfig, type Config } from '../src/config.ts';
import { buildHouse, type House } from '../src/house.ts';
import { freshDatabase, type Engine } from './database.ts';
import { watchEntries, type Watched } from './declared.ts';

export const ADMIN_TOKEN = 'test-admin-token-0123456789-0123456789';

export type TestHouse = {
  house: House;
  /** Moved by hand; starts at the real time, so that libraries with clocks of their own agree. */
  clock: ReturnType<typeof fixedClock>;
  issuer: string;
  databaseUrl: string;
  /** Admin API with the admin token; a body is sent as JSON. */
  admin(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Applies a piece of config or throws with the hub's own words. */
  apply(config: Record<string, unknown>): Promise<void>;
  /** A form post. */
  post(path: string, form: Record<string, string> | URLSearchParams, headers?: Record<string, string>): Promise<Response>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** A second node on the same database. */
  secondNode(): Promise<House>;
  /**
   * Every node has heard of every change, has done what follows from it behind the answer's back, and has its caches as fresh: who counts or
   * looks right after a deed would otherwise find by chance what the deed before left under way.
   */
  settle(): Promise<void>;
  /** Fails when a route wrote an entry that it does not declare. */
  close(): Promise<void>;
};

/** The real house on a fresh database, without a socket. */
export async function testHouse(
  options: { engine?: Engine; env?: Record<string, string>; mode?: Config['mode']; log?: Log } = {},
): Promise<TestHouse> {
  const database = await freshDatabase(options.engine);
  const kek = randomBytes(32);
  const env = {
    WRIT_ISSUER: 'http://localhost:8787',
    WRIT_ADMIN_TOKEN: ADMIN_TOKEN,
    WRIT_LOG_LEVEL: process.env['WRIT_TEST_LOG'] ?? 'fatal',
    ...options.env,
  };
  const config = readConfig({ WRIT_KEK: kek.toString('base64'), ...env }, options.mode ?? 'dev');
  const clock = fixedClock(Date.now()); // reason: a test's clock has to start somewhere
  const log = options.log ?? createLog(config.logLevel);
  const build = async (): Promise<Watched> => {
    const built = await buildHouse({ config, databaseUrl: database.url, keks: { current: localKek(kek), also: [] }, clock, log });
    await built.start({ jobs: false });
    return watchEntries(built, database.url);
  };
  const first = await build();
  const { house } = first;
  const nodes = [first];

  const send = (method: string, path: string, init: { headers?: Record<string, string>; body?: string }): Promise<Response> =>
    house.fetch(new Request(`${config.issuer}${path}`, { method, redirect: 'manual', ...init }));

  const admin: TestHouse['admin'] = (method, path, body, headers = {}) =>
    send(method, path, {
      headers: {
        authorization: `Bearer ${ADMIN_TOKEN}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  return {
    house,
    clock,
    issuer: config.issuer,
    databaseUrl: database.url,
    admin,
    async apply(wanted) {
      const answer = await admin('POST', '/admin/v1/apply', wanted);
      if (answer.status !== 200) throw new Error(`apply answered ${answer.status}: ${await answer.text()}`);
    },
    post: (path, form, headers = {}) =>
      send('POST', path, {
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams(form).toString(),
      }),
    get: (path, headers = {}) => send('GET', path, { headers }),
    async secondNode() {
      const node = await build();
      nodes.push(node);
      return node.house;
    },
    async settle() {
      // Twice: what follows from a deed is a change that others hear of.
      for (const house of nodes.concat(nodes).map((node) => node.house)) {
        await house.rooms.feed.poll();
        // A move made by a statement of the test's own is told to nobody.
        await house.rooms.quarantine.run();
        await house.rooms.atRest();
      }
      for (const node of nodes) await node.house.rooms.settled();
    },
    async close() {
      for (const node of nodes.toReversed()) await node.house.close();
      const undeclared = await Promise.all(nodes.map((node) => node.undeclared()));
      await database.drop();
      if (undeclared.flat().length > 0) throw new Error(`entries that their route does not declare: ${undeclared.flat().join('; ')}`);
    },
  };
}
