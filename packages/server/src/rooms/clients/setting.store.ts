import { sql } from 'kysely';
import { canonical } from '../../base/canonical.ts';
import type { ChangeFeed } from '../../base/changes.ts';
import type { Clock } from '../../base/clock.ts';
import { row, type Database, type Db, type Tx } from '../../base/db.ts';
import { digest, sameDigest } from '../../base/digest.ts';
import { newId, newSecret } from '../../base/ids.ts';
import { createSnapshot } from '../../base/snapshot.ts';
import type { Author } from '../audit/author.ts';
import { adminChange } from '../audit/change.ts';
import type { Audit } from '../audit/store.ts';
import { DEFAULT_SETTING, type InitialAccessToken, type RegistrationSetting } from './setting.ts';

/** The hub-wide rules of registration, in memory on every node, and the initial access tokens of closed registration. */
export type RegistrationSettings = {
  ready(): Promise<void>;
  current(): RegistrationSetting;
  put(setting: RegistrationSetting, by: Author): Promise<void>;
  /** Without the tokens themselves: they are shown once. */
  tokens(): Promise<readonly Omit<InitialAccessToken, 'digest'>[]>;
  issueToken(of: { name: string; expiresAt: number }, by: Author): Promise<{ id: string; token: string }>;
  revokeToken(id: string, by: Author): Promise<boolean>;
  /** True when the token may register clients now. Always asked of the database: a revoked one is dead at once. */
  accepts(token: string): Promise<boolean>;
};

const SETTING = 'clients.registration';
const TOKENS = 'clients.initial_access_tokens';
const MAX_TOKENS = 100;

export function createRegistrationSettings(deps: {
  database: Database;
  audit: Audit;
  feed: ChangeFeed;
  clock: Clock;
  onError(error: unknown): void;
}): RegistrationSettings {
  const { database, audit, clock } = deps;
  const snapshot = createSnapshot({
    name: 'registration settings',
    load: async () => (await read<RegistrationSetting>(database.db, SETTING)) ?? DEFAULT_SETTING,
    onError: deps.onError,
  });
  deps.feed.on('setting', snapshot.stale);

  const changeTokens = (
    by: Author,
    what: string,
    change: (tokens: readonly InitialAccessToken[]) => readonly InitialAccessToken[],
  ): Promise<boolean> =>
    audit.commit(async (tx) => {
      const before = await lock<InitialAccessToken[]>(tx, TOKENS, []);
      const after = change(before);
      await write(tx, TOKENS, after);
      const names = (tokens: readonly InitialAccessToken[]) => ({ [what]: tokens.map((token) => token.name) });
      return {
        value: before.length !== after.length,
        entries: [adminChange({ kind: 'registration', id: 'tokens', by, before: names(before), after: names(after) })],
      };
    });

  return {
    ready: snapshot.ready,
    current: snapshot.current,
    async put(setting, by) {
      const now = (await read<RegistrationSetting>(database.db, SETTING)) ?? DEFAULT_SETTING;
      if (canonical(now) === canonical(setting)) return;
      await audit.commit(async (tx) => {
        const before = await lock<RegistrationSetting>(tx, SETTING, DEFAULT_SETTING);
        await write(tx, SETTING, setting);
        const entry = adminChange({ kind: 'registration', id: 'setting', by, before, after: setting });
        return { value: undefined, entries: [entry], changed: [{ kind: 'setting', key: SETTING }] };
      });
      await snapshot.ready();
    },
    async tokens() {
      const kept = (await read<InitialAccessToken[]>(database.db, TOKENS)) ?? [];
      return kept.map(({ digest: _, ...token }) => token);
    },
    async issueToken({ name, expiresAt }, by) {
      const token = newSecret();
      const now = clock.now();
      const made = { id: newId('sec', now), name, digest: digest(token), expiresAt };
      await changeTokens(by, 'tokens', (tokens) => [...tokens.filter((one) => one.expiresAt > now), made].slice(-MAX_TOKENS));
      return { id: made.id, token };
    },
    revokeToken: (id, by) => changeTokens(by, 'tokens', (tokens) => tokens.filter((token) => token.id !== id)),
    async accepts(token) {
      const kept = (await read<InitialAccessToken[]>(database.db, TOKENS)) ?? [];
      const presented = digest(token);
      return kept.filter((one) => sameDigest(one.digest, presented) && one.expiresAt > clock.now()).length > 0;
    },
  };
}

async function read<T>(db: Db, name: string): Promise<T | undefined> {
  return (await row(db, sql<{ value: T }>`SELECT value FROM settings WHERE name = ${name}`))?.value;
}

/** The row is made if need be, so that there is something to lock: of two changes at once the second builds on the first. */
async function lock<T>(tx: Tx, name: string, initial: T): Promise<T> {
  await sql`INSERT INTO settings (name, value) VALUES (${name}, ${JSON.stringify(initial)}) ON CONFLICT DO NOTHING`.execute(tx);
  return (await row(tx, sql<{ value: T }>`SELECT value FROM settings WHERE name = ${name} FOR UPDATE`))?.value ?? initial;
}

async function write(tx: Tx, name: string, value: unknown): Promise<void> {
  await sql`UPDATE settings SET value = ${JSON.stringify(value)} WHERE name = ${name}`.execute(tx);
}
