import type { Clock } from '../../base/clock.ts';
import { digest, sameDigest } from '../../base/digest.ts';
import { newId, newSecret } from '../../base/ids.ts';
import type { Author } from '../audit/author.ts';
import { adminChange } from '../audit/change.ts';
import { createSetting, lockSetting, readSetting, writeSetting, type Setting, type SettingDeps } from '../audit/setting.store.ts';
import { DEFAULT_SETTING, type InitialAccessToken, type RegistrationSetting } from './setting.ts';

/** The hub-wide rules of registration, in memory on every node, and the initial access tokens of closed registration. */
export type RegistrationSettings = Setting<RegistrationSetting> & {
  /** Without the tokens themselves: they are shown once. */
  tokens(): Promise<readonly Omit<InitialAccessToken, 'digest'>[]>;
  issueToken(of: { name: string; expiresAt: number }, by: Author): Promise<{ id: string; token: string }>;
  revokeToken(id: string, by: Author): Promise<boolean>;
  /** True when the token may register clients now. Always asked of the database: a revoked one is dead at once. */
  accepts(token: string): Promise<boolean>;
};

const TOKENS = 'clients.initial_access_tokens';
const MAX_TOKENS = 100;

export function createRegistrationSettings(deps: SettingDeps & { clock: Clock }): RegistrationSettings {
  const { database, audit, clock } = deps;
  const target = { kind: 'registration', id: 'setting' };
  const setting = createSetting(deps, { name: 'clients.registration', initial: DEFAULT_SETTING, target });

  const changeTokens = (
    by: Author,
    what: string,
    change: (tokens: readonly InitialAccessToken[]) => readonly InitialAccessToken[],
  ): Promise<boolean> =>
    audit.commit(async (tx) => {
      const before = await lockSetting<InitialAccessToken[]>(tx, TOKENS, []);
      const after = change(before);
      await writeSetting(tx, TOKENS, after);
      const names = (tokens: readonly InitialAccessToken[]) => ({ [what]: tokens.map((token) => token.name) });
      return {
        value: before.length !== after.length,
        entries: [adminChange({ kind: 'registration', id: 'tokens', by, before: names(before), after: names(after) })],
      };
    });

  return {
    ...setting,
    async tokens() {
      const kept = (await readSetting<InitialAccessToken[]>(database.db, TOKENS)) ?? [];
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
      const kept = (await readSetting<InitialAccessToken[]>(database.db, TOKENS)) ?? [];
      const presented = digest(token);
      return kept.filter((one) => sameDigest(one.digest, presented) && one.expiresAt > clock.now()).length > 0;
    },
  };
}
