import type { Clock } from '../../base/clock.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Author } from '../audit/author.ts';
import type { Audit } from '../audit/store.ts';
import type { Connection } from './connection.ts';
import type { Credential, Owner } from './credential.ts';
import { credentialEntry } from './events.ts';
import { serviceParams } from './oauth-client.ts';
import type { Providers } from './provider.store.ts';
import { aheadAt } from './refresh.ts';
import type { Servers } from './servers.store.ts';
import { grantedOf } from './token-answer.ts';
import type { Vault } from './vault.store.ts';

export type ServiceAccountDeps = { audit: Audit; clock: Clock; vault: Vault; servers: Servers; providers: Providers };

export type Obtaining = { connection: Connection; owner: Owner; label: string; scopes: readonly string[]; by: Author };

/** The first token of a connection that is its own account (client credentials); the refresher gets all others. The error may be shown. */
export type ObtainServiceAccount = (of: Obtaining) => Promise<Result<Credential, string>>;

export function createServiceAccounts(deps: ServiceAccountDeps): ObtainServiceAccount {
  return async ({ connection, owner, label, scopes, by }) => {
    const server = await deps.servers.forConnecting(connection);
    if (!server.ok) return fail(server.error.words);
    const asked = [...new Set([...connection.alwaysScopes, ...(scopes.length === 0 ? connection.scopes : scopes)])];
    const answer = await deps.providers.token(server.value, serviceParams(server.value, asked));
    if (answer.kind !== 'tokens') return fail(answer.words);
    const { accessToken, expiresAt, said } = answer.tokens;
    const now = deps.clock.now();
    const granted = grantedOf(asked, said, server.value.quirks);
    const refreshAt = expiresAt === undefined ? undefined : aheadAt({ expiresAt, refreshedAt: now }, connection.id);
    // A refresh token that comes along is not kept: RFC 6749 §4.4.3 wants none, and the account itself is what renews.
    const put = {
      connection: connection.id,
      owner,
      label,
      secret: { kind: 'oauth' as const, accessToken },
      granted,
      asked,
      expiresAt,
      refreshAt,
    };
    const credential = await deps.audit.commit(async (tx) => {
      const { value, entries, changed } = await deps.vault.put(tx, { ...put, origin: 'connect' }, by);
      // Some providers give the same token until it ends; that somebody asked is still worth an entry.
      const [first = credentialEntry('credential.stored', value, { by, data: { deed: 'unchanged' } }), ...rest] = entries;
      return { value, entries: [first, ...rest], changed };
    });
    return ok(credential);
  };
}
