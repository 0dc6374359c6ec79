import type { Clock } from '../../base/clock.ts';
import type { Db, Tx } from '../../base/db.ts';
import { newId } from '../../base/ids.ts';
import { holdName } from '../../base/lock.ts';
import { canonical } from '../../base/canonical.ts';
import { openWith, sealWith } from '../../base/secretbox.ts';
import type { Author, PutOutcome } from '../audit/author.ts';
import { KeyGone, type DataKeys } from '../keys/data-keys.store.ts';
import { findFor, findStored, holdSlot, replaceSealed, saveCredential, type Sealed, type Slot, type Stored } from './credential.store.ts';
import { keyTenantOf, ownersFor, ownerWords, type Credential, type Owner, type Secret } from './credential.ts';
import { credentialContext, decodeSecret, encodeSecret } from './envelope.ts';
import { credentialStored } from './events.ts';
import { aheadAt } from './refresh.ts';
import type { OwnerKind } from './kinds.ts';

/** What is put into a slot. `granted`: scopes the service says it gave; `asked`: those asked for. Times in milliseconds since the epoch. */
export type Putting = {
  connection: string;
  owner: Owner;
  label?: string;
  secret: Secret;
  granted?: readonly string[];
  asked?: readonly string[];
  expiresAt?: number | undefined;
  /** When the background begins to renew it. */
  refreshAt?: number | undefined;
  origin?: Credential['origin'];
  /** What is there already stays. */
  onlyIfAbsent?: boolean;
  /** Of the author's choosing; only for a slot that is empty. */
  id?: string | undefined;
};

export type Renewed = {
  secret: Secret;
  granted?: readonly string[];
  expiresAt?: number | undefined;
  refreshAt?: number | undefined;
};

/** Where secrets are. Whatever opens one throws `OtherKek`, `KekUnavailable` or `SealBroken` when it cannot be opened. */
export type Vault = {
  /** Creates or replaces what is in the slot (connection × owner × label); the same secret again changes nothing. */
  put(tx: Tx, of: Putting, by: Author): Promise<PutOutcome<Credential>>;
  /** By the order of owners: user in tenant, user, agent, tenant. `tried` and `missing` name them, for the explanation; the last of `tried` is whose it is. */
  find(of: {
    connection: string;
    user?: string | undefined;
    tenant?: string | undefined;
    agent?: string | undefined;
    label?: string | undefined;
    owners?: readonly OwnerKind[];
  }): Promise<{ credential: Credential; tried: string[] } | { missing: string[] }>;
  /** A reference is given as it is: `resolve` of references.store.ts reads what it points at. */
  open(credential: Credential): Promise<Secret>;
  /** A renewed secret over the version that was read: one conditional update. False: somebody else was first, or it was locked or removed. */
  replace(tx: Db, credential: Credential, renewed: Renewed, expectVersion?: number): Promise<boolean>;
  /** Sealed for the row's `refresh_pending`: an answer that is kept before anything else is done with it. */
  sealPending(tx: Db, credential: Credential, pending: Secret): Promise<Sealed>;
  openPending(credential: Credential, pending: Sealed): Promise<Secret>;
};

/** It was removed between being found and being opened. */
export class CredentialGone extends Error {
  override name = 'CredentialGone';
}

export type VaultDeps = {
  /** How credentials are found where many are at once (find.store.ts); absent: one by one. */
  finder?: (of: { connection: string; owners: readonly Owner[]; label?: string | undefined }) => Promise<Stored | undefined>;
  db: Db;
  keys: DataKeys;
  clock: Clock;
};

export function createVault(deps: VaultDeps): Vault {
  const { db, keys, clock } = deps;
  // What was read with the value, beside it and not in it: a value that is logged or shown by accident holds nothing.
  const beside = new WeakMap<Credential, Sealed>();
  const seal = async (tx: Db, of: Slot & { id: string }, secret: Secret, column: 'secret' | 'pending' = 'secret'): Promise<Sealed> => {
    const { id, key } = await keys.sealing(tx, keyTenantOf(of.owner));
    return { keyId: id, sealed: sealWith(key, encodeSecret(secret), credentialContext(column, of)) };
  };
  const openSealed = async (of: Credential, { keyId, sealed }: Sealed, how: { column?: 'pending'; tx?: Tx } = {}): Promise<Secret> =>
    decodeSecret(openWith(await keys.opening(keyId, how.tx), sealed, credentialContext(how.column ?? 'secret', of)).toString('utf8'));

  return {
    async put(tx, of, by) {
      const slot = { connection: of.connection, owner: of.owner, label: of.label ?? '' };
      await holdName(tx, `credential ${canonical([slot.connection, slot.owner, slot.label])}`);
      const before = await holdSlot(tx, slot);
      if (before !== undefined && of.onlyIfAbsent === true)
        return { outcome: 'unchanged', value: before.credential, entries: [], changed: [] };
      if (
        before !== undefined &&
        sameFacts(before.credential, of) &&
        encodeSecret(await openSealed(before.credential, before.secret, { tx })) === encodeSecret(of.secret)
      )
        return { outcome: 'unchanged', value: before.credential, entries: [], changed: [] };
      const now = clock.now();
      const id = before?.credential.id ?? of.id ?? newId('crd', now);
      const secret = await seal(tx, { ...slot, id }, of.secret);
      const value = await saveCredential(tx, { ...slot, ...factsOf(of), refreshAt: of.refreshAt ?? aheadOf(of, id, now), id, secret, now });
      const outcome = before === undefined ? 'created' : 'changed';
      return { outcome, value, entries: [credentialStored(value, outcome, by)], changed: [] };
    },
    async find({ connection, user, tenant, agent, label, owners: kinds }) {
      const owners = ownersFor({ user, tenant, agent }, kinds);
      const found = await (deps.finder?.({ connection, owners, label }) ?? findFor(db, { connection, owners, label }));
      const words = owners.map(ownerWords);
      if (found === undefined) return { missing: words };
      beside.set(found.credential, found.secret);
      return { credential: found.credential, tried: words.slice(0, words.indexOf(ownerWords(found.credential.owner)) + 1) };
    },
    async open(credential) {
      const held = beside.get(credential);
      try {
        if (held !== undefined) return await openSealed(credential, held);
      } catch (error) {
        if (!(error instanceof KeyGone)) throw error;
      }
      const again = await findStored(db, credential.id);
      if (again === undefined) throw new CredentialGone(`the credential ${credential.id} is gone`);
      return openSealed(credential, again.secret);
    },
    async replace(tx, credential, renewed, expectVersion = credential.version) {
      const secret = await seal(tx, credential, renewed.secret);
      const { granted = credential.granted, expiresAt, refreshAt } = renewed;
      const of = { granted, refreshable: isRefreshable(renewed.secret), expiresAt, refreshAt, secret, now: clock.now() };
      return replaceSealed(tx, credential.id, of, expectVersion);
    },
    sealPending: (tx, credential, pending) => seal(tx, credential, pending, 'pending'),
    openPending: (credential, pending) => openSealed(credential, pending, { column: 'pending' }),
  };
}

function isRefreshable(secret: Secret): boolean {
  return secret.kind === 'oauth' && secret.refreshToken !== undefined;
}

/** When the background renews what came with a refresh token, also where an administrator or an import put it. */
function aheadOf({ secret, expiresAt }: Putting, id: string, now: number): number | undefined {
  return expiresAt === undefined || !isRefreshable(secret) ? undefined : aheadAt({ expiresAt, refreshedAt: now }, id);
}

function factsOf(of: Putting) {
  const { secret, granted = [], asked = granted, expiresAt, refreshAt, origin = 'connect' } = of;
  return { kind: secret.kind, origin, granted, asked, expiresAt, refreshAt, refreshable: isRefreshable(secret) };
}

/** Only what works is left as it is: the same token put again heals a credential that failed. */
function sameFacts(before: Credential, of: Putting): boolean {
  const { granted = before.granted, asked = before.asked, expiresAt = before.expiresAt } = of;
  const facts = (of_: Pick<Credential, 'granted' | 'asked'> & { expiresAt?: number | undefined }): string =>
    canonical([of_.granted, of_.asked, of_.expiresAt ?? null]);
  return before.state !== 'failed' && before.state !== 'revoked' && facts(before) === facts({ granted, asked, expiresAt });
}
