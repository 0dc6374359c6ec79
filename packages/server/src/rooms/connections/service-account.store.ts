import type { Clock } from '../../base/clock.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { hubAuthor, type Author } from '../audit/author.ts';
import type { Audit } from '../audit/store.ts';
import type { Connection } from './connection.ts';
import { countOwnTokens } from './credential.store.ts';
import type { Credential, Owner } from './credential.ts';
import { credentialEntry } from './events.ts';
import type { Providers } from './provider.store.ts';
import { aheadAt } from './refresh.ts';
import type { Servers } from './servers.store.ts';
import type { OwnAccount } from './service-account.ts';
import { serviceRequest } from './service-request.store.ts';
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
    const request = await serviceRequest(server.value, { scopes: asked, subject: undefined, now: deps.clock.now() });
    if (!request.ok) return fail(request.error.words);
    const answer = await deps.providers.token(server.value, request.value);
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

/** The place of a token that is got when it is needed. It is over from the start: the refresher, of which one at a time asks, gets the first as any other. */
export type OpenOwnAccount = (connection: Connection, account: OwnAccount) => Promise<Credential | 'too_many'>;

/** Sets of scopes that one owner has tokens for at once: a client could name every subset of what it may have, and each is a request to the provider. */
const MOST_SETS = 64;

export function createOwnAccounts({ audit, vault }: Pick<ServiceAccountDeps, 'audit' | 'vault'>): OpenOwnAccount {
  return async (connection, { owner, label, scopes, subject }) => {
    const secret = { kind: 'oauth' as const, accessToken: '', ...(subject === undefined ? {} : { extra: { subject } }) };
    const put = {
      connection: connection.id,
      owner,
      label,
      secret,
      granted: scopes,
      asked: scopes,
      expiresAt: 0,
      origin: 'service' as const,
    };
    try {
      return await audit.commit(async (tx) => {
        if ((await countOwnTokens(tx, { connection: connection.id, owner })) >= MOST_SETS) throw new TooMany();
        const { value, entries, changed } = await vault.put(tx, { ...put, onlyIfAbsent: true }, hubAuthor('own-account'));
        const [first, ...rest] = entries;
        if (first === undefined) throw new There(value);
        return { value, entries: [first, ...rest], changed };
      });
    } catch (error) {
      if (error instanceof There) return error.credential;
      if (error instanceof TooMany) return 'too_many';
      throw error;
    }
  };
}

class TooMany extends Error {}

/** Somebody else was first: nothing is written, and theirs will do. */
class There extends Error {
  readonly credential: Credential;
  constructor(credential: Credential) {
    super('there is one already');
    this.credential = credential;
  }
}
