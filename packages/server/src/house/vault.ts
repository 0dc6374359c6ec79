import type { ChangeFeed } from '../base/changes.ts';
import type { Clock } from '../base/clock.ts';
import type { Database } from '../base/db.ts';
import type { Keks } from '../base/kek/kek.ts';
import type { Config } from '../config.ts';
import type { Elsewhere } from '../kek.ts';
import type { Audit } from '../rooms/audit/store.ts';
import { createConnectionBook } from '../rooms/connections/book.store.ts';
import { createReferences } from '../rooms/connections/references.store.ts';
import { createKeyRotation } from '../rooms/connections/rotate.store.ts';
import { createFinder } from '../rooms/connections/find.store.ts';
import { createVault } from '../rooms/connections/vault.store.ts';
import { createDataKeys } from '../rooms/keys/data-keys.store.ts';

type VaultParts = {
  config: Pick<Config, 'ownFiles'>;
  database: Database;
  feed: ChangeFeed;
  clock: Clock;
  keks: Keks;
  elsewhere?: Pick<Elsewhere, 'hashicorp' | 'aws'> | undefined;
  audit: Audit;
  onError(error: unknown): void;
};

/** Where secrets are, the keys they are under, and the connections they are for. */
export function vaultOf(parts: VaultParts) {
  const { db } = parts.database;
  const dataKeys = createDataKeys({ ...parts, db });
  return {
    dataKeys,
    vault: createVault({ ...parts, db, keys: dataKeys, finder: createFinder(parts.database) }),
    rotation: createKeyRotation({ ...parts, keys: dataKeys }),
    references: createReferences({ env: process.env, ownFiles: parts.config.ownFiles, ...parts.elsewhere }),
    connections: createConnectionBook({ ...parts, db }),
  };
}
